/** torch.autograd.gradcheck: analytical gradients against small differences. */
import { checkTensor } from '../native/tensor_base';
import { TorchError, valueError, argumentError } from '../core/errors';
import { callable, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { Tensor } from '../tensor';
import { grad } from './backward';

/** Options of `torch.autograd.gradcheck`. */
export interface GradcheckOptions {
  /** Half the distance of the two evaluations. Default 1e-6. */
  eps?: number;
  /** Default 1e-5. */
  atol?: number;
  /** Default 1e-3. */
  rtol?: number;
  /** Throw instead of returning false. Default true. */
  raiseException?: boolean;
}

type CheckedFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];
type Inputs = Tensor | readonly Tensor[];
const CHECK: Required<GradcheckOptions> = { eps: 1e-6, atol: 1e-5, rtol: 1e-3, raiseException: true };
const GRADCHECK = signature(
  'gradcheck',
  [callable<CheckedFunction>()('func'), value<Inputs>()('inputs')],
  CHECK,
  [],
);

// @throws TypeError for what is neither a tensor nor a list of tensors.
function listOf(argument: string, given: Inputs): readonly Tensor[] {
  const list = given instanceof Tensor ? [given] : given;
  if (!Array.isArray(list))
    throw argumentError('gradcheck', argument, 'a Tensor or an array of tensors', given);
  for (const one of list as unknown[]) checkTensor('gradcheck', argument, one);
  return list as readonly Tensor[];
}

function outputsOf(fn: CheckedFunction, inputs: readonly Tensor[]): Tensor[] {
  const list = listOf('func', fn(...inputs));
  return list.filter((output) => output.isFloatingPoint());
}

// d outputs / d input by central differences: (elements of input, elements of output).
function numerical(
  fn: CheckedFunction,
  inputs: readonly Tensor[],
  input: Tensor,
  output: number,
  eps: number,
): Tensor {
  const flat = input.data.view([-1]);
  const rows: Tensor[] = [];
  for (let i = 0; i < flat.numel(); i++) {
    const original = flat.at(i).clone();
    const evaluate = (step: number) => {
      flat.setAt([i], original.add(step));
      return outputsOf(fn, inputs)[output].detach().clone().reshape([-1]);
    };
    const above = evaluate(eps);
    const below = evaluate(-eps);
    flat.setAt([i], original);
    rows.push(above.sub(below).div(2 * eps));
  }
  return stack(rows);
}

function stack(rows: Tensor[]): Tensor {
  const first = rows[0];
  const result = first.newZeros([rows.length, first.numel()]);
  rows.forEach((row, i) => result.setAt([i], row));
  return result;
}

// The same by backward, one output element at a time.
function analytical(input: Tensor, output: Tensor): Tensor {
  const columns: Tensor[] = [];
  for (let j = 0; j < output.numel(); j++) {
    const seed = output.detach().zerosLike();
    seed.view([-1]).setAt([j], 1);
    const [gradient] = grad(output, input, { gradOutputs: seed, retainGraph: true, allowUnused: true });
    columns.push((gradient ?? input.detach().zerosLike()).reshape([-1]));
  }
  return stack(columns).t();
}

/**
 * Compares the gradients of `fn` with differences, for every input that requires grad. The inputs
 * should be float64 and must not overlap in memory. Returns true, or throws (or returns false) when
 * they differ by more than `atol + rtol * |numerical|`.
 */
export function gradcheck(...args: Call<typeof GRADCHECK, [func: CheckedFunction, inputs: Inputs]>): boolean {
  const [fn, inputs, { eps, atol, rtol, raiseException }] = GRADCHECK.bind(args);
  const list = listOf('inputs', inputs);
  const checked = list.filter((input) => input.requiresGrad);
  if (checked.length === 0) {
    throw valueError('gradcheck(): expects at least one input tensor to require gradient');
  }
  const outputs = outputsOf(fn, list);
  for (const [o, output] of outputs.entries()) {
    if (!output.requiresGrad || output.numel() === 0) continue;
    for (const [i, input] of checked.entries()) {
      if (input.numel() === 0) continue;
      const expected = numerical(fn, list, input, o, eps);
      const actual = analytical(input, output);
      if (actual.allclose(expected, rtol, atol)) continue;
      if (!raiseException) return false;
      throw new TorchError(
        `Jacobian mismatch for output ${o} with respect to input ${i},\n` +
          `numerical:${expected}\nanalytical:${actual}\n`,
        'GradcheckError',
      );
    }
  }
  return true;
}

interface GradgradcheckOptions extends GradcheckOptions {
  gradOutputs?: Inputs | null;
}
const GRADGRADCHECK = signature(
  'gradgradcheck',
  [callable<CheckedFunction>()('func'), value<Inputs>()('inputs')],
  { gradOutputs: null, ...CHECK } as Required<GradgradcheckOptions>,
  ['gradOutputs'],
);

/**
 * {@link gradcheck} of the gradients of `fn`: whether its second derivatives are right. `gradOutputs`
 * are the gradients of the outputs; random ones when they are left out.
 */
export function gradgradcheck(
  ...args: Call<typeof GRADGRADCHECK, [func: CheckedFunction, inputs: Inputs], [gradOutputs: Inputs | null]>
): boolean {
  const [fn, inputs, { gradOutputs, ...options }] = GRADGRADCHECK.bind(args);
  const list = listOf('inputs', inputs);
  const given = gradOutputs === null ? null : listOf('gradOutputs', gradOutputs);
  const seeds = given ?? outputsOf(fn, list).map((output) => output.detach().randnLike().requiresGrad_());
  const gradients: CheckedFunction = (...all) => {
    const [values, cotangents] = [all.slice(0, list.length), all.slice(list.length)];
    const checked = values.filter((value) => value.requiresGrad);
    const outputs = outputsOf(fn, values);
    const found = grad(outputs, checked, { gradOutputs: cotangents, createGraph: true, allowUnused: true });
    return found.filter((gradient): gradient is Tensor => gradient !== null);
  };
  return gradcheck(gradients, [...list, ...seeds], options);
}
