/** torch.autograd.backward and torch.autograd.grad. */
import { type OperatorFunction, wrap } from '../native/dispatch';
import { functionMode } from '../native/function_mode';
import { TorchError, TorchRangeError, argumentError, valueError } from '../core/errors';
import { value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { sizeText } from '../core/size_text';
import { native } from '../native';
import type { BackwardOptions, Tensor } from '../tensor';
import { legacyVmap } from './legacy_vmap';
import { isTensor, checkTensor } from '../native/tensor_base';

type Tensors = Tensor | readonly Tensor[];
type Gradients = Tensor | null | readonly (Tensor | null)[];

const { longestList } = native.constants;

function list<T>(value: T | readonly T[]): readonly T[] {
  if (!Array.isArray(value)) return [value as T];
  if (value.length > longestList) throw new TorchRangeError(`a list of ${value.length} tensors is too long`);
  return value as readonly T[];
}

/** Gradients for `outputs`: ones for a single element, as PyTorch makes them. */
function gradientsFor(
  fn: string,
  outputs: readonly Tensor[],
  given: Gradients | undefined,
  areBatched = false,
): readonly (Tensor | null)[] {
  const gradients = given == null ? outputs.map(() => null) : list<Tensor | null>(given as Tensor | null);
  if (gradients.length !== outputs.length) {
    throw new TorchError(`${fn}(): got ${outputs.length} tensors and ${gradients.length} gradients`);
  }
  for (const gradient of gradients) {
    if (gradient !== null && !isTensor(gradient)) {
      throw argumentError(fn, 'gradient', 'a Tensor or null', gradient);
    }
  }
  for (const output of outputs) checkTensor(fn, 'tensors', output);
  for (const [i, gradient] of gradients.entries())
    if (gradient !== null) checkGradient(gradient, outputs[i], i, areBatched);
  return gradients.every((gradient) => gradient === null) ? [] : gradients;
}

// libtorch checks these too, but in other words than Python does.
function checkGradient(gradient: Tensor, output: Tensor, i: number, isBatched: boolean): void {
  const wanted = output.shape;
  const given = isBatched ? gradient.shape.slice(1) : gradient.shape;
  if (given.length !== wanted.length || given.some((size, dim) => size !== wanted[dim])) {
    if (isBatched) {
      throw new TorchError(
        'If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. ' +
          'The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a ' +
          `mismatch was detected: grad_output[${i}] has a shape of ${sizeText(given)} and output[${i}] has a shape ` +
          `of ${sizeText(wanted)}. If you only want some tensors in \`grad_output\` to be considered batched, ` +
          'consider using vmap.',
      );
    }
    throw new TorchError(
      `Mismatch in shape: grad_output[${i}] has a shape of ${sizeText(given)} ` +
        `and output[${i}] has a shape of ${sizeText(wanted)}.`,
    );
  }
  if (gradient.isComplex() !== output.isComplex()) {
    throw new TorchError(
      `For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: ` +
        `grad_output[${i}] has a dtype of ${gradient.dtype} and output[${i}] has a dtype of ${output.dtype}.`,
    );
  }
}

type Graph = [gradients: Gradients, retainGraph: boolean | null, createGraph: boolean];

interface AllBackwardOptions extends BackwardOptions {
  gradTensors?: Gradients;
}
const BACKWARD = signature(
  'backward',
  [value<Tensors>()('tensors')],
  { gradTensors: null, retainGraph: null, createGraph: false, inputs: null } as Required<AllBackwardOptions>,
  ['gradTensors', 'retainGraph', 'createGraph'],
);

type NativeArguments = Parameters<(typeof native)['backward']>;
function nativeArguments(
  tensors: Tensors,
  { gradTensors, retainGraph, createGraph, inputs }: Required<AllBackwardOptions>,
): NativeArguments {
  const outputs = list<Tensor>(tensors as Tensor);
  if (Array.isArray(inputs) && inputs.length === 0) {
    throw new TorchError('`inputs` argument to `backward()` cannot be empty.');
  }
  const gradients = gradientsFor('backward', outputs, gradTensors);
  return [outputs, gradients, retainGraph, createGraph, list<Tensor>((inputs ?? []) as Tensor)];
}

/**
 * Accumulates the gradients of `tensors` into the `.grad` of the graph's leaves.
 *
 * An error thrown in a hook or in a custom Function's backward comes out as itself.
 */
export function backward(...args: Call<typeof BACKWARD, [tensors: Tensors], Graph>): void {
  const [tensors, options] = BACKWARD.bind(args);
  native.backward(...nativeArguments(tensors, options));
}

/**
 * {@link backward} on another thread: the event loop goes on while it computes, and while it waits for the other ranks of a
 * DistributedDataParallel. Until then the graph's tensors are not to be changed.
 *
 * @throws TorchError where the pass reaches a hook or a Function of JavaScript, which only this thread can run. Gradients
 * that it had accumulated by then stay.
 */
export function backwardAsync(...args: Call<typeof BACKWARD, [tensors: Tensors], Graph>): Promise<void> {
  const [tensors, options] = BACKWARD.bind(args);
  return native.backwardAsync(...nativeArguments(tensors, options));
}

const GRAD = signature(
  'grad',
  [value<Tensors>()('outputs'), value<Tensors>()('inputs')],
  {
    gradOutputs: null,
    retainGraph: null,
    createGraph: false,
    allowUnused: null,
    isGradsBatched: false,
    materializeGrads: false,
  } as Required<GradOptions>,
  ['gradOutputs', 'retainGraph', 'createGraph'],
);

/** Options of `torch.autograd.grad`. */
export interface GradOptions {
  /** Gradients of the outputs. Default: 1 for outputs of one element. */
  gradOutputs?: Gradients;
  /** Default: the value of `createGraph`. */
  retainGraph?: boolean | null;
  createGraph?: boolean;
  /** Whether an input that was not used may be; its gradient is null. Default: materializeGrads. */
  allowUnused?: boolean | null;
  /** Whether each of `gradOutputs` holds several along its first dimension, and the gradients, too. Default: `false`. */
  isGradsBatched?: boolean;
  /** Gives zeros instead of null for unused inputs. Default false. */
  materializeGrads?: boolean;
}

function batched(gradients: readonly (Tensor | null)[]): readonly Tensor[] {
  const sizes = gradients.map((gradient) => (gradient?.dim() ? gradient.shape[0] : null));
  if (sizes.length > 0 && sizes.every((size) => size !== null && size === sizes[0]))
    return gradients as readonly Tensor[];
  throw valueError(
    'grad(): with isGradsBatched, gradOutputs must be tensors with first dimensions of one size',
  );
}

// One for each of the inputs.
type Each<Inputs, Grad> = Inputs extends readonly unknown[]
  ? { -readonly [I in keyof Inputs]: Grad }
  : [Grad];
type NoneUnused = GradOptions & ({ allowUnused?: false | null } | { materializeGrads: true });

/**
 * The gradients of `outputs` with respect to `inputs`, one for each input. Only with `allowUnused` one may be null.
 *
 * @throws TorchError when an input was not used and `allowUnused` is not set.
 */
export function grad<const Inputs extends Tensors>(
  outputs: Tensors,
  inputs: Inputs,
  gradOutputs?: Gradients | NoneUnused,
  retainGraph?: boolean | null | NoneUnused,
  createGraph?: boolean | NoneUnused,
  options?: NoneUnused,
): Each<Inputs, Tensor>;
export function grad<const Inputs extends Tensors>(
  outputs: Tensors,
  inputs: Inputs,
  options: GradOptions,
): Each<Inputs, Tensor | null>;
export function grad(
  ...args: Call<typeof GRAD, [outputs: Tensors, inputs: Tensors], Graph>
): (Tensor | null)[];
export function grad(...args: unknown[]): unknown {
  if (functionMode.sees) return functionMode.sees('grad', grad as OperatorFunction, args);
  const [outputs, inputs, options] = GRAD.bind(args);
  const roots = list<Tensor>(outputs as Tensor);
  const leaves = list<Tensor>(inputs as Tensor);
  for (const root of roots) checkTensor('grad', 'outputs', root);
  for (const leaf of leaves) checkTensor('grad', 'inputs', leaf);
  const { retainGraph, createGraph, isGradsBatched, materializeGrads } = options;
  const allowUnused = options.allowUnused ?? materializeGrads;
  if (materializeGrads && !allowUnused) {
    throw valueError('grad(): expected allowUnused to be true or not given when materializeGrads is true');
  }
  if (leaves.some((leaf) => !leaf.requiresGrad)) {
    throw new TorchError('One of the differentiated Tensors does not require grad');
  }
  const run = (...given: (Tensor | null)[]): (Tensor | null)[] =>
    wrap(native.gradients(roots, leaves, given, retainGraph, createGraph, true)) as (Tensor | null)[];
  const given = gradientsFor('grad', roots, options.gradOutputs, isGradsBatched);
  const gradients = isGradsBatched ? legacyVmap(run, batched(given)) : run(...given);
  const unused = allowUnused ? -1 : gradients.indexOf(null);
  if (unused >= 0) {
    throw new TorchError(
      `The differentiated Tensor at index ${unused} appears to not have been used in the graph. ` +
        'Set allow_unused=True if this is the desired behavior.',
    );
  }
  return materializeGrads
    ? gradients.map((gradient, i) => gradient ?? leaves[i].detach().zerosLike().requiresGrad_(createGraph))
    : gradients;
}
