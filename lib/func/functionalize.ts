import { TorchError } from '../core/errors';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { atLevel, Scope } from '../native/scope';
import { tensor as tensorKind } from '../tensor/kinds';
import { Tensor } from '../tensor';
import * as tree from './tree';

/** Options of `torch.func.functionalize`. */
export interface FunctionalizeOptions {
  /** Whether views become copies, too. Default: `'mutations'`, what writes to tensors alone. */
  remove?: 'mutations' | 'mutations_and_views';
}
type Func = (...args: never[]) => unknown;
const FUNCTIONALIZE = signature(
  'functionalize',
  [callable<Func>()('func')],
  { remove: 'mutations' } as Required<FunctionalizeOptions>,
  [],
);

const mapTensors = (value: unknown, change: (tensor: Tensor) => unknown): unknown =>
  tree.map(value, (leaf) => (leaf instanceof Tensor ? wrap(change(leaf)) : leaf));

/**
 * A function that gives what `func` gives, whose operators write to no tensor: a change in place becomes an operator that
 * makes another tensor, and inputs are changed at the end (`torch.func.functionalize`). Modes and exported programs see
 * the difference.
 *
 * @example
 * const f = torch.func.functionalize((x: Tensor) => x.add(1).mul_(2));
 * f(torch.ones([2])); // [4, 4]
 */
export function functionalize<Args extends unknown[], Out>(
  ...given: Call<typeof FUNCTIONALIZE, [func: (...args: Args) => Out]>
): (...args: Args) => Out {
  const [func, { remove }] = FUNCTIONALIZE.bind(given);
  if (!['mutations', 'mutations_and_views'].includes(remove)) {
    throw new TorchError(
      `functionalize(f, remove='mutations'): received invalid argument for remove=${String(remove)}. Valid options ` +
        "are 'mutations' and 'mutations_and_views'.",
    );
  }
  const withViews = remove === 'mutations';
  return (...args) =>
    atLevel(
      Scope.functionalize,
      (level) => {
        const wrapped = mapTensors(args, (tensor) => native.wrapFunctional(tensor, level)) as never[];
        const unwrap = (tensor: Tensor) => native.unwrapFunctional(tensor, withViews);
        const output = mapTensors(func(...wrapped), unwrap);
        const changed = tree.flatten(wrapped).leaves;
        tree.flatten(args).leaves.forEach((leaf, i) => {
          if (leaf instanceof Tensor) native.copyMutation(leaf, changed[i] as Tensor);
        });
        return output as Out;
      },
      withViews,
    );
}

const DEBUG_UNWRAP = signature('debugUnwrap', [tensorKind('tensor')], { recurse: true }, []);

/**
 * The value of a tensor inside of a transform, for debugging (`torch.func.debug_unwrap`): at the level below, or without
 * any with `recurse`. Nothing computed from it is right under the transform.
 */
export function debugUnwrap(...given: Call<typeof DEBUG_UNWRAP, [tensor: Tensor]>): Tensor {
  const [tensor, { recurse }] = DEBUG_UNWRAP.bind(given);
  const parts = native.transformOf(tensor);
  if (parts === null) return tensor;
  const value = wrap(parts[2]) as Tensor;
  return recurse ? debugUnwrap(value) : value;
}
