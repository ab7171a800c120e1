import { AutogradFunction, type FunctionContext } from '../../autograd/function';
import { checkFunction, TorchError, valueError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { vjp } from '../../func/grad';
import { vmap } from '../../func/vmap';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/kinds';
import { float32, float64 } from '../../core/dtype';
import type { Tensor } from '../../tensor';

/** A new score from a score and its batch, head, and the places of its query and its key, each a tensor of one number. */
export type ScoreMod = (score: Tensor, b: Tensor, h: Tensor, qIdx: Tensor, kvIdx: Tensor) => Tensor;
/** Whether a query sees a key: a boolean tensor. */
export type MaskMod = (b: Tensor, h: Tensor, qIdx: Tensor, kvIdx: Tensor) => Tensor;

/** Options of `torch.nn.attention.flexAttention`. */
export interface FlexAttentionOptions {
  /** Default: the score itself. */
  scoreMod?: ScoreMod | null;
  /** Which keys each query sees. Default: all. */
  maskMod?: MaskMod | null;
  /** Default: one by the square root of the size of a head. */
  scale?: number | null;
  /** Whether several heads of queries share one of keys. Default: `false`. */
  enableGqa?: boolean;
}
const FLEX = signature(
  'flexAttention',
  [tensor('query'), tensor('key'), tensor('value')],
  { scoreMod: null, maskMod: null, scale: null, enableGqa: false } as Required<FlexAttentionOptions>,
  ['scoreMod'],
);
interface Settings {
  scoreMod: ScoreMod;
  maskMod: MaskMod;
  scale: number;
}
type OfIndices = (...args: Tensor[]) => Tensor;

const INDICES: (number | null)[][] = [
  [null, null, null, 0],
  [null, null, 0, null],
  [null, 0, null, null],
  [0, null, null, null],
];
// Over batches, heads, queries and keys; what comes before and behind is mapped each time.
const mapped = (fn: OfIndices, before: number[], behind: number[] = []): OfIndices =>
  INDICES.reduce((inner, dims) => vmap(inner, { inDims: [...before, ...dims, ...behind] }), fn);
const indices = ({ shape, device }: Tensor): Tensor[] =>
  shape.map((size) => aten.arange(0, size, 1, { device }));
const working = (tensor: Tensor): Tensor => tensor.to(tensor.dtype === float64 ? float64 : float32);

function modified(
  query: Tensor,
  key: Tensor,
  { scoreMod, maskMod, scale }: Settings,
): { scores: Tensor; post: Tensor; seen: Tensor } {
  const products = aten.matmul(working(query), aten.transpose(working(key), -2, -1));
  const places = indices(products);
  const scores = aten.mul(products, scale);
  const seen = mapped(maskMod as OfIndices, [])(...places);
  const changed = mapped(scoreMod as OfIndices, [0])(scores, ...places);
  const nothing = aten.full([], -Infinity, { dtype: scores.dtype, device: scores.device });
  return { scores, post: aten.where(seen, changed, nothing), seen };
}

const weighted = (post: Tensor, query: Tensor, value: Tensor): Tensor =>
  aten.matmul(aten._safeSoftmax(post, -1).to(query.dtype), value.to(query.dtype));

// The gradient is Python's for its unfused form: the scores are computed again.
class FlexAttention extends AutogradFunction {
  static override forward(query: Tensor, key: Tensor, value: Tensor, settings: Settings): Tensor[] {
    const { post } = modified(query, key, settings);
    const masked = aten.all(aten.eq(post, -Infinity), -1);
    const logsumexp = aten.where(masked, -Infinity, aten.logsumexp(post, [-1]));
    return [weighted(post, query, value), aten.div(logsumexp, Math.LN2)];
  }
  static override setupContext(ctx: FunctionContext, inputs: unknown[], [out, logsumexp]: Tensor[]): void {
    ctx.settings = inputs[3];
    ctx.saveForBackward(...(inputs.slice(0, 3) as Tensor[]), out, logsumexp);
    ctx.markNonDifferentiable(logsumexp);
  }
  static override backward(ctx: FunctionContext, gradOut: Tensor): (Tensor | null)[] {
    const [query, key, value, out, log2] = ctx.savedTensors;
    const settings = ctx.settings as Settings;
    const logsumexp = aten.unsqueeze(aten.mul(log2, Math.LN2), -1);
    const { scores, post, seen } = modified(query, key, settings);
    const exp = aten.exp(aten.sub(post, logsumexp));
    const softmax = aten.where(aten.eq(logsumexp, -Infinity), 0, exp);
    const wide = (one: Tensor): Tensor => one.to(softmax.dtype);
    const gradValue = aten.matmul(aten.transpose(softmax.to(query.dtype), -2, -1), gradOut);
    const gradSoftmax = aten.matmul(wide(gradOut), aten.transpose(wide(value), -2, -1));
    const sums = aten.sum(aten.mul(wide(out), wide(gradOut)), -1, { keepdim: true });
    // Zero is the gradient of the logarithms' sum, which nothing asks for here.
    const gradPost = aten.mul(softmax, aten.add(aten.sub(gradSoftmax, sums), 0));
    const pull: OfIndices = (score, b, h, q, kv, gradient) =>
      (vjp((s: Tensor) => settings.scoreMod(s, b, h, q, kv), score)[1](gradient) as Tensor[])[0];
    const modScores = mapped(pull, [0], [0])(scores, ...indices(scores), gradPost);
    const scaled = aten.mul(modScores, settings.scale).to(query.dtype);
    const gradScores = aten.where(seen, scaled, aten.zeros([], { dtype: query.dtype, device: query.device }));
    const gradQuery = aten.matmul(gradScores, key);
    return [gradQuery, aten.matmul(aten.transpose(gradScores, -2, -1), query), gradValue, null];
  }
}

/**
 * Attention whose scores and mask are functions of their places (`torch.nn.attention.flex_attention.flex_attention`), as
 * Python computes it without a compiler. Shapes: query `(B, Hq, L, E)`, key `(B, H, S, E)`, value `(B, H, S, Ev)`.
 *
 * Differs from PyTorch: `torch.nn.attention.flexAttention` takes the function of the mask itself, and no BlockMask.
 *
 * @example
 * const causal = (b: Tensor, h: Tensor, q: Tensor, kv: Tensor) => q.ge(kv);
 * torch.nn.attention.flexAttention(query, key, value, { maskMod: causal });
 */
export function flexAttention(
  ...args: Call<typeof FLEX, [query: Tensor, key: Tensor, value: Tensor], [scoreMod: ScoreMod | null]>
): Tensor {
  const [query, key, value, given] = FLEX.bind(args);
  const { enableGqa } = given;
  if ([query, key, value].some((one) => one.dim() !== 4))
    throw new TorchError('flexAttention(): expected query, key and value to be 4-dimensional');
  if (query.dtype !== key.dtype || query.dtype !== value.dtype) {
    throw valueError(
      `Expected query, key, and value to have the same dtype, but got query.dtype: ${query.dtype}, ` +
        `key.dtype: ${key.dtype}, and value.dtype: ${value.dtype} instead.`,
    );
  }
  const scoreMod = given.scoreMod ?? ((score) => score);
  const maskMod = given.maskMod ?? ((b) => aten.ones([], { dtype: aten.eq(b, b).dtype, device: b.device }));
  checkFunction('flexAttention', 'scoreMod', scoreMod);
  checkFunction('flexAttention', 'maskMod', maskMod);
  const groups = query.shape[1] / key.shape[1];
  if (!Number.isInteger(groups) || (groups !== 1 && !enableGqa)) {
    throw valueError(
      `Expect query and key/value to have the same number of heads but got Hq=${query.shape[1]} and ` +
        `Hkv=${key.shape[1]}. Try setting enable_gqa=True for GQA.`,
    );
  }
  const spread = (one: Tensor): Tensor => {
    const heads = groups === 1 ? one : aten.repeatInterleave(one, groups, 1);
    return heads.shape[0] === query.shape[0]
      ? heads
      : heads.expand([query.shape[0], ...heads.shape.slice(1)]);
  };
  const settings = { scoreMod, maskMod, scale: given.scale ?? 1 / Math.sqrt(query.shape[3]) };
  const [keys, values] = [spread(key), spread(value)];
  if (!ownsGradient(settings)) return FlexAttention.apply(query, keys, values, settings)[0];
  // What the function holds needs a gradient, too, which only autograd finds.
  return weighted(modified(query, keys, settings).post, query, values);
}

function ownsGradient({ scoreMod }: Settings): boolean {
  const index = (): Tensor => aten.zeros([], { dtype: aten.arange(1).dtype });
  return scoreMod(aten.zeros([]), index(), index(), index(), index()).requiresGrad;
}
