// Groups begin and end here.
import { TorchError, argumentError, checkText, valueError } from '../core/errors';
import { signature } from '../core/signature';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import type { Handle } from '../../typings/native';
import { checkAvailable } from './available';
import { defaultPgTimeout } from './backends';
import { world } from './group';
import { checkBackend, makeGroup } from './make_group';
import { type Place, rendezvous } from './rendezvous';
import { HashStore, PrefixStore, Store, checkTimeout, rootOf } from './store';
import { TCPStore } from './tcp_store';

/** The options of {@link initProcessGroup}. */
export interface InitOptions {
  /** `'gloo'`, the only one. Default null: the same. */
  backend?: string | null;
  /** `'env://'`, `'tcp://host:port'` or `'file:///path'`. Default null: `'env://'`. */
  initMethod?: string | null;
  /** In milliseconds, of collectives and of the beginning. Default null: 1,800,000. */
  timeout?: number | null;
  /** Default -1: the environment says it. */
  worldSize?: number;
  /** Default -1: the environment says it. */
  rank?: number;
  /** Instead of `initMethod`; needs `rank` and `worldSize`. Default null. */
  store?: Store | null;
}

const INIT = signature(
  'initProcessGroup',
  [],
  {
    backend: null,
    initMethod: null,
    timeout: null,
    worldSize: -1,
    rank: -1,
    store: null,
  } as Required<InitOptions>,
  ['backend', 'initMethod', 'timeout', 'worldSize', 'rank', 'store'],
);

function checkRank(fn: string, rank: unknown, worldSize: unknown): void {
  for (const [name, value] of [
    ['rank', rank],
    ['worldSize', worldSize],
  ] as const) {
    if (!Number.isInteger(value)) throw argumentError(fn, name, 'an int', value);
  }
  if ((worldSize as number) < 1)
    throw valueError(`${fn}(): worldSize must be positive, and is ${String(worldSize)}`);
  if ((rank as number) < 0 || (rank as number) >= (worldSize as number))
    throw valueError(
      `${fn}(): rank ${String(rank)} is none of ${String(worldSize)} ranks, which count from 0`,
    );
}

/** Where a store of the user's own is. */
function masterOf(store: Store): Place['master'] {
  const root = rootOf(store);
  if (root instanceof TCPStore && !root.isEverywhere) return [root.reachedBy, root.port];
  return root instanceof HashStore ? ['127.0.0.1', 9] : ['', 0];
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

let isStarting = false;

/**
 * Meets all ranks and makes the default group. A rank may be a process of Node's, a thread of one, or a process of Python's.
 *
 * The connections have no password and are not encrypted: they belong on a private network. They go by the interface that
 * leads to the master's address; `GLOO_SOCKET_IFNAME` names another.
 *
 * @throws TorchError where the ranks do not meet within `timeout`.
 *
 * @example
 * await dist.initProcessGroup({ backend: 'gloo' }); // RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them
 */
export function initProcessGroup(
  ...args:
    | [options?: InitOptions]
    | [backend: string | null, options?: InitOptions]
    | [backend: string | null, initMethod: string | null, options?: InitOptions]
): Promise<void> {
  const [options] = INIT.bind(args);
  return start(options as Required<InitOptions>);
}

async function start(options: Required<InitOptions>): Promise<void> {
  const { backend, initMethod, timeout: given, worldSize, rank, store } = options;
  checkAvailable();
  if (world.group !== null || isStarting)
    throw valueError('trying to initialize the default process group twice!');
  checkBackend('initProcessGroup', backend);
  const timeout = given ?? defaultPgTimeout;
  checkTimeout('initProcessGroup', timeout);
  if (initMethod !== null) checkText('initProcessGroup', 'initMethod', initMethod);
  if (store !== null && !(store instanceof Store))
    throw argumentError('initProcessGroup', 'store', 'a Store', store);
  if (store !== null && initMethod !== null)
    throw new TorchError('Cannot specify both init_method and store.', 'AssertionError');
  isStarting = true;
  let place: Place | null = null;
  try {
    if (store === null) place = await rendezvous(initMethod ?? 'env://', { rank, worldSize, timeout });
    else place = { store, rank, worldSize, master: masterOf(store) };
    checkRank('initProcessGroup', place.rank, place.worldSize);
    // A store of the user's own has no prefix in Python, too.
    const prefixed = store ?? new PrefixStore('default_pg', place.store);
    const group = await makeGroup({
      store: prefixed,
      rank: place.rank,
      ranks: upTo(place.worldSize),
      timeout,
      name: '0',
      description: 'default_pg',
      what: 'initProcessGroup',
      master: place.master,
    });
    // Groups that come later are, in Python, under the prefix of the default one.
    const ofGroup = new PrefixStore('0/', prefixed);
    world.ownStores = store === null ? [ofGroup, prefixed, place.store] : [ofGroup];
    Object.assign(world, { group, store: ofGroup, master: place.master, groupCount: 1 });
    world.groups.add(group);
    warnAtExit();
  } catch (error) {
    if (store === null && place !== null) native.dispose(place.store[HANDLE] as Handle);
    throw error;
  } finally {
    isStarting = false;
  }
}

// Where the program forgets it, others may wait for this process until their timeout.
let warnsAtExit = false;
function warnAtExit(): void {
  if (warnsAtExit) return;
  warnsAtExit = true;
  process.once('exit', () => {
    if (world.group === null) return;
    process.stderr.write(
      'Warning: destroyProcessGroup() was not called before the program exits, which can leak resources. Call ' +
        'torch.distributed.destroyProcessGroup() at the end.\n',
    );
  });
}
