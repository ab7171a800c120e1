// The chunked operation of F.linearCrossEntropy, with backward functions of its own.
import * as aten from '../../tensor/aten';
import { AutogradFunction, type FunctionContext, type VmapInfo } from '../../autograd/function';
import { TorchError } from '../../core/errors';
import { keep } from '../../tensor/memory';
import type { Tensor } from '../../tensor';
import type { ChunkedProblem, Wanted } from './linear_cross_entropy_chunks';
import { chunkedLoss, chunkedLosses, type Gradients } from './linear_cross_entropy_sums';

export type FunctionArguments = [
  input: Tensor,
  linearWeight: Tensor,
  target: Tensor,
  linearBias: Tensor | null,
  weight: Tensor | null,
  rest: Pick<ChunkedProblem, 'reduction' | 'ignoreIndex' | 'settings'>,
  wanted: Wanted,
];
const problemOf = ([
  input,
  linearWeight,
  target,
  linearBias,
  weight,
  rest,
]: FunctionArguments): ChunkedProblem => ({
  input,
  linearWeight,
  target,
  linearBias,
  weight,
  ...rest,
});
const listed = ({ input, linearWeight, linearBias }: Gradients): (Tensor | null)[] => [
  input,
  linearWeight,
  null,
  linearBias,
  null,
  null,
  null,
];
type LossAndGradients = [loss: Tensor, ...(Tensor | null)[]];

/** Under vmap one sample after the other, as in Python. */
function eachSample<Out>(
  { batchSize }: VmapInfo,
  inDims: (number | null)[],
  args: readonly unknown[],
  run: (...args: FunctionArguments) => Out,
): Out[] {
  const moved = args.map((arg, i) =>
    typeof inDims[i] === 'number' ? (arg as Tensor).movedim(inDims[i], 0) : arg,
  );
  const sampleAt = (n: number) =>
    moved.map((arg, i) => (typeof inDims[i] === 'number' ? (arg as Tensor).select(0, n) : arg));
  return Array.from({ length: batchSize }, (_, n) => run(...(sampleAt(n) as FunctionArguments)));
}

// The sum or the mean: the gradients are computed together with the loss, and are outputs, so that transforms see them.
export class ChunkedLoss extends AutogradFunction {
  static override forward(...args: FunctionArguments): LossAndGradients {
    const { loss, gradients } = chunkedLoss(problemOf(args), args[6]);
    return [loss, gradients.input, gradients.linearWeight, gradients.linearBias];
  }

  static override setupContext(
    ctx: FunctionContext,
    args: FunctionArguments,
    output: LossAndGradients,
  ): void {
    const [input, linearWeight, linearBias] = output.slice(1);
    const outputs = [input, linearWeight, linearBias].filter((gradient) => gradient !== null);
    ctx.markNonDifferentiable(...outputs);
    ctx.setMaterializeGrads(false);
    for (const gradient of outputs) keep(gradient);
    ctx.gradients = { input, linearWeight, linearBias };
    ctx.again = args[5].settings.allowRetainGraph;
  }

  static override backward(ctx: FunctionContext, gradOutput: Tensor): (Tensor | null)[] {
    const gradients = ctx.gradients as Gradients | null;
    if (gradients === null) {
      throw new TorchError(
        'linear_cross_entropy chunked backward called twice; retain_graph=True / double backward are not ' +
          'supported.',
      );
    }
    if (ctx.again) return listed(gradients).map((gradient) => gradient && aten.mul(gradient, gradOutput));
    ctx.gradients = null;
    return listed(gradients).map((gradient) => gradient && aten.mul_(gradient, gradOutput));
  }

  static override vmap(
    info: VmapInfo,
    inDims: (number | null)[],
    ...args: FunctionArguments
  ): [output: (Tensor | null)[], outDims: (number | null)[]] {
    const outputs = eachSample(info, inDims, args, (...sample) => ChunkedLoss.apply(...sample));
    const stacked = outputs[0].map((first, i) =>
      first === null ? null : aten.stack(outputs.map((output) => output[i]!)),
    );
    return [stacked, stacked.map((one) => (one === null ? null : 0))];
  }
}

// Each row's loss: its gradient is known in backward only.
export class ChunkedLosses extends AutogradFunction {
  static override forward(...args: FunctionArguments): Tensor {
    return chunkedLosses(problemOf(args));
  }

  static override setupContext(ctx: FunctionContext, args: FunctionArguments): void {
    const [input, linearWeight, target, linearBias, weight, rest] = args;
    ctx.saveForBackward(
      ...[input, linearWeight, target, linearBias, weight].filter((tensor) => tensor !== null),
    );
    Object.assign(ctx, { rest, hasBias: linearBias !== null, hasWeight: weight !== null });
  }

  static override backward(ctx: FunctionContext, gradOutput: Tensor): (Tensor | null)[] {
    const [input, linearWeight, target, ...more] = ctx.savedTensors.map((tensor) => tensor.detach());
    const linearBias = ctx.hasBias ? more.shift()! : null;
    const weight = ctx.hasWeight ? more[0] : null;
    const [ofInput, ofWeight, , ofBias] = ctx.needsInputGrad;
    const wanted = { input: ofInput, linearWeight: ofWeight, linearBias: ofBias };
    const rest = ctx.rest as FunctionArguments[5];
    const problem = { input, linearWeight, target, linearBias, weight, ...rest };
    return listed(chunkedLoss(problem, wanted, gradOutput).gradients);
  }

  static override vmap(
    info: VmapInfo,
    inDims: (number | null)[],
    ...args: FunctionArguments
  ): [output: Tensor, outDims: number] {
    return [aten.stack(eachSample(info, inDims, args, (...sample) => ChunkedLosses.apply(...sample))), 0];
  }
}
