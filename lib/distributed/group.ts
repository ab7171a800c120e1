// Process groups, and the ones that this thread has.
import { bindArguments, checkMethods } from '../core/calls';
import { TorchTypeError, argumentError, valueError } from '../core/errors';
import { HANDLE, NativeHandle } from '../native/handle';
import { native } from '../native';
import type { Handle } from '../../typings/native';
import type { Store } from './store';

/** Some ranks that talk to each other: what {@link newGroup} returns. */
export class ProcessGroup extends NativeHandle {
  /** @internal */
  constructor(
    /** @internal null: this rank is not in the group. */
    readonly handle: Handle | null,
    /** @internal */
    readonly ownRank: number,
    /** The ranks of the default group that are in this one, in its order. @internal */
    readonly ranks: readonly number[],
    /** PyTorch's name of the group, which is also a prefix of its keys in the store. */
    readonly groupName: string,
    readonly groupDesc: string,
    /** In milliseconds. @internal */
    readonly timeout = 0,
  ) {
    if (!Array.isArray(ranks)) throw new TorchTypeError('ProcessGroup: No constructor defined!');
    super(handle);
  }

  /** The rank of this process in the group; -1 where it is not in it. */
  rank(): number {
    return this.ownRank;
  }
  /** How many ranks there are; -1 where this process is none of them. */
  size(): number {
    return this.handle === null ? -1 : this.ranks.length;
  }
}

checkMethods('ProcessGroup', ProcessGroup, 'rank()', 'size()');

/** What {@link newGroup} returns on a rank that is not in the group. */
const NON_GROUP_MEMBER = new ProcessGroup(null, -1, [], 'NON_GROUP_MEMBER', '');

/** Of this thread: each has its own groups, so that threads of a process can be ranks. */
export const world: {
  group: ProcessGroup | null;
  store: Store | null;
  /** Where gloo finds its interface. */
  master: readonly [host: string, port: number];
  groupCount: number;
  /** What initProcessGroup has made, and ends. */
  ownStores: readonly Store[];
  readonly groups: Set<ProcessGroup>;
} = { group: null, store: null, master: ['', 0], groupCount: 0, ownStores: [], groups: new Set() };

/** The default group, and what stands for one that this rank is not in. */
export const GroupMember: { readonly WORLD: ProcessGroup | null; readonly NON_GROUP_MEMBER: ProcessGroup } = {
  get WORLD() {
    return world.group;
  },
  NON_GROUP_MEMBER,
};

/** The same as {@link GroupMember}: `dist.group.WORLD`. */
export const group = GroupMember;

export function defaultGroup(): ProcessGroup {
  if (world.group !== null) return world.group;
  throw valueError(
    'Default process group has not been initialized, please make sure to call initProcessGroup.',
  );
}

/** The group of an argument; the default one for null. */
export function groupOf(fn: string, group: ProcessGroup | null | undefined): ProcessGroup {
  if (group === null || group === undefined) return defaultGroup();
  if (!(group instanceof ProcessGroup)) throw argumentError(fn, 'group', 'a ProcessGroup', group);
  return group;
}

/** @throws ValueError where the rank of the default group is not in `group`. */
function placeIn(group: ProcessGroup, globalRank: number): number {
  const place = group.ranks.indexOf(globalRank);
  if (place >= 0) return place;
  throw valueError(`Global rank ${globalRank} is not part of group ${group.groupName}`);
}

/** The rank in `group` that is given as one of the default group or as one of `group`. */
export function rankIn(
  group: ProcessGroup,
  globalRank: number | null | undefined,
  groupRank: number | null | undefined,
): number {
  if (groupRank === null || groupRank === undefined) {
    if (globalRank === null || globalRank === undefined)
      throw valueError('Must specify globalRank or groupRank');
    return placeIn(group, globalRank);
  }
  if (globalRank !== null && globalRank !== undefined)
    throw valueError("Can't specify both groupRank and globalRank");
  if (Number.isInteger(groupRank) && groupRank >= 0 && groupRank < group.ranks.length) return groupRank;
  throw valueError(`Group rank ${groupRank} is not part of group ${group.groupName}`);
}

/** Whether {@link initProcessGroup} has made the default group. */
export function isInitialized(...args: []): boolean {
  bindArguments('isInitialized()', args);
  return world.group !== null;
}

/** This process's rank in the group; -1 where it is not in it. */
export function getRank(...args: [group?: ProcessGroup | null]): number {
  const [group] = bindArguments('getRank(group?)', args);
  return groupOf('getRank', group).rank();
}

/** How many ranks the group has; -1 where this process is none of them. */
export function getWorldSize(...args: [group?: ProcessGroup | null]): number {
  const [group] = bindArguments('getWorldSize(group?)', args);
  return groupOf('getWorldSize', group).size();
}

/** The name of the group's backend: `'gloo'`. */
export function getBackend(...args: [group?: ProcessGroup | null]): string {
  const [group] = bindArguments('getBackend(group?)', args);
  if (groupOf('getBackend', group).handle === null) throw valueError('Invalid process group specified');
  return 'gloo';
}

/** The rank in `group` of a rank of the default group. */
export function getGroupRank(...args: [group: ProcessGroup, globalRank: number]): number {
  const [group, globalRank] = bindArguments('getGroupRank(group, globalRank)', args);
  return placeIn(groupOf('getGroupRank', group), globalRank);
}

/** The rank in the default group of a rank of `group`. */
export function getGlobalRank(...args: [group: ProcessGroup, groupRank: number]): number {
  const [group, groupRank] = bindArguments('getGlobalRank(group, groupRank)', args);
  const found = groupOf('getGlobalRank', group);
  return found.ranks[rankIn(found, null, groupRank)];
}

/** The ranks of the default group that are in `group`, in its order. */
export function getProcessGroupRanks(...args: [group?: ProcessGroup | null]): number[] {
  const [group] = bindArguments('getProcessGroupRanks(group?)', args);
  return [...groupOf('getProcessGroupRanks', group).ranks];
}

/**
 * Ends a group, or all of them, so that the process can exit. What is under way in it fails where it is awaited, at the
 * latest when its timeout is over; other ranks see a connection that is closed.
 */
export function destroyProcessGroup(...args: [group?: ProcessGroup | null]): void {
  const [given] = bindArguments('destroyProcessGroup(group?)', args);
  const group = groupOf('destroyProcessGroup', given);
  if (group.handle === null) return;
  if (!world.groups.has(group)) throw valueError('Invalid process group specified');
  const all = group === world.group ? [...world.groups].reverse() : [group];
  for (const one of all) {
    native.closeGroup(one.handle!);
    world.groups.delete(one);
  }
  if (group !== world.group) return;
  for (const store of world.ownStores) native.dispose(store[HANDLE] as Handle);
  Object.assign(world, { group: null, store: null, master: ['', 0], groupCount: 0, ownStores: [] });
}
