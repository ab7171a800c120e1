// Multi-head attention, with its projections (Vaswani et al., "Attention Is All You Need", 2017).
import * as aten from '../../tensor/aten';
import { TorchError } from '../../core/errors';
import type { Tensor } from '../../tensor';
import {
  canonicalMask,
  check,
  checkShapes,
  expandedMask,
  paddingOfHeads,
  printSizes,
  sameSizes,
} from './checks';
import { type Attended, attend, attendWithWeights } from './heads';
import { FORWARD, type ForwardGiven, type ForwardPlaces } from './forward_options';
import { projectPacked, projectSeparately } from './projection';
import type { Call } from '../../core/signature';
import { pad } from '../padding';

interface Masks {
  padding: Tensor | null;
  attn: Tensor | null;
  isCausal: boolean;
}

function takeMasks(query: Tensor, given: ForwardGiven, isBatched: boolean): Masks {
  const { attnMask, keyPaddingMask, needWeights } = given;
  let { isCausal } = given;
  let padding = keyPaddingMask;
  if (padding !== null && !isBatched) padding = aten.unsqueeze(padding, 0);
  padding = canonicalMask(padding, 'key_padding_mask', query.dtype, attnMask, 'attn_mask');
  if (isCausal && attnMask === null) {
    throw new TorchError(
      'Need attn_mask if specifying the is_causal hint. You may use the Transformer module method ' +
        '`generate_square_subsequent_mask` to create this mask.',
    );
  }
  if (isCausal && padding === null && !needWeights) return { padding, attn: null, isCausal };
  const attn = canonicalMask(attnMask, 'attn_mask', query.dtype);
  if (padding !== null) isCausal = false;
  return { padding, attn, isCausal };
}

function project(
  inputs: [Tensor, Tensor, Tensor],
  inProjWeight: Tensor | null,
  inProjBias: Tensor | null,
  given: ForwardGiven,
): [Tensor, Tensor, Tensor] {
  const [, key, value] = inputs;
  if (!given.useSeparateProjWeight) {
    const [k, v] = [key.shape, value.shape];
    check(sameSizes(k, v), () => `key shape ${printSizes(k)} does not match value shape ${printSizes(v)}`);
    check(inProjWeight !== null, () => 'use_separate_proj_weight is False but in_proj_weight is None');
    return projectPacked(...inputs, inProjWeight, inProjBias);
  }
  const [k, v] = [key.shape.slice(0, 2), value.shape.slice(0, 2)];
  check(
    sameSizes(k, v),
    () => `key's sequence and batch dims ${printSizes(k)} do not match value's ${printSizes(v)}`,
  );
  const weights = [given.qProjWeight, given.kProjWeight, given.vProjWeight];
  weights.forEach((weight, i) =>
    check(weight !== null, () => `use_separate_proj_weight is True but ${'qkv'[i]}_proj_weight is None`),
  );
  return projectSeparately(inputs, weights as [Tensor, Tensor, Tensor], inProjBias);
}

// One key more, whatever comes before it.
const wider = (mask: Tensor | null): Tensor | null => mask && pad(mask, [0, 1]);

function addBias(
  k: Tensor,
  v: Tensor,
  biasK: Tensor | null,
  biasV: Tensor | null,
  given: ForwardGiven,
): Tensor[] {
  if (biasK === null || biasV === null) {
    check(biasK === null, () => 'bias_k is set but bias_v is None');
    check(biasV === null, () => 'bias_v is set but bias_k is None');
    return [k, v];
  }
  check(given.staticK === null, () => 'bias cannot be added to static key.');
  check(given.staticV === null, () => 'bias cannot be added to static value.');
  const batch = k.shape[1];
  return [aten.cat([k, aten.repeat(biasK, [1, batch, 1])]), aten.cat([v, aten.repeat(biasV, [1, batch, 1])])];
}

// (S, N, E) to (N * heads, S, E / heads)
function splitHeads(tensor: Tensor, heads: number, headDim: number): Tensor {
  return aten.transpose(aten.view(tensor, [tensor.shape[0], heads, headDim]), 0, 1);
}

function orStatic(
  tensor: Tensor,
  fixed: Tensor | null,
  name: string,
  heads: number,
  headDim: number,
): Tensor {
  if (fixed === null) return splitHeads(tensor, heads, headDim);
  for (const [d, size] of [
    [0, heads],
    [2, headDim],
  ])
    check(fixed.size(d) === size, () => `expecting ${name}.size(${d}) of ${size}, but got ${fixed.size(d)}`);
  return fixed;
}

function withZero(tensor: Tensor): Tensor {
  const { dtype, device } = tensor;
  const [heads, , headDim] = tensor.shape;
  return aten.cat([tensor, aten.zeros([heads, 1, headDim], { dtype, device })], 1);
}

/**
 * Attention of several heads, with projections before and after: what `nn.MultiheadAttention` computes.
 *
 * Shapes: query `(L, N, E)` or `(L, E)`; key and value `(S, N, E)` or `(S, E)`, with separate weights of their
 * own last sizes; inProjWeight `(3 E, E)`, inProjBias `(3 E)`, biasK and biasV `(1, 1, E)`. Returns the output
 * `(L, N, E)`, and the weights `(N, L, S)`, or `(N, numHeads, L, S)` where they are not averaged, or `null`.
 */
export function multiHeadAttentionForward(
  ...args: Call<
    typeof FORWARD,
    [
      query: Tensor,
      key: Tensor,
      value: Tensor,
      embedDimToCheck: number,
      numHeads: number,
      inProjWeight: Tensor | null,
      inProjBias: Tensor | null,
      biasK: Tensor | null,
      biasV: Tensor | null,
      addZeroAttn: boolean,
      dropoutP: number,
      outProjWeight: Tensor,
      outProjBias: Tensor | null,
    ],
    ForwardPlaces
  >
): Attended {
  const [query, key, value, embedDimToCheck, numHeads, inProjWeight, inProjBias, biasK, biasV, ...rest] =
    FORWARD.bind(args);
  const [addZeroAttn, dropoutP, outProjWeight, outProjBias, given] = rest;
  const { keyPaddingMask, attnMask, needWeights, training } = given;
  const isBatched = checkShapes(query, key, value, keyPaddingMask, attnMask, numHeads);
  let inputs: [Tensor, Tensor, Tensor] = [query, key, value];
  if (!isBatched) inputs = inputs.map((each) => aten.unsqueeze(each, 1)) as typeof inputs;
  const [targets, batch, embedDim] = inputs[0].shape;
  const heads = batch * numHeads;
  const headDim = Math.floor(embedDim / numHeads);

  let { padding, attn, isCausal } = takeMasks(inputs[0], given, isBatched);
  check(
    embedDim === embedDimToCheck,
    () => `was expecting embedding dimension of ${embedDimToCheck}, but got ${embedDim}`,
  );
  check(
    headDim * numHeads === embedDim,
    () => `embed_dim ${embedDim} not divisible by num_heads ${numHeads}`,
  );
  let [q, k, v] = project(inputs, inProjWeight, inProjBias, given);
  if (attn !== null) attn = expandedMask(attn, heads, targets, inputs[1].shape[0]);

  [k, v] = addBias(k, v, biasK, biasV, given);
  if (biasK !== null) [attn, padding] = [wider(attn), wider(padding)];
  q = splitHeads(q, heads, headDim);
  k = orStatic(k, given.staticK, 'static_k', heads, headDim);
  v = orStatic(v, given.staticV, 'static_v', heads, headDim);
  if (addZeroAttn) {
    [k, v] = [withZero(k), withZero(v)];
    [attn, padding] = [wider(attn), wider(padding)];
  }
  const sources = k.shape[1];
  if (padding !== null) {
    const paddings = paddingOfHeads(padding, batch, numHeads, sources);
    attn = attn === null ? paddings : aten.add(attn, paddings);
  }

  const p = training ? dropoutP : 0;
  const qkv: [Tensor, Tensor, Tensor] = [q, k, v];
  const rows: [number, number] = [targets * batch, embedDim];
  let [joined, weights] = needWeights
    ? attendWithWeights(qkv, attn, p, isCausal, rows)
    : attend(qkv, attn, p, isCausal, rows, [batch, numHeads]);
  joined = aten.linear(joined, outProjWeight, outProjBias); // (L * N, E)
  const output = aten.view(joined, [targets, batch, joined.shape[1]]);
  if (weights !== null) {
    weights = aten.view(weights, [batch, numHeads, targets, sources]);
    if (given.averageAttnWeights) weights = aten.mean(weights, 1);
  }
  if (isBatched) return [output, weights];
  return [aten.squeeze(output, 1), weights && aten.squeeze(weights, 0)];
}
