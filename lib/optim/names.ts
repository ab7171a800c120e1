// The names of parameters in a saved state against those of the optimizer.
import type { Tensor } from '../tensor';
import { warn } from '../core/warn';
import { type ParamGroup, valueError } from './group';
import type { SavedGroup } from './state_dict';

/** A parameter, and the saved group whose options it gets. */
export interface Owner {
  param: Tensor;
  group: SavedGroup;
}

interface Matching {
  /** By the number that a parameter has in the saved state. */
  readonly owners: ReadonlyMap<string, Owner>;
  /** Whether names decided, since the saved order is another. */
  readonly byName: boolean;
}

/**
 * Whose each saved number is: by order, or by name where both sides have the same names in another order.
 *
 * @throws TorchError for names in another order where `whole` says that the state is one for all parameters.
 */
export function matchParams(
  saved: readonly SavedGroup[],
  groups: readonly ParamGroup[],
  whole: boolean,
): Matching {
  const flat = groups.flatMap(({ params }, i) => params.map((param) => ({ param, group: saved[i] })));
  const numbers = saved.flatMap(({ params }) => params.map(String));
  const theirs = namesOf(saved);
  const ours = namesOf(groups);
  const moved = theirs && ours ? theirs.findIndex((name, i) => name !== ours[i]) : -1;
  let order = numbers.map((_, i) => i);
  let byName = false;
  if (moved >= 0) {
    const places = theirs!.map((name) => ours!.indexOf(name));
    byName = places.every((place) => place >= 0);
    if (byName && whole) {
      throw valueError(
        `loaded state dict has the parameters in another order, from '${theirs![moved]}' on, where the optimizer has ` +
          `'${ours![moved]}'; its state is one for all parameters in their order`,
      );
    }
    if (byName) order = places;
    else warnOfNames(theirs!, ours!, places);
  }
  return { owners: new Map(numbers.map((number, i) => [number, flat[order[i]]])), byName };
}

// Null where they do not tell all parameters apart.
function namesOf(groups: readonly (SavedGroup | ParamGroup)[]): unknown[] | null {
  const names: unknown[] = [];
  for (const { params, param_names: own } of groups) {
    if (!Array.isArray(own) || own.length !== params.length) return null;
    names.push(...(own as unknown[]));
  }
  return new Set(names).size === names.length ? names : null;
}

function warnOfNames(theirs: readonly unknown[], ours: readonly unknown[], places: readonly number[]): void {
  const wrong = places.findIndex((place, i) => place >= 0 && place !== i);
  if (wrong < 0) return; // other names altogether: by order, as in Python
  warn(
    `the names of parameters in the loaded state dict are not those of the optimizer, so that state goes by order: ` +
      `that of '${String(theirs[wrong])}' to '${String(ours[wrong])}'`,
  );
}
