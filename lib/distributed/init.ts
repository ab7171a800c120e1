// Groups begin and end here.
import { createHash } from 'node:crypto';
import { bindArguments } from '../core/calls';
import { TorchError, argumentError, checkText, valueError } from '../core/errors';
import { signature } from '../core/signature';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import type { Handle } from '../../typings/native';
import { checkAvailable } from './available';
import { GroupMember, ProcessGroup, defaultGroup, world } from './group';
import { type Place, rendezvous } from './rendezvous';
import { HashStore, PrefixStore, Store, TCPStore, checkTimeout, rootOf } from './store';

/** Python's default for gloo, 30 minutes. */
const DEFAULT_TIMEOUT = 1_800_000;

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

/** The options of {@link newGroup}. */
export interface NewGroupOptions {
  /** Of the default group. Default null: all. */
  ranks?: readonly number[] | null;
  /** In milliseconds. Default null: 1,800,000. */
  timeout?: number | null;
  /** `'gloo'`. Default null: the same. */
  backend?: string | null;
  /** Whether the ranks of the group alone call this. Default false: all do. */
  useLocalSynchronization?: boolean;
  /** For logs. Default null. */
  groupDesc?: string | null;
}

const NEW_GROUP = signature(
  'newGroup',
  [],
  {
    ranks: null,
    timeout: null,
    backend: null,
    useLocalSynchronization: false,
    groupDesc: null,
  } as Required<NewGroupOptions>,
  ['ranks', 'timeout', 'backend'],
);

function checkBackend(fn: string, backend: unknown): void {
  if (backend === null) return;
  checkText(fn, 'backend', backend);
  const name = (backend as string).toLowerCase();
  if (name === 'gloo' || name === 'cpu:gloo') return;
  throw valueError(`${fn}(): backend '${name}' is not there: 'gloo' is, which is for tensors of the CPU`);
}

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
  if (root instanceof TCPStore && !root.isEverywhere) return [root.host, root.port];
  return root instanceof HashStore ? ['127.0.0.1', 9] : ['', 0];
}

interface Made {
  readonly store: Store;
  readonly rank: number;
  readonly ranks: readonly number[];
  readonly timeout: number;
  readonly name: string;
  readonly description: string;
  readonly what: string;
  readonly master: Place['master'];
}

/** Meets the other ranks. @internal */
export async function makeGroup({
  store,
  rank,
  ranks,
  timeout,
  name,
  description,
  what,
  master,
}: Made): Promise<ProcessGroup> {
  const interfaces = (process.env.GLOO_SOCKET_IFNAME ?? '').split(',').filter((one) => one !== '');
  const handle = await native.makeGroup(
    store[HANDLE] as Handle,
    rank,
    ranks.length,
    timeout,
    [name, description, what],
    master[0],
    master[1],
    interfaces,
  );
  return new ProcessGroup(handle, rank, ranks, name, description);
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
export async function initProcessGroup(
  ...args:
    | [options?: InitOptions]
    | [backend: string | null, options?: InitOptions]
    | [backend: string | null, initMethod: string | null, options?: InitOptions]
): Promise<void> {
  const [options] = INIT.bind(args);
  const { backend, initMethod, timeout: given, worldSize, rank, store } = options as Required<InitOptions>;
  checkAvailable();
  if (world.group !== null || isStarting)
    throw valueError('trying to initialize the default process group twice!');
  checkBackend('initProcessGroup', backend);
  const timeout = given ?? DEFAULT_TIMEOUT;
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

/**
 * A group of some of the ranks. All ranks call it, in the same order, also those that will not be in it, which get
 * `GroupMember.NON_GROUP_MEMBER`.
 *
 * @throws TorchError where the ranks do not meet within `timeout`.
 */
export async function newGroup(
  ...args:
    | [options?: NewGroupOptions]
    | [ranks: readonly number[] | null, options?: NewGroupOptions]
    | [ranks: readonly number[] | null, timeout: number | null, options?: NewGroupOptions]
): Promise<ProcessGroup> {
  const [options] = NEW_GROUP.bind(args);
  const {
    ranks: given,
    timeout,
    backend,
    useLocalSynchronization,
    groupDesc,
  } = options as Required<NewGroupOptions>;
  const { ranks: all, ownRank } = defaultGroup();
  checkBackend('newGroup', backend);
  if (timeout !== null) checkTimeout('newGroup', timeout);
  if (groupDesc !== null) checkText('newGroup', 'groupDesc', groupDesc);
  const ranks = given === null ? all : checkedRanks(given, all.length);
  if (useLocalSynchronization && !ranks.includes(ownRank)) return GroupMember.NON_GROUP_MEMBER;
  const name = useLocalSynchronization ? hashedName(ranks) : String(world.groupCount++);
  if (!ranks.includes(ownRank)) return GroupMember.NON_GROUP_MEMBER;
  const group = await makeGroup({
    store: world.store!,
    rank: ranks.indexOf(ownRank),
    ranks,
    timeout: timeout ?? DEFAULT_TIMEOUT,
    name,
    description: groupDesc ?? 'undefined',
    what: 'newGroup',
    master: world.master,
  });
  world.groups.add(group);
  return group;
}

function checkedRanks(given: readonly number[], worldSize: number): readonly number[] {
  if (!Array.isArray(given)) throw argumentError('newGroup', 'ranks', 'a list of ints', given);
  const ranks = [...(given as number[])].sort((a, b) => a - b);
  if (new Set(ranks).size !== ranks.length)
    throw valueError(`ranks list must not contain duplicate entries, got [${ranks.join(', ')}]`);
  for (const rank of ranks) {
    if (Number.isInteger(rank) && rank >= 0 && rank < worldSize) continue;
    throw valueError(
      `Rank ${String(rank)} is out of range. Valid ranks are 0 to ${worldSize - 1} (world_size=${worldSize})`,
    );
  }
  if (ranks.length === 0) throw valueError('newGroup(): a group needs a rank');
  return ranks;
}

/** Python's name of a group that its ranks alone know of. */
const hashedName = (ranks: readonly number[]): string =>
  createHash('sha1')
    .update([...ranks, world.groups.size].join('_'))
    .digest('hex');

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

/** Whether torchrun, or what sets the same variables, has started this process. */
export function isTorchelasticLaunched(...args: []): boolean {
  bindArguments('isTorchelasticLaunched()', args);
  return process.env.TORCHELASTIC_RUN_ID !== undefined;
}

/** The rank among those of this machine, from `LOCAL_RANK`; `fallbackRank` where there is none. */
export function getNodeLocalRank(...args: [fallbackRank?: number | null]): number {
  const [fallback = null] = bindArguments('getNodeLocalRank(fallbackRank?)', args);
  const given = process.env.LOCAL_RANK;
  if (given !== undefined) return Number(given);
  if (fallback !== null) return Number(fallback);
  throw new TorchError(
    'LOCAL_RANK is not in the environment. Consider passing fallbackRank to allow `getNodeLocalRank` to work, ' +
      'assuming you are not running in a multi-process environment.',
  );
}
