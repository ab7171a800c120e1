// The trailing object of keywords of an operator's call.
import { native } from '.';

/** A node of the tree of all keywords that were seen: each name of a call, in their order, leads one step down. */
interface Names {
  readonly list: readonly string[]; // the names on the way here
  readonly next: Map<string, Names>;
  set?: unknown; // the addon's set of them, once a call had these and no others
}
const noNames: Names = { list: [], next: new Map() };
const MOST_SETS = 1000;
let sets = 0;

/** The keywords of an operator's last call that had any: the next call mostly has the same. */
export interface LastKeywords {
  names: readonly string[];
  set: unknown;
}

/** The arguments, with a trailing object of keywords as its values and, behind them, the set of its names. */
export function withKeywords(args: unknown[], last: LastKeywords): unknown[] {
  const count = args.length - 1;
  const named = args[count] as Record<string, unknown>;
  if (typeof named !== 'object' || named === null || Object.getPrototypeOf(named) !== Object.prototype)
    return args;
  const values = args.slice(0, count);
  let same = 0;
  for (const name in named) {
    if (last.names[same] === name) same++;
    values.push(named[name]);
  }
  if (same !== values.length - count || same !== last.names.length || last.set === undefined) {
    const names = namesOf(named);
    if (!names) return args; // rare: the addon reads the object itself
    last.names = names.list;
    last.set = names.set ??= native.keywordSet(names.list);
  }
  values.push(last.set);
  return values;
}

function namesOf(named: object): Names | undefined {
  let names = noNames;
  for (const name in named) {
    let next = names.next.get(name);
    if (!next) {
      if (name === 'out' || sets >= MOST_SETS) return undefined;
      sets++;
      names.next.set(name, (next = { list: [...names.list, name], next: new Map() }));
    }
    names = next;
  }
  return names;
}
