/** `torch.autograd.functional`: products with Jacobians and Hessians, and these themselves. */
import * as aten from '../tensor/aten';
import { TorchError, TorchTypeError } from '../core/errors';
import { sizeText } from '../core/size_text';
import { jvp as jvpOf } from '../func/jacobian';
import { vmap } from '../func/vmap';
import { native } from '../native';
import { Tensor } from '../tensor';
import { grad, type GradOptions } from './backward';
import { enableGrad, setGradEnabled } from './mode';

/** A Tensor, or a list where the function takes or returns several. */
export type Tensors = Tensor | readonly Tensor[];
/** A function of tensors. */
export type TensorFunction = (...inputs: Tensor[]) => Tensors;
type Found = (Tensor | null)[];

export interface ProductOptions {
  /** Whether the result can be differentiated itself. Default: `false`. */
  createGraph?: boolean;
  /** Whether an output that depends on no input, or the other way, is an error. Default: `false`. */
  strict?: boolean;
}

export interface JacobianOptions extends ProductOptions {
  /** Whether to compute all rows at once, with vmap. Default: `false`. */
  vectorize?: boolean;
  /** `'forward-mode'` needs `vectorize`. Default: `'reverse-mode'`. */
  strategy?: 'reverse-mode' | 'forward-mode';
}

export interface HessianOptions extends ProductOptions {
  vectorize?: boolean;
  outerJacobianStrategy?: 'reverse-mode' | 'forward-mode';
}

function listOf(value: unknown, name: string, fn: string): [isList: boolean, tensors: Tensor[]] {
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

const outputsOf = (value: unknown, fn: string) => listOf(value, 'outputs of the user-provided function', fn);

function prepare(tensors: Tensor[], createGraph: boolean, needGraph: boolean): Tensor[] {
  return tensors.map((tensor) => {
    if (!createGraph || !tensor.requiresGrad) return tensor.detach().requiresGrad_(needGraph);
    return tensor.isSparse ? tensor.clone() : tensor.viewAs(tensor);
  });
}

function finish(tensors: Tensor[], createGraph: boolean, isList: boolean): Tensors {
  const done = createGraph ? tensors : tensors.map((tensor) => tensor.detach());
  return isList ? done : done[0];
}

function checkVector(v: Tensor[], like: Tensor[], isList: boolean): void {
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

const notAllowed = 'This is not allowed in strict mode';
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

function checkNeeded(tensors: Found, kind: Kind, strict: boolean): void {
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
function gradOf(outputs: Found, inputs: Tensor[], gradOutputs: Tensor[] | null, options: GradOptions): Found {
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

function fillZeros(found: Found, like: Tensor[], options: Required<ProductOptions>, stage: Stage): Tensor[] {
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

const defaults = (options: ProductOptions): Required<ProductOptions> => ({
  createGraph: options.createGraph ?? false,
  strict: options.strict ?? false,
});

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

/** The outputs, and the product of `v` with the Jacobian of `func` at `inputs`. */
export function vjp(
  func: TensorFunction,
  inputs: Tensors,
  v?: Tensors | null,
  options: ProductOptions = {},
): [outputs: Tensors, product: Tensors] {
  const given = defaults(options);
  const { createGraph, strict } = given;
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
  return [finish(outs, createGraph, outIsList), finish(product, createGraph, isList)];
}

/** The outputs, and the product of the Jacobian of `func` at `inputs` with `v`, by two backward passes. */
export function jvp(
  func: TensorFunction,
  inputs: Tensors,
  v?: Tensors | null,
  options: ProductOptions = {},
): [outputs: Tensors, product: Tensors] {
  const given = defaults(options);
  const { createGraph, strict } = given;
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
  return [finish(outs, createGraph, outIsList), finish(product, createGraph, outIsList)];
}

function scalarOutput(value: unknown, fn: string, strict: boolean): Tensor[] {
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

/** The output, and the product of `v` with the Hessian of the scalar function `func` at `inputs`. */
export function vhp(
  func: TensorFunction,
  inputs: Tensors,
  v?: Tensors | null,
  options: ProductOptions = {},
): [output: Tensor, product: Tensors] {
  const given = defaults(options);
  const { createGraph, strict } = given;
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
  return [finish(outs, createGraph, false) as Tensor, finish(product, createGraph, isList)];
}

/** The output, and the product of the Hessian of `func` at `inputs` with `v`; {@link vhp} is faster. */
export function hvp(
  func: TensorFunction,
  inputs: Tensors,
  v?: Tensors | null,
  options: ProductOptions = {},
): [output: Tensor, product: Tensors] {
  const given = defaults(options);
  const { createGraph, strict } = given;
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
  return [finish(outs, createGraph, false) as Tensor, finish(product, createGraph, isList)];
}

// Rows of the identity, cut to the sizes of `tensors`.
function basis(tensors: Tensor[]): Tensor[] {
  const sizes = tensors.map((tensor) => tensor.numel());
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  return tensors.map((tensor, i) => {
    const rows = tensor.newZeros([total, sizes[i]]);
    rows.diagonal(-before).fill_(1);
    before += sizes[i];
    return rows;
  });
}

const split = (rows: Tensor, like: Tensor[], dim = 0): Tensor[] =>
  aten.split(
    rows,
    like.map((tensor) => tensor.numel()),
    dim,
  ) as Tensor[];

function forwardJacobian(func: TensorFunction, inputs: Tensor[]): { rows: Tensor[][]; outIsList: boolean } {
  let shapes: (readonly number[])[] = [];
  let outIsList = false;
  const outputs = (...duals: Tensor[]): Tensor[] => {
    const [isList, outs] = listOf(func(...duals), 'outputs', 'jacobian');
    outIsList = isList;
    shapes = outs.map((out) => out.shape);
    return outs;
  };
  const columns = vmap((...tangents: Tensor[]) => {
    const shaped = tangents.map((tangent, i) => tangent.viewAs(inputs[i]));
    return jvpOf(outputs, inputs, shaped)[1] as Tensor[];
  })(...basis(inputs));
  const rows = columns.map((column, o) =>
    split(column, inputs).map((part, i) => part.movedim(0, -1).reshape([...shapes[o], ...inputs[i].shape])),
  );
  return { rows, outIsList };
}

function batchedJacobian(outs: Tensor[], ins: Tensor[], createGraph: boolean): Tensor[][] {
  const flat = outs.map((out) => out.reshape([-1]));
  const gradOutputs = basis(outs);
  const total = outs.reduce((sum, out) => sum + out.numel(), 0);
  const used = new Set<number>();
  const found = vmap((...rows: Tensor[]) =>
    gradOf(flat, ins, rows, { createGraph, retainGraph: true }).map((one, i) => {
      if (one) used.add(i);
      return one ?? aten.zerosLike(ins[i]);
    }),
  )(...gradOutputs);
  const stacked = found.map((one, i) =>
    used.has(i) ? one : aten.zerosLike(ins[i]).expand([total, ...ins[i].shape]),
  );
  const byInput = stacked.map((one, i) =>
    split(one, outs).map((part, o) => part.view([...outs[o].shape, ...ins[i].shape])),
  );
  return outs.map((_, o) => byInput.map((parts) => parts[o]));
}

function rowByRow(outs: Tensor[], ins: Tensor[], options: Required<ProductOptions>): Tensor[][] {
  const { strict, createGraph } = options;
  return outs.map((out, o) => {
    const flat = out.reshape([-1]);
    const columns: Tensor[][] = ins.map(() => []);
    for (let row = 0; row < out.numel(); row++) {
      const found = gradOf([flat.select(0, row)], ins, null, { retainGraph: true, createGraph });
      found.forEach((one, i) => {
        if (one && strict && createGraph && !one.requiresGrad) {
          throw new TorchError(
            `The jacobian of the user-provided function is independent of input ${o}. ${notAllowed} ` +
              'when create_graph=True.',
          );
        }
        if (!one && strict) {
          throw new TorchError(
            `Output ${o} of the user-provided function is independent of input ${i}. ${notAllowed}.`,
          );
        }
        columns[i].push(one ?? aten.zerosLike(ins[i]));
      });
    }
    return columns.map((column, i) => aten.stack(column).view([...out.shape, ...ins[i].shape]));
  });
}

/** By output, and within by input: single ones where there is no list of them. */
export type Jacobian = Tensor | Tensor[] | Tensor[][];

function unpackRows(rows: Tensor[][], outIsList: boolean, inIsList: boolean, createGraph: boolean): Jacobian {
  const done = createGraph ? rows : rows.map((row) => row.map((one) => one.detach()));
  const inner = inIsList ? done : done.map((row) => row[0]);
  return (outIsList ? inner : inner[0]) as Jacobian;
}

/** The Jacobian of `func` at `inputs`, of the shape `[...output, ...input]`. */
export function jacobian(func: TensorFunction, inputs: Tensors, options: JacobianOptions = {}): Jacobian {
  const given = defaults(options);
  const { createGraph, strict } = given;
  const { vectorize = false, strategy = 'reverse-mode' } = options;
  const name = 'torch.autograd.functional.jacobian';
  if (strategy !== 'reverse-mode' && strategy !== 'forward-mode') {
    throw new TorchError(
      'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs ' +
        'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".',
      'AssertionError',
    );
  }
  const [inIsList, raw] = listOf(inputs, 'inputs', 'jacobian');
  if (strategy === 'forward-mode') {
    refuse(
      createGraph,
      `${name}: \`create_graph=True\` and \`strategy="forward-mode"\``,
      'create_graph=False',
    );
    refuse(strict, `${name}: \`strict=True\` and \`strategy="forward-mode"\``, 'strict=False');
    if (!vectorize) {
      throw new TorchError(
        'Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`.',
        'NotImplementedError',
      );
    }
    const { rows, outIsList } = forwardJacobian(func, raw);
    return unpackRows(rows, outIsList, inIsList, true);
  }
  return enableGrad(() => {
    const ins = prepare(raw, createGraph, true);
    const [outIsList, outs] = outputsOf(func(...ins), 'jacobian');
    checkNeeded(outs, 'outputs', strict);
    if (vectorize && strict) {
      throw new TorchError(
        `${name}: \`strict=True\` and \`vectorized=True\` are not supported together. ` +
          'Please either set `strict=False` or `vectorize=False`.',
      );
    }
    const rows = vectorize ? batchedJacobian(outs, ins, createGraph) : rowByRow(outs, ins, given);
    return unpackRows(rows, outIsList, inIsList, createGraph);
  });
}

function refuse(condition: boolean, what: string, instead: string): void {
  if (!condition) return;
  throw new TorchError(
    `${what} are not supported together (yet). Please either set \`${instead}\` or \`strategy="reverse-mode"\`.`,
    'NotImplementedError',
  );
}

/** The Hessian of the scalar function `func` at `inputs`; for several inputs, a list of lists. */
export function hessian(func: TensorFunction, inputs: Tensors, options: HessianOptions = {}): Jacobian {
  const { strict = false, createGraph, vectorize, outerJacobianStrategy = 'reverse-mode' } = options;
  const [isList, raw] = listOf(inputs, 'inputs', 'hessian');
  const scalar = (...ins: Tensor[]) => scalarOutput(func(...ins), 'hessian', strict)[0].squeeze();
  const gradients = (...given: Tensor[]): Tensor[] => {
    const ins = outerJacobianStrategy === 'forward-mode' ? given.map((one) => one.requiresGrad_()) : given;
    const jac = jacobian(scalar, ins, { createGraph: true }) as Tensor[];
    checkNeeded(jac, 'jacobian', strict);
    return jac;
  };
  const rows = jacobian(gradients, raw, {
    createGraph,
    strict,
    vectorize,
    strategy: outerJacobianStrategy,
  }) as Tensor[][];
  return isList ? rows : rows[0][0];
}
