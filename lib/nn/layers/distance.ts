import * as F from '../../functional';

import { COSINE_SIMILARITY, PAIRWISE_DISTANCE } from '../../functional/distance';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { Module } from '../module/module';

const PAIRWISE = signature('PairwiseDistance', [], PAIRWISE_DISTANCE, ['p', 'eps', 'keepdim']);

/** `‖x1 - x2 + eps‖ₚ` of the last dimension. Shapes: `(N, D)` or `(D)` each, output `(N)` or `()`. */
export class PairwiseDistance extends Module<[x1: Tensor, x2: Tensor], Tensor> {
  readonly norm: number;
  readonly eps: number;
  readonly keepdim: boolean;

  constructor(...args: Call<typeof PAIRWISE, [], [p: number, eps: number, keepdim: boolean]>) {
    super();
    const [given] = PAIRWISE.bind(args);
    this.norm = given.p;
    this.eps = given.eps;
    this.keepdim = given.keepdim;
  }
  override forward(x1: Tensor, x2: Tensor): Tensor {
    const { norm: p, eps, keepdim } = this;
    return F.pairwiseDistance(x1, x2, { p, eps, keepdim });
  }
}

const COSINE = signature('CosineSimilarity', [], COSINE_SIMILARITY, ['dim', 'eps']);

/** `x1 · x2 / (‖x1‖ ‖x2‖)` along one dimension. Shapes: broadcastable; the output lacks the dimension. */
export class CosineSimilarity extends Module<[x1: Tensor, x2: Tensor], Tensor> {
  readonly dim: number;
  readonly eps: number;

  constructor(...args: Call<typeof COSINE, [], [dim: number, eps: number]>) {
    super();
    const [given] = COSINE.bind(args);
    this.dim = given.dim;
    this.eps = given.eps;
  }
  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosineSimilarity(x1, x2, this.dim, this.eps);
  }
}
