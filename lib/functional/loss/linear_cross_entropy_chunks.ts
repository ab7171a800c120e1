// What F.linearCrossEntropy keeps while it goes over the rows in chunks.
import * as aten from '../../tensor/aten';
import { type DType, float16 } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import type { Tensor } from '../../tensor';
import type { ChunkSettings } from './linear_cross_entropy_options';

export interface ChunkedProblem {
  input: Tensor; // (N, D)
  linearWeight: Tensor; // (C, D)
  target: Tensor; // (N), int64
  linearBias: Tensor | null; // (C)
  weight: Tensor | null; // (C)
  reduction: 'none' | 'mean' | 'sum';
  ignoreIndex: number;
  settings: ChunkSettings;
}
/** Which gradients are wanted. */
export interface Wanted {
  input: boolean;
  linearWeight: boolean;
  linearBias: boolean;
}

/** What holds of all chunks: dtypes, buffers, and each row's target and weight. */
export class Chunks {
  readonly dtype: DType;
  readonly acc: DType;
  /** Whether sums are held in another dtype than the input. */
  readonly mixed: boolean;
  readonly cuda: boolean;
  readonly logitsDtype: DType;
  readonly gradInputDtype: DType;
  /** The linear weight as the scores are computed with it. */
  readonly weightCast: Tensor;
  readonly biasCast: Tensor | null;
  readonly target: Tensor; // (N), without what is to be ignored
  readonly signed: Tensor; // (N): each row's weight, times what the reduction makes of it
  readonly #logits: Tensor; // (rows, C)
  readonly #column: Tensor; // (rows)

  constructor(
    readonly problem: ChunkedProblem,
    readonly wanted: Wanted,
    gradOutput: Tensor | null = null,
  ) {
    const { input, linearWeight, linearBias, settings } = problem;
    const { rows, policy, accDtype } = settings;
    const { dtype, device } = input;
    this.dtype = dtype;
    this.acc = accDtype;
    this.mixed = dtype !== accDtype;
    this.cuda = device.type === 'cuda';
    const accurate = policy === 'accurate';
    this.logitsDtype = dtype === float16 && !accurate ? dtype : accDtype;
    this.gradInputDtype = accurate ? accDtype : dtype;
    const castOnCuda = wanted.input && this.gradInputDtype === this.logitsDtype;
    const cast = this.mixed && (!this.cuda || castOnCuda);
    this.weightCast = cast ? linearWeight.to(this.logitsDtype) : linearWeight;
    this.biasCast = linearBias && linearBias.to(this.logitsDtype);
    this.#logits = aten.empty([rows, linearWeight.shape[0]], { dtype: this.logitsDtype, device });
    this.#column = aten.empty([rows], { dtype: this.logitsDtype, device });
    const ignored = aten.eq(problem.target, problem.ignoreIndex);
    const isClass = problem.ignoreIndex >= 0 && problem.ignoreIndex < linearWeight.shape[0];
    this.target = isClass ? problem.target : aten.where(ignored, 0, problem.target);
    this.signed = this.#signedWeights(ignored, gradOutput);
  }

  #signedWeights(ignored: Tensor, gradOutput: Tensor | null): Tensor {
    const { weight, reduction } = this.problem;
    const weights =
      weight === null
        ? aten.logicalNot(ignored).to(this.acc)
        : aten.where(ignored, 0, aten.indexSelect(weight, 0, this.target).to(this.acc));
    if (reduction === 'mean') {
      const total = aten.sum(weights);
      aten.div_(weights, aten.where(aten.eq(total, 0), NaN, aten.neg(total)));
    } else if (reduction === 'sum') aten.neg_(weights);
    else if (gradOutput !== null) aten.mul_(aten.neg_(weights), gradOutput.to(weights.dtype));
    return weights;
  }

  *each(): IterableIterator<Chunk> {
    const { input, settings } = this.problem;
    const total = input.shape[0];
    for (let start = 0; start < total; start += settings.rows)
      yield new Chunk(this, start, Math.min(settings.rows, total - start));
  }

  logits(rows: number): Tensor {
    return aten.narrow(this.#logits, 0, 0, rows);
  }
  column(rows: number): Tensor {
    return aten.narrow(this.#column, 0, 0, rows);
  }
}

/** Some rows. */
export class Chunk {
  readonly input: Tensor;
  readonly target: Tensor;
  readonly signed: Tensor;
  readonly #chunks: Chunks;
  #upcast: Tensor | null = null;

  constructor(
    chunks: Chunks,
    readonly start: number,
    readonly rows: number,
  ) {
    this.#chunks = chunks;
    this.input = this.of(chunks.problem.input);
    this.target = this.of(chunks.target);
    this.signed = this.of(chunks.signed);
  }

  of(tensor: Tensor): Tensor {
    return aten.narrow(tensor, 0, this.start, this.rows);
  }

  /** The input in the dtype of sums: a copy where that is another. */
  get inputAcc(): Tensor {
    const { mixed, acc } = this.#chunks;
    return mixed ? (this.#upcast ??= this.input.to(acc)) : this.input;
  }

  /** Scores, less the largest of each row. */
  logits(): Tensor {
    const { problem, cuda, mixed, dtype, logitsDtype, weightCast, biasCast } = this.#chunks;
    const logits = this.#chunks.logits(this.rows);
    const input = mixed && !cuda && dtype !== logitsDtype ? this.inputAcc : this.input;
    multiply(input, aten.t(cuda && mixed ? problem.linearWeight : weightCast), logits);
    if (biasCast !== null) aten.add_(logits, biasCast);
    return aten.sub_(logits, aten.amax(logits, 1, true));
  }

  /** The score at each row's target. */
  atTarget(logits: Tensor, dtype: DType): Tensor {
    return aten.squeeze(aten.gather(logits, 1, aten.unsqueeze(this.target, 1)), 1).to(dtype);
  }

  /** Makes the scores their exponentials, and returns the sum of each row. */
  exponentiate(logits: Tensor): Tensor {
    return aten.sum(aten.exp_(logits), 1, { dtype: this.#chunks.acc });
  }
}

export function multiply(a: Tensor, b: Tensor, out: Tensor): void {
  if (a.dtype === out.dtype) aten.mm(a, b, { out });
  else aten.mm(a, b, out.dtype, { out });
}

export const column = (vector: Tensor): Tensor => aten.unsqueeze(vector, 1);

/** @throws TorchError where sums cannot be held in that dtype. */
export function checkAccumulation(dtype: DType, acc: DType): void {
  const half = ['float16', 'bfloat16'].includes(dtype.name);
  if (dtype === acc || (half && acc.name === 'float32')) return;
  throw new TorchError(
    'linear_cross_entropy supports float32 acc_dtype with float16/bfloat16 inputs, but got ' +
      `${acc} acc_dtype and ${dtype} inputs.`,
  );
}
