// What the functions of `torch.autograd.functional` share: their arguments, the gradients, and strict mode's errors.
import * as aten from '../../tensor/aten';
import { TorchError, TorchTypeError } from '../../core/errors';
import { sizeText } from '../../core/size_text';
import { Tensor } from '../../tensor';
import { grad, type GradOptions } from '../backward';

/** A Tensor, or a list where the function takes or returns several. */
export type Tensors = Tensor | readonly Tensor[];
/** A function of tensors. */
export type TensorFunction = (...inputs: Tensor[]) => Tensors;
export type Found = (Tensor | null)[];

/** Options of `vjp`, `jvp`, `vhp` and `hvp`. */
export interface ProductOptions {
  /** Whether the result can be differentiated itself. Default: `false`. */
  createGraph?: boolean;
  /** Whether an output that depends on no input, or the other way, is an error. Default: `false`. */
  strict?: boolean;
}

export function listOf(value: unknown, name: string, fn: string): [isList: boolean, tensors: Tensor[]] {
  const isList = Array.isArray(value);
  const tensors: unknown[] = isList ? value : [value];
  const wrong = tensors.findIndex((one) => !(one instanceof Tensor));
  if (wrong < 0) return [isList, tensors as Tensor[]];
  const must = `The ${name} given to ${fn} must be either a Tensor or a tuple of Tensors but the`;
  throw new TorchTypeError(
    isList
      ? `${must} value at index ${wrong} has type ${typeof tensors[wrong]}.`
      : `${must} given ${name} has type ${typeof value}.`,
  );
}

export const outputsOf = (value: unknown, fn: string) =>
  listOf(value, 'outputs of the user-provided function', fn);

export function prepare(tensors: Tensor[], createGraph: boolean, needGraph: boolean): Tensor[] {
  return tensors.map((tensor) => {
    if (!createGraph || !tensor.requiresGrad) return tensor.detach().requiresGrad_(needGraph);
    return tensor.isSparse ? tensor.clone() : tensor.viewAs(tensor);
  });
}

export function detachResults(tensors: Tensor[], createGraph: boolean, isList: boolean): Tensors {
  const done = createGraph ? tensors : tensors.map((tensor) => tensor.detach());
  return isList ? done : done[0];
}

export function checkVector(v: Tensor[], like: Tensor[], isList: boolean): void {
  if (like.length !== v.length) {
    throw new TorchError(
      isList
        ? `v is a tuple of invalid length: should be ${like.length} but got ${v.length}.`
        : 'The given v should contain a single Tensor.',
    );
  }
  v.forEach((one, i) => {
    if (sizeText(one.shape) === sizeText(like[i].shape)) return;
    const where = isList ? `Entry ${i} in ` : '';
    throw new TorchError(
      `${where}v has invalid size: should be ${sizeText(like[i].shape)} but got ${sizeText(one.shape)}.`,
    );
  });
}

export const notAllowed = 'This is not allowed in strict mode';
type Kind = 'outputs' | 'gradInputs' | 'jacobian' | 'hessian';
const needed: Record<Kind, (i: number) => string> = {
  outputs: (i) =>
    `Output ${i} of the user-provided function does not require gradients. The outputs must be computed in a ` +
    'differentiable manner from the input when running in strict mode.',
  gradInputs: (i) =>
    `The gradient with respect to input ${i} is independent of the inputs of the user-provided function. ` +
    `${notAllowed}.`,
  jacobian: (i) =>
    'While computing the hessian, found that the jacobian of the user-provided function with respect to input ' +
    `${i} is independent of the input. ${notAllowed}. You should ensure that your function is twice ` +
    'differentiable and that the jacobian depends on the inputs (this would be violated by a linear function ' +
    'for example).',
  hessian: (i) =>
    `The hessian of the user-provided function with respect to input ${i} is independent of the input. ` +
    `${notAllowed}. You should ensure that your function is thrice differentiable and that the hessian depends ` +
    'on the inputs.',
};

export function checkNeeded(tensors: Found, kind: Kind, strict: boolean): void {
  if (!strict) return;
  tensors.forEach((tensor, i) => {
    if (tensor === null) {
      throw new TorchError(
        `The output of the user-provided function is independent of input ${i}. ${notAllowed}.`,
      );
    }
    if (!tensor.requiresGrad) throw new TorchError(needed[kind](i));
  });
}

// Gradients of those outputs that have one.
export function gradOf(
  outputs: Found,
  inputs: Tensor[],
  gradOutputs: Tensor[] | null,
  options: GradOptions,
): Found {
  const used = outputs.flatMap((output, i) => (output?.requiresGrad ? [[output, i] as const] : []));
  if (used.length === 0) return inputs.map(() => null);
  return grad(
    used.map(([output]) => output),
    inputs,
    { ...options, allowUnused: true, gradOutputs: gradOutputs && used.map(([, i]) => gradOutputs[i]) },
  );
}

type Stage = 'back' | 'backTrick' | 'doubleBack' | 'doubleBackTrick';
const independent: Record<Stage, (i: number) => string> = {
  back: (i) => `The output of the user-provided function is independent of input ${i}. ${notAllowed}.`,
  backTrick: (i) =>
    `The gradient with respect to the input is independent of entry ${i} in the grad_outputs when using the ` +
    `double backward trick to compute forward mode gradients. ${notAllowed}.`,
  doubleBack: (i) =>
    `The jacobian of the user-provided function is independent of input ${i}. ${notAllowed}.`,
  doubleBackTrick: (i) =>
    `The hessian of the user-provided function is independent of entry ${i} in the grad_jacobian. ${notAllowed} ` +
    'as it prevents from using the double backward trick to replace forward mode AD.',
};

export function fillZeros(
  found: Found,
  like: Tensor[],
  options: Required<ProductOptions>,
  stage: Stage,
): Tensor[] {
  const { strict, createGraph } = options;
  return found.map((one, i) => {
    if (one === null && strict) throw new TorchError(independent[stage](i));
    if (one !== null && strict && createGraph && !one.requiresGrad) {
      const name = stage.startsWith('double') ? 'hessian' : 'jacobian';
      throw new TorchError(
        `The ${name} of the user-provided function is independent of input ${i}. ${notAllowed} ` +
          'when create_graph=True.',
      );
    }
    return one ?? aten.zerosLike(like[i]);
  });
}

export function scalarOutput(value: unknown, fn: string, strict: boolean): Tensor[] {
  const [isList, outs] = outputsOf(value, fn);
  checkNeeded(outs, 'outputs', strict);
  if (isList) throw new TorchError(`The function given to ${fn} should return a single Tensor`);
  if (outs[0].numel() !== 1) {
    throw new TorchError(
      `The Tensor returned by the function given to ${fn} should contain a single element`,
    );
  }
  return outs;
}
