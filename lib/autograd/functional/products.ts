// Products with Jacobians and Hessians.
import { callable, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { TorchError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { native } from '../../native';
import type { Tensor } from '../../tensor';
import { enableGrad, setGradEnabled } from '../mode';
import {
  checkNeeded,
  checkVector,
  fillZeros,
  detachResults,
  type Found,
  gradOf,
  listOf,
  outputsOf,
  prepare,
  type ProductOptions,
  scalarOutput,
  type TensorFunction,
  type Tensors,
} from './checks';

interface VectorOptions extends ProductOptions {
  /** What the product is with. It may be left out for a single tensor of one element. */
  v?: Tensors | null;
}
const PRODUCT: Required<VectorOptions> = { v: null, createGraph: false, strict: false };
const productSignature = (name: string) =>
  signature(name, [callable<TensorFunction>()('func'), value<Tensors>()('inputs')], PRODUCT);
type Product = Call<
  ReturnType<typeof productSignature>,
  [func: TensorFunction, inputs: Tensors],
  [v: Tensors | null, createGraph: boolean, strict: boolean]
>;

const zerosThatNeedGrad = (tensors: Found): Tensor[] =>
  tensors.map((tensor) => aten.zerosLike(tensor!).requiresGrad_());

// `v` for the inputs, checked; null where there is a single one of a single element.
function vectorFor(
  v: Tensors | null | undefined,
  inputs: Tensor[],
  isList: boolean,
  createGraph: boolean,
  fn: string,
): Tensor[] | null {
  if (v != null) {
    const prepared = prepare(listOf(v, 'v', fn)[1], createGraph, false);
    checkVector(prepared, inputs, isList);
    return prepared;
  }
  if (inputs.length === 1 && inputs[0].numel() === 1) return null;
  throw new TorchError(
    'The vector v can only be None if the input to the user-provided function is a single Tensor with a single element.',
  );
}

const VJP = productSignature('vjp');

/** The outputs, and the product of `v` with the Jacobian of `func` at `inputs`. */
export function vjp(...args: Product): [outputs: Tensors, product: Tensors] {
  const [func, inputs, given] = VJP.bind(args);
  const { v, createGraph, strict } = given;
  const [isList, raw] = listOf(inputs, 'inputs', 'vjp');
  const { ins, outs, outIsList, vector } = enableGrad(() => {
    const ins = prepare(raw, createGraph, true);
    const [outIsList, outs] = outputsOf(func(...ins), 'vjp');
    checkNeeded(outs, 'outputs', strict);
    let vector: Tensor[] | null = null;
    if (v != null) {
      vector = prepare(listOf(v, 'v', 'vjp')[1], createGraph, false);
      checkVector(vector, outs, outIsList);
    } else if (outs.length !== 1 || outs[0].numel() !== 1) {
      throw new TorchError(
        'The vector v can only be None if the user-provided function returns a single Tensor with a single element.',
      );
    }
    return { ins, outs, outIsList, vector };
  });
  const product = setGradEnabled(createGraph || native.isGradEnabled(), () =>
    fillZeros(gradOf(outs, ins, vector, { createGraph }), ins, given, 'back'),
  );
  return [detachResults(outs, createGraph, outIsList), detachResults(product, createGraph, isList)];
}

const JVP = productSignature('jvp');

/** The outputs, and the product of the Jacobian of `func` at `inputs` with `v`, by two backward passes. */
export function jvp(...args: Product): [outputs: Tensors, product: Tensors] {
  const [func, inputs, given] = JVP.bind(args);
  const { v, createGraph, strict } = given;
  const [isList, raw] = listOf(inputs, 'inputs', 'jvp');
  const { outs, outIsList, vector, gradOutputs, gradInputs } = enableGrad(() => {
    const ins = prepare(raw, createGraph, true);
    const vector = vectorFor(v, ins, isList, createGraph, 'jvp');
    const [outIsList, outs] = outputsOf(func(...ins), 'jvp');
    checkNeeded(outs, 'outputs', strict);
    const gradOutputs = zerosThatNeedGrad(outs);
    const gradInputs = gradOf(outs, ins, gradOutputs, { createGraph: true });
    checkNeeded(gradInputs, 'gradInputs', strict);
    return { outs, outIsList, vector, gradOutputs, gradInputs };
  });
  const product = setGradEnabled(createGraph || native.isGradEnabled(), () =>
    fillZeros(gradOf(gradInputs, gradOutputs, vector, { createGraph }), outs, given, 'backTrick'),
  );
  return [detachResults(outs, createGraph, outIsList), detachResults(product, createGraph, outIsList)];
}

const VHP = productSignature('vhp');

/** The output, and the product of `v` with the Hessian of the scalar function `func` at `inputs`. */
export function vhp(...args: Product): [output: Tensor, product: Tensors] {
  const [func, inputs, given] = VHP.bind(args);
  const { v, createGraph, strict } = given;
  const [isList, raw] = listOf(inputs, 'inputs', 'vhp');
  const { ins, outs, vector, jac } = enableGrad(() => {
    const ins = prepare(raw, createGraph, true);
    const vector = vectorFor(v, ins, isList, createGraph, 'vhp');
    const outs = scalarOutput(func(...ins), 'vhp', strict);
    const jac = gradOf(outs, ins, null, { createGraph: true });
    checkNeeded(jac, 'jacobian', strict);
    return { ins, outs, vector, jac };
  });
  const product = setGradEnabled(createGraph || native.isGradEnabled(), () =>
    fillZeros(gradOf(jac, ins, vector, { createGraph }), ins, given, 'doubleBack'),
  );
  return [detachResults(outs, createGraph, false) as Tensor, detachResults(product, createGraph, isList)];
}

const HVP = productSignature('hvp');

/** The output, and the product of the Hessian of `func` at `inputs` with `v`; {@link vhp} is faster. */
export function hvp(...args: Product): [output: Tensor, product: Tensors] {
  const [func, inputs, given] = HVP.bind(args);
  const { v, createGraph, strict } = given;
  const [isList, raw] = listOf(inputs, 'inputs', 'hvp');
  const { ins, outs, vector, gradJac, twice } = enableGrad(() => {
    const ins = prepare(raw, createGraph, true);
    const vector = vectorFor(v, ins, isList, createGraph, 'hvp');
    const outs = scalarOutput(func(...ins), 'hvp', strict);
    const jac = gradOf(outs, ins, null, { createGraph: true });
    checkNeeded(jac, 'jacobian', strict);
    const gradJac = zerosThatNeedGrad(ins);
    const twice = gradOf(jac, ins, gradJac, { createGraph: true });
    checkNeeded(jac, 'hessian', strict);
    return { ins, outs, vector, gradJac, twice };
  });
  const product = setGradEnabled(createGraph || native.isGradEnabled(), () =>
    fillZeros(gradOf(twice, gradJac, vector, { createGraph }), ins, given, 'doubleBackTrick'),
  );
  return [detachResults(outs, createGraph, false) as Tensor, detachResults(product, createGraph, isList)];
}
