// Whether a state_dict lists the parameters in the module's order.
import { warn } from '../../core/warn';
import type { ModuleBase } from './base';
import type { StateDict } from './state_dict';

/**
 * Warns where it does not. Values go by name; an optimizer's state goes by the number of the parameter, and would
 * silently end up at another. Of state_dicts alone, which have `_metadata`: .safetensors files have an order of
 * their own.
 */
export function warnOfOrder(module: ModuleBase, state: StateDict): void {
  if (!state._metadata) return;
  const ours = [...module.namedParameters({ removeDuplicate: false })].map(([name]) => name);
  const known = new Set(ours);
  const theirs = [...state.keys()].filter((name) => known.has(name));
  const at = theirs.findIndex((name, i) => name !== ours[i]);
  if (at < 0 || theirs.length !== ours.length) return;
  warn(
    `loadStateDict(): ${module._getName()} has the parameters of the state_dict in another order: number ${at} is ` +
      `'${ours[at]}' here and '${theirs[at]}' there. Values go by name and are right; the state of an optimizer ` +
      'goes by number, so that it would be given to other parameters. Write fields with their values where they ' +
      'are declared (a field without one is in the place of its declaration, wherever it is assigned), or give ' +
      'the optimizer model.namedParameters(), here and where it is saved.',
  );
}
