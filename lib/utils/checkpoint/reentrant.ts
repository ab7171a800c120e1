// The reentrant way: one node of the graph, whose backward runs a backward of its own.
import { backward } from '../../autograd/backward';
import { AutogradFunction, type FunctionContext } from '../../autograd/function';
import { enableGrad } from '../../autograd/mode';
import { TorchError } from '../../core/errors';
import { warn } from '../../core/warn';
import { native } from '../../native';
import { Tensor } from '../../tensor';
import {
  type AutocastState,
  type RngState,
  autocastState,
  inAutocast,
  rngStates,
  withRng,
} from './surroundings';

/** The node. Its name is Python's, CheckpointFunction. */
export class Reentrant extends AutogradFunction {
  static override get name(): string {
    return 'CheckpointFunction';
  }

  static override forward(
    ctx: FunctionContext,
    run: (...args: unknown[]) => unknown,
    preserve: boolean,
    ...args: unknown[]
  ): unknown {
    if (!args.some((arg) => arg instanceof Tensor && arg.requiresGrad)) {
      warn('None of the inputs have requires_grad=True. Gradients will be None');
    }
    ctx.run = run;
    ctx.rng = preserve ? rngStates(args) : null;
    ctx.autocast = autocastState(args);
    ctx.args = args.map((arg) => (arg instanceof Tensor ? null : arg));
    ctx.where = args.flatMap((arg, i) => (arg instanceof Tensor ? [i] : []));
    ctx.saveForBackward(...args.filter((arg): arg is Tensor => arg instanceof Tensor));
    return run(...args);
  }

  static override backward(ctx: FunctionContext, ...grads: Tensor[]): (Tensor | null)[] {
    if (!native.isCheckpointValid()) {
      throw new TorchError(
        'When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` ' +
          'parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call ' +
          '.backward() without passing the `inputs` argument.',
      );
    }
    const inputs = [...(ctx.args as unknown[])];
    const where = ctx.where as number[];
    ctx.savedTensors.forEach((tensor, i) => {
      inputs[where[i]] = tensor.detach().requiresGrad_(tensor.requiresGrad);
    });
    const run = ctx.run as (...args: unknown[]) => unknown;
    const result = withRng(ctx.rng as RngState[] | null, () =>
      enableGrad(() => inAutocast(ctx.autocast as AutocastState, () => run(...inputs))),
    );
    const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
    const used = outputs.flatMap((output, i) =>
      output instanceof Tensor && output.requiresGrad ? [[output, grads[i]] as const] : [],
    );
    if (used.length === 0) {
      throw new TorchError('none of output has requires_grad=True, this checkpoint() is not necessary');
    }
    backward(
      used.map(([output]) => output),
      used.map(([, grad]) => grad),
    );
    return [null, null, ...inputs.map((input) => (input instanceof Tensor ? input.grad : null))];
  }
}
