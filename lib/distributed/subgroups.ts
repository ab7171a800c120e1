// Several groups at once that have no rank in common.
import { argumentError, valueError } from '../core/errors';
import { value } from '../core/kinds';
import { signature } from '../core/signature';
import { type ProcessGroup, defaultGroup, groupOf } from './group';
import { newGroup } from './new_group';

/** The options of {@link newSubgroupsByEnumeration}. */
export interface NewSubgroupsOptions {
  /** In milliseconds. Default null: 1,800,000. */
  timeout?: number | null;
  /** `'gloo'`. Default null: the same. */
  backend?: string | null;
  /** For logs. Default null. */
  groupDesc?: string | null;
}

/** The options of {@link newSubgroups}. */
export interface EqualSubgroupsOptions extends NewSubgroupsOptions {
  /** How many ranks each has. Over gloo there is no default. */
  groupSize?: number | null;
  /** Which is divided. Default null: the default group. */
  group?: ProcessGroup | null;
}

/** The subgroup of this rank, null where it is in none, and all of them. */
export type Subgroups = [own: ProcessGroup | null, all: ProcessGroup[]];

type Lists = readonly (readonly number[])[];

const EQUAL = signature(
  'newSubgroups',
  [],
  {
    groupSize: null,
    group: null,
    timeout: null,
    backend: null,
    groupDesc: null,
  } as Required<EqualSubgroupsOptions>,
  ['groupSize', 'group', 'timeout', 'backend'],
);
const ENUMERATED = signature(
  'newSubgroupsByEnumeration',
  [value<Lists>()('ranksPerSubgroupList')],
  { timeout: null, backend: null, groupDesc: null } as Required<NewSubgroupsOptions>,
  ['timeout', 'backend'],
);

/**
 * Divides a group into subgroups of `groupSize` ranks that follow each other. All ranks of the default group call it, and
 * get the subgroup they are in and all subgroups.
 *
 * @throws TorchError of the kind `ValueError` unless the group's size can be divided by `groupSize`.
 */
export function newSubgroups(
  ...args:
    | [options?: EqualSubgroupsOptions]
    | [groupSize: number, options?: Omit<EqualSubgroupsOptions, 'groupSize'>]
    | [groupSize: number, group: ProcessGroup | null, options?: NewSubgroupsOptions]
): Promise<Subgroups> {
  const [options] = EQUAL.bind(args);
  return divide(options as Required<EqualSubgroupsOptions>);
}

async function divide(options: Required<EqualSubgroupsOptions>): Promise<Subgroups> {
  const { groupSize: size, group: given, ...rest } = options;
  if (size === null)
    throw valueError(
      "Default group size only takes effect when CUDA is available. Please pass in 'groupSize': gloo does not depend on CUDA.",
    );
  if (!Number.isInteger(size)) throw argumentError('newSubgroups', 'groupSize', 'an int', size);
  if (size <= 0) throw valueError(`The arg 'groupSize' (${size}) must be positive`);
  const { ranks } = groupOf('newSubgroups', given);
  if (ranks.length < size)
    throw valueError(`The arg 'groupSize' (${size}) must not exceed the world size (${ranks.length})`);
  if (ranks.length % size !== 0)
    throw valueError(`The world size (${ranks.length}) must be divisible by 'groupSize=${size}'`);
  const count = ranks.length / size;
  return makeAll(
    Array.from({ length: count }, (_, i) => ranks.slice(i * size, (i + 1) * size)),
    rest,
  );
}

/**
 * Makes a group of each list of ranks of the default group. All ranks call it, also those that are in none, and get the
 * subgroup they are in and all subgroups.
 *
 * @throws TorchError of the kind `ValueError` where a rank is in two lists.
 */
export function newSubgroupsByEnumeration(
  ...args:
    | [ranksPerSubgroupList: Lists, options?: NewSubgroupsOptions]
    | [ranksPerSubgroupList: Lists, timeout: number | null, options?: NewSubgroupsOptions]
): Promise<Subgroups> {
  const [lists, options] = ENUMERATED.bind(args) as unknown as [Lists, Required<NewSubgroupsOptions>];
  return makeAll(lists, options);
}

async function makeAll(lists: Lists, options: NewSubgroupsOptions): Promise<Subgroups> {
  const { ownRank } = defaultGroup();
  checkLists(lists);
  let own: ProcessGroup | null = null;
  const all: ProcessGroup[] = [];
  for (const ranks of lists) {
    const group = await newGroup(ranks, options);
    all.push(group);
    if (ranks.includes(ownRank)) own = group;
  }
  return [own, all];
}

// Before any group is made: one that nobody gets could not be ended.
function checkLists(lists: Lists): void {
  if (lists === null || (Array.isArray(lists) && lists.length === 0))
    throw valueError("The arg 'ranksPerSubgroupList' cannot be empty");
  const isLists = Array.isArray(lists) && lists.every((ranks) => Array.isArray(ranks));
  if (!isLists)
    throw argumentError('newSubgroupsByEnumeration', 'ranksPerSubgroupList', 'lists of ints', lists);
  const seen = new Map<number, readonly number[]>();
  for (const ranks of lists) {
    for (const rank of new Set(ranks)) {
      const before = seen.get(rank);
      if (before !== undefined)
        throw valueError(
          `Rank ${rank} has appeared in both subgroup [${before.join(', ')}] and [${ranks.join(', ')}]`,
        );
      seen.set(rank, ranks);
    }
  }
}
