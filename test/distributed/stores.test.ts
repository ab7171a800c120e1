// Stores: values, counters, waits; and where a server listens.
import { readFileSync, readlinkSync, readdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore, HashStore, PrefixStore, type Store, TCPStore } from 'nodetorch/distributed';
import { native } from '../../lib/native';
import { HANDLE } from '../../lib/native/handle';

const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
const folder = mkdtempSync(join(tmpdir(), 'nodetorch-stores-'));
afterAll(() => rmSync(folder, { recursive: true }));
const close = (store: Store) => native.dispose(store[HANDLE] as never);

/** What this process listens on: `127.0.0.1:port`, and `0.0.0.0:port` for all interfaces. */
function listening(): string[] {
  const own = new Set(
    readdirSync('/proc/self/fd').map((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      } catch {
        return undefined;
      }
    }),
  );
  const rows = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/self/net/${name}`, 'utf8').trim().split('\n').slice(1),
  );
  return rows.flatMap((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    if (state !== '0A' || !own.has(inode)) return [];
    const [address, port] = local.split(':');
    const bytes = Buffer.from(address, 'hex');
    const text =
      bytes.length === 4 ? [...bytes].reverse().join('.') : bytes.every((b) => b === 0) ? '::' : address;
    return [`${text}:${parseInt(port, 16)}`];
  });
}

const makers: [name: string, make: () => Promise<Store>][] = [
  ['HashStore', () => Promise.resolve(new HashStore())],
  ['FileStore', () => Promise.resolve(new FileStore(join(folder, 'store'), 1))],
  ['TCPStore', () => TCPStore.create('127.0.0.1', 0, { isMaster: true, timeout: 5000 })],
  ['PrefixStore', () => Promise.resolve(new PrefixStore('a', new HashStore()))],
];

test.each(makers)('%s', async (name, make) => {
  const store = await make();
  store.setTimeout(5000);
  await store.set('key', 'value');
  expect(String(await store.get('key'))).toBe('value');
  await store.set('bytes', Uint8Array.of(0, 255, 7));
  expect([...(await store.get('bytes'))]).toEqual([0, 255, 7]);
  expect([await store.add('counter', 3), await store.add('counter', -1)]).toEqual([3, 2]);
  expect([await store.check(['key', 'bytes']), await store.check(['key', 'none'])]).toEqual([true, false]);
  expect(String(await store.compareSet('key', 'value', 'other'))).toBe('other');
  expect(String(await store.compareSet('key', 'value', 'third'))).toBe('other');
  const waiting = store.wait(['late']);
  await store.set('late', '');
  await waiting;
  expect([await store.deleteKey('key'), await store.deleteKey('key')]).toEqual([
    true,
    name === 'FileStore', // which writes down that it is gone, as Python's
  ]);
  expect(await store.numKeys()).toBeGreaterThanOrEqual(3);
  await expect(store.wait(['never'], 30)).rejects.toMatchObject({
    kind: 'DistStoreError',
    message: expect.stringContaining('wait timeout after 30ms, keys: ') as string,
  });
  close(store);
});

test('threads share a HashStore by its name', async () => {
  const [a, b, other] = [new HashStore('shared'), new HashStore('shared'), new HashStore('another')];
  await a.set('key', 'value');
  expect([await b.check(['key']), await other.check(['key'])]).toEqual([true, false]);
});

test('prefixes are as in Python, and nest', async () => {
  const root = new HashStore();
  const inner = new PrefixStore('0/', new PrefixStore('default_pg', root));
  await inner.set('key', 'value');
  expect(await root.check(['default_pg/0//key'])).toBe(true);
  expect(inner.underlyingStore).toBeInstanceOf(PrefixStore);
});

test('a TCPStore listens on its own interface alone', async () => {
  const store = await TCPStore.create('127.0.0.1', 0, { isMaster: true, timeout: 5000 });
  expect(listening().filter((one) => one.endsWith(`:${store.port}`))).toEqual([`127.0.0.1:${store.port}`]);
  expect(warn).not.toHaveBeenCalled();
  const client = await TCPStore.create('127.0.0.1', store.port, { timeout: 5000 });
  await client.set('key', 'value');
  expect(String(await store.get('key'))).toBe('value');
  const busy = TCPStore.create('127.0.0.1', store.port, { isMaster: true, timeout: 5000 });
  await expect(busy).rejects.toMatchObject({
    kind: 'DistNetworkError',
    message: expect.stringMatching(/cannot listen on 127\.0\.0\.1:\d+: Address already in use/) as string,
  });
  close(client);
  close(store);
  expect(listening().filter((one) => one.endsWith(`:${store.port}`))).toEqual([]);
});

test('one on all interfaces warns', async () => {
  const store = await TCPStore.create('127.0.0.1', 0, { isMaster: true, timeout: 5000, listen: '0.0.0.0' });
  expect(listening().filter((one) => one.endsWith(`:${store.port}`))).toEqual([`0.0.0.0:${store.port}`]);
  expect(String(warn.mock.calls[0][0])).toMatch(/listens on all interfaces .* has no password/);
  close(store);
});

test('nobody there, and a name that there is not', async () => {
  // Nobody listens on port 1; one that was just closed may be taken by another test.
  await expect(TCPStore.create('127.0.0.1', 1, { timeout: 50 })).rejects.toMatchObject({
    kind: 'DistNetworkError',
    message: expect.stringContaining('No store has answered at 127.0.0.1:') as string,
  });
});

test('wrong arguments', async () => {
  await expect(TCPStore.create('127.0.0.1', 70000)).rejects.toThrow(
    'port must have value from 0 to 65535 but was 70000.',
  );
  await expect(new HashStore().set('key', 3 as never)).rejects.toThrow(
    "argument 'value' must be a string or a Uint8Array",
  );
  await expect(new HashStore().add('key', 0.5)).rejects.toThrow("argument 'amount' must be an int");
  expect(() => new PrefixStore('a', 3 as never)).toThrow("argument 'store' must be a Store");
  expect(() => new HashStore().setTimeout(-1)).toThrow('timeout must be milliseconds above 0');
});
