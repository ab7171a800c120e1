// What sees operators as they are called from JavaScript, before autograd, autocast and transforms.
import type { OperatorFunction } from './dispatch';

/** Gives the result of a call; `name` is Python's text for it. */
export type Seeing = (name: string, call: OperatorFunction, args: unknown[]) => unknown;

/** The innermost mode's, or null. It is looked at in every call of an operator. */
export const functionMode: { sees: Seeing | null } = { sees: null };

/** As Python: `add`, and in torch.ops `aten.add` or `aten.add.Tensor`. */
export function shownName(name: string, overload: string | null, python: boolean): string {
  if (python) return name.slice(name.indexOf('::') + 2);
  return name.replace('::', '.') + (overload === null ? '' : `.${overload}`);
}
