// How full backward hooks see the gradients of a module: its inputs and its outputs pass through a
// function of the graph that does nothing but call them.
import * as aten from '../../tensor/aten';
import { Function as AutogradFunction, isGradEnabled, type FunctionContext } from '../../autograd';
import { TorchError } from '../../core/errors';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import type { BackwardHook, BackwardPreHook } from './hooks';
import type { ModuleBase } from './base';

type Gradients = (Tensor | null)[];
type OnBackward = (gradients: Gradients) => Gradients;

class BackwardHookFunction extends AutogradFunction {
  static override forward(ctx: FunctionContext, onBackward: OnBackward, ...tensors: Tensor[]): Tensor[] {
    ctx.setMaterializeGrads(false);
    ctx.markNonDifferentiable(...tensors.filter((tensor) => !tensor.requiresGrad));
    ctx.onBackward = onBackward;
    return tensors;
  }

  static override backward(ctx: FunctionContext, ...gradients: Tensor[]): Gradients {
    const onBackward = ctx.onBackward as OnBackward;
    return [null, ...onBackward(gradients)];
  }
}

// Where the tensors are among the values, or null when no gradient will pass.
function tensorPositions(values: readonly unknown[]): number[] | null {
  const positions = values.flatMap((value, i) => (value instanceof Tensor ? [i] : []));
  const needed = positions.some((i) => (values[i] as Tensor).requiresGrad);
  return needed && isGradEnabled() ? positions : null;
}

function passThrough(values: unknown[], positions: number[], onBackward: OnBackward): unknown[] {
  const tensors = positions.map((i) => values[i] as Tensor);
  const passed = BackwardHookFunction.apply(onBackward, ...tensors);
  const result = [...values];
  positions.forEach((position, i) => (result[position] = passed[i]));
  return result;
}

// As many gradients as values, null for those that are no tensors.
function spread(gradients: Gradients, positions: number[], length: number): Gradients {
  const all = new Array<Tensor | null>(length).fill(null);
  positions.forEach((position, i) => (all[position] = gradients[i] ?? null));
  return all;
}

function replaced(returned: unknown, current: Gradients, hook: string, kind: string): Gradients {
  if (returned == null) return current;
  const list = (Array.isArray(returned) ? returned : [returned]) as Gradients;
  if (list.length === current.length) return list;
  throw new TorchError(
    `${hook} returned an invalid number of ${kind}, got ${list.length}, but expected ${current.length}`,
  );
}

/** The backward hooks of one call of a module. */
export class BackwardHooks {
  #inputs: number[] | null = null;
  #inputCount = 0;
  // Set while the gradient is inside the module.
  #gradOutput: Gradients | null = null;

  constructor(
    private readonly module: ModuleBase,
    private readonly hooks: readonly BackwardHook[],
    private readonly preHooks: readonly BackwardPreHook[],
  ) {}

  wrapInputs(args: unknown[]): unknown[] {
    this.#inputCount = args.length;
    this.#inputs = tensorPositions(args);
    if (this.#inputs === null) return args;
    const zeros = this.#inputs.map((i) => {
      const { shape, dtype, device } = args[i] as Tensor;
      return () => aten.zeros(shape, { dtype, device });
    });
    return passThrough(args, this.#inputs, (gradients) =>
      this.#leave(gradients.map((gradient, i) => gradient ?? zeros[i]())),
    );
  }

  wrapOutputs(result: unknown): unknown {
    const outputs: unknown[] = Array.isArray(result) ? result : [result];
    const positions = tensorPositions(outputs);
    if (positions === null) return result;
    const passed = passThrough(outputs, positions, (gradients) => {
      const entered = this.#enter(spread(gradients, positions, outputs.length));
      return positions.map((i) => entered[i]);
    });
    return Array.isArray(result) ? passed : passed[0];
  }

  #enter(gradients: Gradients): Gradients {
    let gradOutput = gradients;
    for (const hook of this.preHooks) {
      gradOutput = replaced(hook(this.module, gradOutput), gradOutput, 'Backward pre hook', 'grad_output');
    }
    this.#gradOutput = gradOutput;
    if (this.#inputs === null) this.#withoutInputs(gradOutput);
    return gradOutput;
  }

  // No input needs a gradient, so the hooks run now: nothing will pass the inputs.
  #withoutInputs(gradOutput: Gradients): void {
    warn(
      'Full backward hook is firing when gradients are computed with respect to module outputs since no ' +
        'inputs require gradients.',
    );
    const gradInput = new Array<null>(this.#inputCount).fill(null);
    for (const hook of this.hooks) {
      const returned = hook(this.module, gradInput, gradOutput);
      if (returned != null && !(Array.isArray(returned) && returned.every((gradient) => gradient === null))) {
        throw new TorchError(
          'Backward hook for Modules where no input requires gradient should always return None or None ' +
            'for all gradients.',
        );
      }
    }
    this.#gradOutput = null;
  }

  #leave(gradients: Gradients): Gradients {
    // Not set when a gradient reaches the inputs past the outputs, as in a double backward.
    const gradOutput = this.#gradOutput;
    if (gradOutput === null || this.#inputs === null) return gradients;
    let gradInput = spread(gradients, this.#inputs, this.#inputCount);
    for (const hook of this.hooks) {
      const returned = hook(this.module, gradInput, gradOutput);
      gradInput = replaced(returned, gradInput, 'Backward hook', 'grad_input');
    }
    this.#gradOutput = null;
    return this.#inputs.map((i) => gradInput[i]);
  }
}
