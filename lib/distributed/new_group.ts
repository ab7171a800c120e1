import { createHash } from 'node:crypto';
import { argumentError, checkText, valueError } from '../core/errors';
import { signature } from '../core/signature';
import { defaultPgTimeout } from './backends';
import { GroupMember, type ProcessGroup, defaultGroup, world } from './group';
import { checkBackend, makeGroup } from './make_group';
import { checkTimeout } from './store';

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

/**
 * A group of some of the ranks. All ranks call it, in the same order, also those that will not be in it, which get
 * `GroupMember.NON_GROUP_MEMBER`.
 *
 * @throws TorchError where the ranks do not meet within `timeout`.
 */
export function newGroup(
  ...args:
    | [options?: NewGroupOptions]
    | [ranks: readonly number[] | null, options?: NewGroupOptions]
    | [ranks: readonly number[] | null, timeout: number | null, options?: NewGroupOptions]
): Promise<ProcessGroup> {
  const [options] = NEW_GROUP.bind(args);
  return startGroup(options as Required<NewGroupOptions>);
}

async function startGroup(options: Required<NewGroupOptions>): Promise<ProcessGroup> {
  const { ranks: given, timeout, backend, useLocalSynchronization, groupDesc } = options;
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
    timeout: timeout ?? defaultPgTimeout,
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
