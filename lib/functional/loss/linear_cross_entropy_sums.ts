// Linear map, softmax and negative log likelihood of a few rows at a time, with their gradients: the scores of
// all rows never exist at once. The order of operations and the dtypes are PyTorch's, bit for bit.
import * as aten from '../../tensor/aten';
import { float16 } from '../../core/dtype';
import type { Tensor } from '../../tensor';
import {
  Chunks,
  column,
  multiply,
  type Chunk,
  type ChunkedProblem,
  type Wanted,
} from './linear_cross_entropy_chunks';

export interface Gradients {
  input: Tensor | null;
  linearWeight: Tensor | null;
  linearBias: Tensor | null;
}

/** The loss of each row, `(N)`. */
export function chunkedLosses(problem: ChunkedProblem): Tensor {
  const chunks = new Chunks(problem, { input: false, linearWeight: false, linearBias: false });
  const out = aten.newEmpty(problem.input, [problem.input.shape[0]]);
  for (const chunk of chunks.each()) {
    const logits = chunk.logits();
    const atTarget = chunk.atTarget(logits, chunks.acc);
    const loss = aten.sub_(aten.log_(chunk.exponentiate(logits)), atTarget);
    aten.copy_(chunk.of(out), aten.mul_(loss, chunk.signed));
  }
  return out;
}

/** The loss, `()`, and the gradients that are wanted: of the rows' losses times `gradOutput`, where given. */
export function chunkedLoss(
  problem: ChunkedProblem,
  wanted: Wanted,
  gradOutput?: Tensor,
): { loss: Tensor; gradients: Gradients } {
  const chunks = new Chunks(problem, wanted, gradOutput);
  const { dtype, acc } = chunks;
  const loss = aten.newZeros(problem.input, [], { dtype: dtype === float16 ? acc : dtype });
  if (problem.reduction === 'mean' && problem.input.shape[0] === 0) aten.fill_(loss, NaN);
  const steps = [
    wanted.linearBias ? biasGradient(chunks) : null,
    wanted.input ? inputGradient(chunks) : null,
    wanted.linearWeight ? weightGradient(chunks) : null,
  ];
  for (const chunk of chunks.each()) {
    const logits = chunk.logits();
    aten.add_(loss, aten.dot(chunk.signed, chunk.atTarget(logits, acc)));
    const sums = chunk.exponentiate(logits);
    if (steps.some((step) => step !== null)) {
      const factor = aten.div(chunk.signed, sums, { out: chunks.column(chunk.rows) });
      aten.mul_(logits, column(factor));
    }
    aten.sub_(loss, aten.dot(chunk.signed, aten.log_(sums)));
    for (const step of steps) step?.add(chunk, logits);
  }
  const [linearBias, input, linearWeight] = steps.map((step) => step && step.result.to(dtype));
  return { loss: loss.to(dtype), gradients: { input, linearWeight, linearBias } };
}

/** A gradient that grows chunk by chunk. `scores` are the softmax times the rows' weights. */
interface Growing {
  readonly result: Tensor;
  add(chunk: Chunk, scores: Tensor): void;
}

function biasGradient({ problem, mixed, acc, dtype }: Chunks): Growing {
  const result = aten.newZeros(problem.input, [problem.linearWeight.shape[0]]);
  const add = (chunk: Chunk, scores: Tensor): void => {
    const sum = mixed ? aten.zerosLike(result, { dtype: acc }) : result;
    aten.sub_(sum, aten.sum(scores, 0, { dtype: acc }));
    aten.indexAdd_(sum, 0, chunk.target, chunk.signed);
    if (mixed) aten.add_(result, sum.to(dtype));
  };
  return { result, add };
}

function inputGradient(chunks: Chunks): Growing {
  const { problem, cuda, logitsDtype, gradInputDtype, weightCast } = chunks;
  const { input, linearWeight } = problem;
  const result = aten.newEmpty(input, input.shape, { dtype: gradInputDtype });
  const down = cuda && logitsDtype !== gradInputDtype;
  const apart = !cuda && gradInputDtype !== weightCast.dtype;
  const add = (chunk: Chunk, scores: Tensor): void => {
    const rows = chunk.of(result);
    const out = apart ? aten.emptyLike(rows, { dtype: weightCast.dtype }) : rows;
    const atTarget = aten.indexSelect(weightCast, 0, chunk.target);
    aten.mul(atTarget, column(chunk.signed.to(out.dtype)), { out });
    const scoresCast = down ? scores.to(linearWeight.dtype) : scores;
    aten.addmm(out, scoresCast, down ? linearWeight : weightCast, { alpha: -1, out });
    if (apart) aten.copy_(rows, out);
  };
  return { result, add };
}

function weightGradient(chunks: Chunks): Growing {
  const { problem, cuda, dtype, acc, logitsDtype, mixed } = chunks;
  const result = aten.newZeros(problem.linearWeight, problem.linearWeight.shape, { dtype });
  const direct = problem.settings.policy === 'compact' && (cuda || logitsDtype === dtype);
  const sum = direct ? null : aten.emptyLike(result, { dtype: acc });
  const weighted = ({ inputAcc, signed }: Chunk): Tensor =>
    mixed ? aten.mul_(inputAcc, column(signed)) : aten.mul(inputAcc, column(signed));
  const add = (chunk: Chunk, scores: Tensor): void => {
    if (sum === null) {
      aten.addmm_(result, aten.t(scores.to(dtype)), chunk.input, { alpha: -1 });
      aten.indexAdd_(result, 0, chunk.target, weighted(chunk).to(dtype));
      return;
    }
    const same = logitsDtype === acc;
    const input = cuda && !same ? chunk.input : chunk.inputAcc;
    multiply(aten.t(cuda ? scores : scores.to(acc)), input, sum);
    aten.indexAdd_(sum, 0, chunk.target, weighted(chunk), { alpha: -1 });
    aten.sub_(result, sum);
  };
  return { result, add };
}
