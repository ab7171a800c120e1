// Ranks of one thread: each has a group of its own, as if it were a process.
import { HashStore } from 'nodetorch/distributed';
import { makeGroup } from '../../lib/distributed/make_group';
import { world as own } from '../../lib/distributed/group';
import { native } from '../../lib/native';
import type { Rank } from './collective_cases';

export type { Rank };

let made = 0;

/** All ranks of a group, which have met over a store in memory. */
export async function makeRanks(world: number, timeout = 10_000): Promise<Rank[]> {
  const store = new HashStore();
  const name = String(made++);
  const ranks = Array.from({ length: world }, (_, i) => i);
  const groups = await Promise.all(
    ranks.map((rank) =>
      makeGroup({
        store,
        rank,
        ranks,
        timeout,
        name,
        description: 'test',
        what: 'makeRanks',
        master: ['127.0.0.1', 9],
      }),
    ),
  );
  for (const group of groups) own.groups.add(group);
  return groups.map((group, rank) => ({ rank, world, group }));
}

export function closeRanks(ranks: readonly Rank[]): void {
  for (const { group } of ranks) {
    native.closeGroup(group.handle!);
    own.groups.delete(group);
  }
}
