import { dualLevel, makeDual, unpackDual } from '../autograd/forward_ad';
import { checkFunction, TorchError } from '../core/errors';
import { native } from '../native';
import * as aten from '../tensor/aten';
import { checkTensor } from '../native/tensor_base';
import { Tensor } from '../tensor';
import { linearProgram } from './linear_program';
import * as tree from './tree';

/**
 * The output of `func` at `primals`, and the function that multiplies tangents with the Jacobian there
 * (`torch.func.linearize`). The tangents are nested as the primals are. `func` runs here, and not for each product: that
 * runs the operators alone that depend on the tangents, and those that draw random numbers or write to a tensor.
 *
 * Differs from PyTorch: `torch.func.linearize` gives the right product where `func` writes to a tensor: Python keeps as a
 * constant what tangents were written to.
 *
 * @throws TorchError for tangents of another structure, shape, dtype or device.
 *
 * @example
 * const [output, push] = torch.func.linearize((x: Tensor) => x.sin(), torch.zeros([3]));
 * push(torch.ones([3])); // [1, 1, 1]
 */
export function linearize(
  func: (...args: never[]) => unknown,
  ...primals: unknown[]
): [output: tree.Tree, jvpFn: (...tangents: unknown[]) => tree.Tree] {
  checkFunction('linearize', 'func', func);
  const call = func as (...args: unknown[]) => unknown;
  const { leaves, spec } = tree.flatten(primals);
  for (const leaf of leaves) checkTensor('linearize', 'primals', leaf);
  const inputs = leaves as Tensor[];
  const derivative = (tangents: readonly Tensor[]): unknown =>
    dualLevel(() => {
      const duals = inputs.map((primal, i) => makeDual(primal, tangents[i]));
      return tree.map(call(...(tree.unflatten(duals, spec) as unknown[])), (leaf) => {
        if (!(leaf instanceof Tensor)) return leaf;
        const { primal, tangent } = unpackDual(leaf);
        return tangent ?? aten.zerosLike(primal);
      });
    });
  const output = call(...primals);
  // Operators of a level of torch.func cannot be recorded for use outside of it.
  const program =
    native.transformDepth() > 0
      ? null
      : linearProgram(derivative, inputs.map((primal) => primal.newZeros([]).expandAs(primal))); // prettier-ignore
  const push = (...tangents: unknown[]): unknown => {
    const given = tree.flatten(tangents);
    if (!tree.sameSpec(given.spec, spec)) {
      throw new TorchError(
        `Expected the tangents ${tree.specText(given.spec)} to have the same argspec as the primals ` +
          tree.specText(spec),
      );
    }
    given.leaves.forEach((tangent, i) => checkTangent(tangent, inputs[i], i));
    return (program ?? derivative)(given.leaves as Tensor[]);
  };
  return [output, push];
}

function checkTangent(tangent: unknown, primal: Tensor, i: number): void {
  checkTensor('linearize', 'tangents', tangent);
  const { shape, dtype, device } = tangent as Tensor;
  const refuse = (what: string, given: unknown, expected: unknown): never => {
    throw new TorchError(
      `tangent:${i} with ${what} ${String(given)} in flattened pytree doesn't match the ${what} ` +
        `${String(expected)} of the corresponding primal.`,
    );
  };
  const text = (sizes: readonly number[]): string => `torch.Size([${sizes.join(', ')}])`;
  if (text(shape) !== text(primal.shape)) refuse('shape', text(shape), text(primal.shape));
  if (String(device) !== String(primal.device)) refuse('device', device, primal.device);
  if (dtype !== primal.dtype) refuse('dtype', dtype, primal.dtype);
}
