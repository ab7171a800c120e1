// Decompositions of losses, after torch/_decomp/decompositions.py.
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { filled, inFloat32, indexOf, like, reduced, table } from './common';

type Weight = Tensor | null;

function nllLoss(
  x: Tensor, // (classes) or (batch, classes, ...)
  target: Tensor, // () or (batch, ...)
  weight: Weight,
  reduction: number | bigint,
  ignored: number | bigint,
): [Tensor, Tensor] {
  const rank = x.dim();
  const place = rank < 2 ? 0 : 1;
  const shape = x.shape.map((_, i) => (i === place ? x.shape[place] : 1));
  const w = weight === null || rank < 2 ? weight : aten.view(weight, shape);
  const weighted = w === null ? x : x.mul(w);
  const isCounted = (): Tensor => aten.ne(target, Number(ignored));
  const safe = aten.unsqueeze(aten.where(isCounted(), target, 0), place);
  const pick = (from: Tensor): Tensor => aten.squeeze(aten.gather(from, place, safe), [place]);
  const loss = aten.neg(pick(weighted));
  const result = aten.where(isCounted(), loss, 0);
  const kind = Number(reduction);
  if (kind === 0 && rank > 1) return [result, filled(0, x, [])];
  const total =
    w === null
      ? aten.sum(isCounted(), []).to(x.dtype)
      : aten.sum(countedOf(pick(aten.expand(w, x.shape)), isCounted), []);
  if (kind === 0) return [result, total];
  const sum = aten.sum(result, []);
  return [kind === 2 ? sum : sum.div(total), total];
}

const countedOf = (picked: Tensor, isCounted: () => Tensor): Tensor => aten.where(isCounted(), picked, 0);

function logSigmoid(x: Tensor): Tensor {
  const z = aten.exp(aten.neg(aten.abs(x)));
  return aten.minimum(aten.full([], 0, like(x)), x).sub(aten.log1p(z));
}

const atLeast = (x: Tensor, rank: number): Tensor => {
  let wide = x;
  while (wide.dim() < rank) wide = aten.unsqueeze(wide, 0);
  return wide;
};

export const losses = table({
  'nll_loss_forward.default': nllLoss,
  'nll_loss2d_forward.default': nllLoss,
  'binary_cross_entropy.default': inFloat32(
    (x: Tensor, target: Tensor, weight: Weight = null, reduction?: number) => {
      const low = (): Tensor => filled(-100, x, []);
      const one = target.sub(1).mul(aten.maximum(aten.log1p(aten.neg(x)), low()));
      const loss = one.sub(target.mul(aten.maximum(aten.log(x), low())));
      return reduced(weight === null ? loss : loss.mul(weight), reduction);
    },
  ),
  'binary_cross_entropy_with_logits.default': (
    x: Tensor,
    target: Tensor,
    weight: Weight = null,
    positive: Weight = null,
    reduction?: number,
  ) => {
    const factor = positive === null ? null : positive.sub(1).mul(target).add(1);
    const left = aten.sub(1, target).mul(x);
    const right = logSigmoid(x);
    const loss = left.sub(factor === null ? right : factor.mul(right));
    return reduced((weight === null ? loss : loss.mul(weight)).to(target.dtype), reduction);
  },
  'soft_margin_loss.default': inFloat32((x: Tensor, target: Tensor, reduction?: number) =>
    reduced(aten.log1p(aten.exp(aten.neg(x).mul(target))), reduction),
  ),
  'multi_margin_loss.default': (
    x: Tensor,
    target: Tensor,
    p: number | bigint = 1,
    margin: number | bigint = 1,
    weight: Weight = null,
    reduction: number | bigint = 1,
  ) => {
    const [input, wanted] = [atLeast(x, 2), aten.unsqueeze(atLeast(target, 1), 1)];
    const classes = input.shape[1];
    const from = aten.sub(margin as number, aten.gather(input, 1, wanted));
    let loss = aten.clampMin(from.add(input), 0);
    if (Number(p) !== 1) loss = loss.mul(loss);
    if (weight !== null) loss = loss.mul(aten.index(atLeast(weight, 1), [wanted]));
    const others = aten.where(aten.ne(indexOf(x, classes), wanted), loss, 0);
    if (Number(reduction) === 1) return aten.mean(others);
    return Number(reduction) === 2 ? aten.sum(others, []).div(classes) : aten.mean(others, [1]);
  },
  'multilabel_margin_loss_forward.default': (x: Tensor, labels: Tensor, reduction: number | bigint) => {
    const [input, target] = [atLeast(x, 2), atLeast(labels, 2)];
    const classes = input.shape[1];
    const index = indexOf(target, classes);
    const ends = aten.amin(aten.where(aten.eq(target, -1), index, classes), [-1], true);
    const isLabel = aten.lt(index, ends);
    const picked = aten.gather(input, -1, aten.where(isLabel, target, 0));
    const named = aten.where(isLabel, target, -1);
    const isTarget = aten.any(aten.eq(index, aten.unsqueeze(named, -1)), 1);
    const from = aten.sub(1, aten.unsqueeze(aten.permute(picked, [1, 0]), -1));
    const each = aten.where(isTarget, 0, aten.clampMin(from.add(input), 0).div(classes));
    const kind = Number(reduction);
    const loss = kind === 2 ? aten.sum(each, []) : aten.sum(each, [0, -1]);
    return [kind === 1 ? aten.mean(loss) : loss, aten.reshape(isTarget.to(x.dtype), labels.shape)];
  },
});
