import * as aten from '../tensor/aten';
import { grad as autogradGrad } from '../autograd/backward';
import { disableSavedTensorsHooks } from '../autograd/graph';
import { enableGrad, inferenceMode, noGrad } from '../autograd/mode';
import { wrap } from '../native/dispatch';
import { TorchError, valueError, checkFunction } from '../core/errors';
import { callable } from '../core/kinds';
import { isPlainObject } from '../core/realm';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { atLevel, Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import * as tree from './tree';

type Func = (...args: never[]) => unknown;
/** Which arguments are differentiated. */
export type Argnums = number | readonly number[];

/** Options of `torch.func.grad` and `gradAndValue`. */
export interface GradOptions {
  /** Which arguments are differentiated. Default: 0, the first. */
  argnums?: Argnums;
  /** Whether the function returns `[output, aux]`, `aux` not differentiated. Default: `false`. */
  hasAux?: boolean;
}

const GRAD_DEFAULTS: Required<GradOptions> = { argnums: 0, hasAux: false };
const gradSignature = (name: string) => signature(name, [callable<Func>()('func')], GRAD_DEFAULTS);
const GRAD = gradSignature('grad');
const GRAD_AND_VALUE = gradSignature('gradAndValue');

const noHooks =
  "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. " +
  'Please open an issue with your use case.';

export function wrapAll(value: unknown, level: number): unknown {
  return tree.map(value, (leaf) => (leaf instanceof Tensor ? wrap(native.wrapForGrad(leaf, level)) : leaf));
}

export function unwrapAll(value: unknown, level: number): unknown {
  return tree.map(value, (leaf) => {
    if (leaf instanceof Tensor) return wrap(native.unwrapForGrad(leaf, level));
    throw new TorchError(`Expected tensors, got unsupported type ${typeof leaf}`);
  });
}

function needGradients(value: unknown): void {
  for (const leaf of tree.flatten(value).leaves) {
    if (!(leaf instanceof Tensor)) {
      throw valueError(`Thing passed to transform API must be Tensor, got ${typeof leaf}`);
    }
    within('requiresGrad_', Scope.inplaceRequiresGrad, () => void leaf.requiresGrad_(), true);
  }
}

/** The gradients of the outputs that have one; zeros for inputs that nothing depends on. */
export function gradients(
  outputs: Tensor[],
  inputs: Tensor[],
  gradOutputs: (Tensor | null)[] | null,
  options: { retainGraph: boolean; createGraph: boolean },
): Tensor[] {
  const used = outputs.map((output, i) => ({ output, i })).filter(({ output }) => output.requiresGrad);
  if (used.length === 0) return inputs.map((input) => aten.zerosLike(input));
  const found = autogradGrad(
    used.map(({ output }) => output),
    inputs,
    { ...options, gradOutputs: gradOutputs && used.map(({ i }) => gradOutputs[i]), allowUnused: true },
  );
  return found.map((gradient, i) => gradient ?? aten.zerosLike(inputs[i]));
}

function argnum(index: number, count: number): number {
  if (!Number.isInteger(index)) throw new TorchError(`argnum must be int, got: ${typeof index}`);
  if (index >= -count && index < count) return index < 0 ? index + count : index;
  throw new TorchError(`Got argnum=${index}, but only ${count} positional inputs`);
}

/** The arguments that `argnums` names; a single one by itself, unless `asList`. */
export function sliceArgs(args: readonly unknown[], argnums: Argnums, asList = true): unknown {
  if (typeof argnums === 'number') {
    const one = args[argnum(argnums, args.length)];
    return asList ? [one] : one;
  }
  if (!Array.isArray(argnums)) {
    throw new TorchError(`argnums must be int or Tuple[int, ...], got: ${typeof argnums}`);
  }
  if (argnums.length === 0) throw new TorchError('argnums must be non-empty');
  const indices = (argnums as number[]).map((index) => argnum(index, args.length));
  if (new Set(indices).size !== indices.length) {
    throw new TorchError(`argnums elements must be unique, got (${(argnums as number[]).join(', ')})`);
  }
  return indices.map((index) => args[index]);
}

/** `args` with those that `argnums` names replaced. */
export function replaceArgs(args: readonly unknown[], replaced: unknown[], argnums: Argnums): unknown[] {
  const indices = typeof argnums === 'number' ? [argnums] : argnums;
  const result = [...args];
  indices.forEach((index, i) => (result[argnum(index, args.length)] = replaced[i]));
  return result;
}

export function outputAndAux(result: unknown, hasAux: boolean, what: string): [unknown, unknown] {
  if (!hasAux) return [result, undefined];
  if (Array.isArray(result) && result.length === 2) return result as [unknown, unknown];
  throw new TorchError(`${what}: output of function f should be a tuple: (output, aux) if has_aux is True`);
}

/** At least one leaf, and tensors only. */
export function tensorLeaves(value: unknown, what: string): Tensor[] {
  const { leaves } = tree.flatten(value);
  if (leaves.length === 0) {
    throw new TorchError(`${what}: Expected f to be a function that has non-empty output (got output = [])`);
  }
  const wrong = leaves.findIndex((leaf) => !(leaf instanceof Tensor)); // which may be undefined itself
  if (wrong >= 0) {
    throw new TorchError(
      `${what}: expected f(*primals) to return only tensors, got unsupported type ${typeof leaves[wrong]}`,
    );
  }
  return leaves as Tensor[];
}

interface GradAndValue {
  gradient: unknown;
  value: unknown;
  aux: unknown;
}

function compute(func: Func, args: unknown[], { argnums, hasAux }: Required<GradOptions>): GradAndValue {
  const what = 'grad_and_value(f)(*args)';
  return disableSavedTensorsHooks(noHooks, () =>
    atLevel(Scope.gradLevel, (level) =>
      enableGrad(() => {
        const wrapped = wrapAll(args, level) as never[];
        const inputs = sliceArgs(wrapped, argnums, false);
        needGradients(inputs);
        const [output, aux] = outputAndAux(func(...wrapped), hasAux, what);
        if (!(output instanceof Tensor)) {
          throw new TorchError(`${what}: Expected f(*args) to return a Tensor, got ${typeof output}`);
        }
        if (output.dim() !== 0) {
          throw new TorchError(
            `${what}: Expected f(*args) to return a scalar Tensor, got tensor with ${output.dim()} dims. ` +
              'Maybe you wanted to use the vjp or jacrev APIs instead?',
          );
        }
        const { leaves, spec } = tree.flatten(inputs);
        const found = gradients([output], leaves as Tensor[], null, {
          retainGraph: false,
          createGraph: true,
        });
        return {
          gradient: unwrapAll(tree.unflatten(found, spec), level),
          value: unwrapAll(output, level),
          aux: hasAux ? unwrapAll(aux, level) : undefined,
        };
      }),
    ),
  );
}

/**
 * The gradient function of `func`, which must return a scalar Tensor (`torch.func.grad`). May be
 * nested, and mapped over with {@link vmap} for per-sample gradients.
 *
 * @example
 * const cosine = torch.func.grad((x: Tensor) => x.sin());
 * const minusSine = torch.func.grad(cosine);
 */
export function grad<Args extends unknown[]>(
  func: (...args: Args) => unknown,
  options?: number | (GradOptions & { argnums?: number; hasAux?: false }),
): (...args: Args) => Tensor;
export function grad<Args extends unknown[], Out = unknown>(
  ...given: Call<typeof GRAD, [func: (...args: Args) => unknown], [argnums: Argnums, hasAux: boolean]>
): (...args: Args) => Out;
export function grad(...given: unknown[]): (...args: never[]) => unknown {
  const [func, options] = GRAD.bind(given);
  return (...args) => {
    const { gradient, aux } = compute(func, args, options);
    return options.hasAux ? [gradient, aux] : gradient;
  };
}

/** Gives `[gradient, value]`, or `[gradient, [value, aux]]` (`torch.func.grad_and_value`). */
export function gradAndValue<Args extends unknown[], Out = [Tensor, Tensor]>(
  ...given: Call<
    typeof GRAD_AND_VALUE,
    [func: (...args: Args) => unknown],
    [argnums: Argnums, hasAux: boolean]
  >
): (...args: Args) => Out {
  const [func, options] = GRAD_AND_VALUE.bind(given);
  return (...args) => {
    const { gradient, value, aux } = compute(func, args, options);
    return [gradient, options.hasAux ? [value, aux] : value] as Out;
  };
}

/** Multiplies cotangents, nested as the outputs are, with the Jacobian. */
export type VjpFunction<Out = unknown> = (
  cotangents: unknown,
  options?: { retainGraph?: boolean; createGraph?: boolean | null },
) => Out;
const PULL = { retainGraph: true, createGraph: null as boolean | null };

export function vjpOf(
  func: Func,
  primals: unknown[],
  argnums: Argnums | null,
  hasAux: boolean,
): { output: unknown; pull: VjpFunction; aux: unknown } {
  checkFunction('vjp', 'func', func);
  const what = 'vjp(f, *primals)';
  return disableSavedTensorsHooks(noHooks, () =>
    atLevel(Scope.gradLevel, (level) =>
      enableGrad(() => {
        const wrapped = wrapAll(primals, level) as never[];
        const inputs = argnums === null ? wrapped : sliceArgs(wrapped, argnums, false);
        needGradients(inputs);
        const [result, aux] = outputAndAux(func(...wrapped), hasAux, what);
        const outputs = tensorLeaves(result, what);
        for (const output of outputs) {
          if (output.isFloatingPoint() || output.isComplex()) continue;
          throw new TorchError(
            'vjp(f, ...): All outputs of f must be floating-point or complex Tensors, ' +
              `got Tensor with dtype ${output.dtype}`,
          );
        }
        return {
          output: unwrapAll(result, level),
          pull: pullBack(outputs, tree.flatten(result).spec, inputs),
          aux: hasAux ? unwrapAll(aux, level) : undefined,
        };
      }),
    ),
  );
}

function pullBack(outputs: Tensor[], outputSpec: tree.TreeSpec, inputs: unknown): VjpFunction {
  const { leaves, spec } = tree.flatten(inputs);
  return (cotangents, options) => {
    const [{ retainGraph, ...more }] = signature('vjp', [], PULL, []).bind([options]);
    const given = tree.flatten(cotangents);
    if (!tree.sameSpec(given.spec, outputSpec)) {
      throw new TorchError(
        'Expected pytree structure of cotangents to be the same as pytree structure of outputs to the ' +
          `function. cotangents: ${tree.specText(given.spec)}, primal output: ${tree.specText(outputSpec)}`,
      );
    }
    const createGraph = more.createGraph ?? native.isGradEnabled();
    const pull = () =>
      gradients(outputs, leaves as Tensor[], given.leaves as Tensor[], { retainGraph, createGraph });
    // Called after the level, where inference mode may be on again.
    const found = native.isInferenceMode() ? inferenceMode(() => noGrad(pull), false) : pull();
    return tree.unflatten(found, spec);
  };
}

/**
 * The output at `primals`, and the function that multiplies cotangents with the Jacobian there; with
 * a trailing `{ hasAux: true }` also `aux` (`torch.func.vjp`). The gradients come as a list, one for
 * each primal.
 */
export function vjp(
  func: (...args: never[]) => unknown,
  ...primals: unknown[]
): [tree.Tree, VjpFunction<tree.Tree>, tree.Tree?] {
  const last = primals.at(-1);
  const named = isPlainObject(last) && Object.keys(last).join() === 'hasAux';
  const hasAux = named && last.hasAux === true;
  const { output, pull, aux } = vjpOf(func, named ? primals.slice(0, -1) : primals, null, hasAux);
  return hasAux ? [output, pull, aux] : [output, pull];
}
