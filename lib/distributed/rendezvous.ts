// How ranks find their store: the schemes of Python's init_process_group.
import { fileURLToPath } from 'node:url';
import { TorchError, valueError } from '../core/errors';
import { FileStore, type Store, explained } from './store';
import { TCPStore } from './tcp_store';

export interface Place {
  readonly store: Store;
  readonly rank: number;
  readonly worldSize: number;
  /** Where rank 0 is; gloo goes by the interface that leads there. Empty: the one of this machine's name. */
  readonly master: readonly [host: string, port: number];
}

/** What is asked for; -1 where the address or the environment says it. */
interface Asked {
  readonly rank: number;
  readonly worldSize: number;
  readonly timeout: number;
}

const failed = (scheme: string, problem: string): TorchError =>
  valueError(`Error initializing torch.distributed using ${scheme}:// rendezvous: ${problem}`);

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw failed('env', `environment variable ${name} expected, but not set`);
}

function wholeNumber(scheme: string, name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw failed(scheme, `${name} must be an int, and is '${text}'`);
}

/** One of the two from the arguments, or from the address's query. */
function numberOf(scheme: string, url: URL, name: 'rank' | 'world_size', asked: number): number {
  const given = url.searchParams.get(name);
  if (given !== null && asked !== -1) {
    throw new TorchError(
      `The url: ${url.href} has node-specific arguments(rank, world_size) already.`,
      'AssertionError',
    );
  }
  if (asked !== -1) return asked;
  if (given !== null) return wholeNumber(scheme, name, given);
  if (scheme === 'env') return wholeNumber('env', name.toUpperCase(), fromEnvironment(name.toUpperCase()));
  throw failed(scheme, `${name === 'rank' ? 'rank' : 'world size'} parameter missing`);
}

const usesLibuv = (url: URL): boolean =>
  (url.searchParams.get('use_libuv') ?? process.env.USE_LIBUV ?? '1') === '1';

/** Rank 0 has the server, unless torchrun's agent has it. */
async function tcp(
  url: URL,
  host: string,
  port: number,
  rank: number,
  worldSize: number,
  timeout: number,
): Promise<Place> {
  const isAgents = process.env.TORCHELASTIC_USE_AGENT_STORE === 'True';
  const creating = TCPStore.create(host, port, {
    worldSize,
    isMaster: rank === 0 && !isAgents,
    timeout,
    listen: process.env.NODETORCH_STORE_LISTEN || null,
    useLibuv: usesLibuv(url),
  });
  const store = await creating.catch((error: unknown) => {
    throw explained(`initProcessGroup on rank ${rank} of ${worldSize}`, error);
  });
  // Of one that is everywhere it is not known by which interface it is reached.
  return { store, rank, worldSize, master: store.isEverywhere ? ['', 0] : [store.reachedBy, store.port] };
}

/** The store of `initMethod`, and this process's place. */
export async function rendezvous(
  initMethod: string,
  { rank: r, worldSize: w, timeout }: Asked,
): Promise<Place> {
  const scheme = /^(\w+):\/\//.exec(initMethod)?.[1] ?? '';
  if (!['env', 'tcp', 'file'].includes(scheme))
    throw new TorchError(`No rendezvous handler for ${scheme}://`);
  // A URL of an unknown scheme has no host that is looked at.
  const url = new URL(
    scheme === 'file'
      ? initMethod
      : initMethod.replace(/^\w+:/, 'http:').replace(/^http:\/\/(?=$|\?)/, 'http://env/'),
  );
  const rank = numberOf(scheme, url, 'rank', r);
  const worldSize = numberOf(scheme, url, 'world_size', w);
  if (scheme === 'file') {
    url.search = '';
    if (url.pathname === '/') throw failed('file', 'path missing');
    return { store: new FileStore(fileURLToPath(url), worldSize), rank, worldSize, master: ['', 0] };
  }
  if (scheme === 'env') {
    const host = fromEnvironment('MASTER_ADDR');
    const port = wholeNumber('env', 'MASTER_PORT', fromEnvironment('MASTER_PORT'));
    return await tcp(url, host, port, rank, worldSize, timeout);
  }
  const port = /^tcp:\/\/[^/?]*:(\d+)([/?]|$)/.exec(initMethod)?.[1];
  if (port === undefined) throw failed('tcp', 'port number missing');
  return await tcp(url, url.hostname.replace(/^\[|\]$/g, ''), Number(port), rank, worldSize, timeout);
}
