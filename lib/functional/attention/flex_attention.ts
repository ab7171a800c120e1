import { AutogradFunction, type FunctionContext } from '../../autograd/function';
import { argumentError, checkFunction, TorchError, valueError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { vjp } from '../../func/grad';
import { refuseInExport } from '../../native/recording';
import * as aten from '../../tensor/aten';
import { tensor } from '../../tensor/kinds';
import { float32, float64 } from '../../core/dtype';
import type { Tensor } from '../../tensor';
import { BlockMask, indices, mapped, type MaskMod } from './block_mask';

/** A new score from a score and its batch, head, and the places of its query and its key, each a tensor of one number. */
export type ScoreMod = (score: Tensor, b: Tensor, h: Tensor, qIdx: Tensor, kvIdx: Tensor) => Tensor;
/** Options of `torch.nn.attention.flexAttention`. */
export interface FlexAttentionOptions {
  /** Default: the score itself. */
  scoreMod?: ScoreMod | null;
  /** Which keys each query sees. Default: all. */
  blockMask?: BlockMask | null;
  /** Default: one by the square root of the size of a head. */
  scale?: number | null;
  /** Whether several heads of queries share one of keys. Default: `false`. */
  enableGqa?: boolean;
  /** Whether to give `[output, lse]`: the logarithms of the sums of exponentials, `(B, Hq, L)`. Default: `false`. */
  returnLse?: boolean;
}
const FLEX = signature(
  'flexAttention',
  [tensor('query'), tensor('key'), tensor('value')],
  {
    scoreMod: null,
    blockMask: null,
    scale: null,
    enableGqa: false,
    returnLse: false,
  } as Required<FlexAttentionOptions>,
  ['scoreMod', 'blockMask', 'scale', 'enableGqa', 'returnLse'],
);
interface Settings {
  scoreMod: ScoreMod;
  maskMod: MaskMod;
  scale: number;
}
type OfIndices = (...args: Tensor[]) => Tensor;

const working = (tensor: Tensor): Tensor => tensor.to(tensor.dtype === float64 ? float64 : float32);

function modified(
  query: Tensor,
  key: Tensor,
  { scoreMod, maskMod, scale }: Settings,
): { scores: Tensor; post: Tensor; seen: Tensor } {
  const products = aten.matmul(working(query), aten.transpose(working(key), -2, -1));
  const places = indices(products.shape, products.device);
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
  }
  static override backward(ctx: FunctionContext, gradOut: Tensor, gradLog2: Tensor): (Tensor | null)[] {
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
    const gradLog = aten.unsqueeze(aten.div(gradLog2, Math.LN2), -1);
    const gradPost = aten.mul(softmax, aten.add(aten.sub(gradSoftmax, sums), gradLog));
    const pull: OfIndices = (score, b, h, q, kv, gradient) =>
      (vjp((s: Tensor) => settings.scoreMod(s, b, h, q, kv), score)[1](gradient) as Tensor[])[0];
    const modScores = mapped(pull, [0], [0])(scores, ...indices(scores.shape, scores.device), gradPost);
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
 * @example
 * const causal = (b: Tensor, h: Tensor, q: Tensor, kv: Tensor) => q.ge(kv);
 * const blockMask = torch.nn.attention.createBlockMask(causal, null, null, query.shape[2], key.shape[2]);
 * torch.nn.attention.flexAttention(query, key, value, { blockMask });
 */
export function flexAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: FlexAttentionOptions & { returnLse: true },
): [output: Tensor, lse: Tensor];
export function flexAttention(
  ...args: Call<
    typeof FLEX,
    [query: Tensor, key: Tensor, value: Tensor],
    [
      scoreMod: ScoreMod | null,
      blockMask: BlockMask | null,
      scale: number | null,
      enableGqa: boolean,
      returnLse: boolean,
    ]
  >
): Tensor;
export function flexAttention(...args: unknown[]): Tensor | Tensor[] {
  const [query, key, value, given] = FLEX.bind(args as Parameters<typeof FLEX.bind>[0]);
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
  const maskMod = maskOf(given.blockMask, query, key);
  checkFunction('flexAttention', 'scoreMod', scoreMod);
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
  if (!ownsGradient(settings)) {
    refuseInExport(
      'flexAttention() is an operator of higher order in a program, which cannot be written yet',
    );
    const [output, log2] = FlexAttention.apply(query, keys, values, settings) as Tensor[];
    return given.returnLse ? [output, aten.mul(log2, Math.LN2)] : output;
  }
  // What the function holds needs a gradient, too, which only autograd finds.
  const { post } = modified(query, keys, settings);
  const output = weighted(post, query, values);
  return given.returnLse ? [output, aten.logsumexp(post, [-1])] : output;
}

function maskOf(blockMask: unknown, query: Tensor, key: Tensor): MaskMod {
  if (blockMask === null) return (b) => b.newOnes([], { dtype: 'bool' });
  if (!(blockMask instanceof BlockMask))
    throw argumentError('flexAttention', 'blockMask', 'a BlockMask, from createBlockMask()', blockMask);
  const [queries, keys] = blockMask.seqLengths;
  if (query.shape[2] === queries && key.shape[2] === keys) return blockMask.maskMod;
  throw valueError(
    `block_mask was created for block_mask.shape=(${blockMask.shape.join(', ')}) but got q_len=${query.shape[2]} ` +
      `and kv_len=${key.shape[2]}. You likely need to create a new block mask.`,
  );
}

function ownsGradient({ scoreMod }: Settings): boolean {
  const index = (): Tensor => aten.zeros([], { dtype: aten.arange(1).dtype });
  return scoreMod(aten.zeros([]), index(), index(), index(), index()).requiresGrad;
}
