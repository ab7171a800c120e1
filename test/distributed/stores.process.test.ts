// A store whose server stops or ends: each call ends with an error that names it, its key and the address.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TCPStore } from 'nodetorch/distributed';
import { start } from './rank_process';

async function serve() {
  const child = start('store', {});
  const port = await new Promise<number>((resolve) =>
    child.process.stdout.once('data', (line) => resolve((JSON.parse(String(line)) as { port: number }).port)),
  );
  return { child, port };
}

/** Until all of its threads stand still: the signal takes its time. */
async function stopped(pid: number): Promise<void> {
  const isStopped = (thread: string): boolean =>
    /\) T /.test(fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
  while (!fs.readdirSync(`/proc/${pid}/task`).every(isStopped)) await sleep(5);
}

const calls: [what: string, call: (store: TCPStore) => Promise<unknown>][] = [
  ["get('key')", (store) => store.get('key')],
  ["add('key')", (store) => store.add('key', 1)],
  ["wait('key', 'other')", (store) => store.wait(['key', 'other'])],
  ["check('key')", (store) => store.check(['key'])],
  ["compareSet('key')", (store) => store.compareSet('key', '', 'value')],
  ["deleteKey('key')", (store) => store.deleteKey('key')],
  ['numKeys()', (store) => store.numKeys()],
];

// libtorch's client would wait for ever.
test('a server that has stopped', async () => {
  const { child, port } = await serve();
  const store = await TCPStore.create('127.0.0.1', port, { timeout: 5000 });
  store.setTimeout(50);
  child.process.kill('SIGSTOP');
  await stopped(child.process.pid!);
  const each = calls.map(([what, call]) =>
    expect(call(store)).rejects.toMatchObject({
      kind: 'DistStoreError',
      message: `Store.${what} at 127.0.0.1:${port}: no answer for 50 ms`,
    }),
  );
  await Promise.all(each);
  const later = TCPStore.create('127.0.0.1', port, { timeout: 50 });
  await expect(later).rejects.toMatchObject({
    kind: 'DistStoreError',
    message: `The store at 127.0.0.1:${port} has not answered for 50 ms`,
  });
  child.process.kill('SIGKILL');
  await child.ended;
});

test('a server that has ended', async () => {
  const { child, port } = await serve();
  const store = await TCPStore.create('127.0.0.1', port, { timeout: 5000 });
  child.process.kill('SIGKILL');
  await child.ended;
  for (const [what, call] of calls) {
    await expect(call(store)).rejects.toMatchObject({
      kind: 'DistNetworkError',
      message: expect.stringContaining(`Store.${what} at 127.0.0.1:${port}: `) as string,
    });
  }
});
