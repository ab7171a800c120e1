// When MultiheadAttention may be one fused kernel.
import { isAutocastEnabled } from '../../../amp/autocast';
import { isGradEnabled } from '../../../autograd';
import { getFastpathEnabled } from '../../../backends/mha';
import * as cuda from '../../../cuda';
import { isNested } from '../../../tensor/print';
import type { MultiheadAttention } from './multihead_attention';
import type { AttentionOptions, QKV } from './options';
import type { Parameter } from '../../parameter';

/** Whether autocast is on for CUDA: that for the CPU leaves the fused kernels alone. */
export const isCudaAutocast = (): boolean => cuda.isAvailable() && isAutocastEnabled('cuda');

/** Why the fused kernel cannot be used, in PyTorch's words; `null` where it can. */
export function whyNotFast(
  attention: MultiheadAttention,
  [query, key, value]: QKV,
  masksAreFloats: boolean,
  masks: Pick<Required<AttentionOptions>, 'attnMask' | 'keyPaddingMask'>,
): string | null {
  const { in_proj_weight: weight, in_proj_bias: bias, out_proj } = attention;
  const { dtype } = query;
  const differ = (name: string, other: Parameter): string =>
    `dtypes of query (${String(dtype)}) and self.${name} (${String(other.dtype)}) don't match`;
  if (!getFastpathEnabled()) return 'torch.backends.mha.get_fastpath_enabled() was not True';
  if (query.dim() !== 3) return `input not batched; expected query.dim() of 3 but got ${query.dim()}`;
  if (!query.is(key) || !key.is(value))
    return 'non-self attention was used (query, key, and value are not the same Tensor)';
  if (bias !== null && dtype !== bias.dtype) return differ('in_proj_bias', bias);
  if (weight === null) return 'in_proj_weight was None';
  if (dtype !== weight.dtype) return differ('in_proj_weight', weight);
  if (attention.training) return 'training is enabled';
  if (attention.numHeads % 2 !== 0) return 'self.num_heads is not even';
  if (!attention.batchFirst) return 'batch_first was not True';
  if (attention.bias_k !== null) return 'self.bias_k was not None';
  if (attention.bias_v !== null) return 'self.bias_v was not None';
  if (attention.addZeroAttn) return 'add_zero_attn was enabled';
  if ((masks.attnMask !== null || masks.keyPaddingMask !== null) && isNested(query)) {
    return (
      'supplying both src_key_padding_mask and src_mask at the same time                                 ' +
      ' is not supported with NestedTensor input'
    );
  }
  if (isCudaAutocast()) return 'autocast is enabled';
  if (masksAreFloats) return 'floating-point masks are not supported for fast path.';
  const tensors = [query, weight, bias, out_proj.weight, out_proj.bias].filter((each) => each !== null);
  if (isGradEnabled() && tensors.some((tensor) => tensor.requiresGrad)) {
    return (
      'grad is enabled and at least one of query or the input/output projection weights or biases ' +
      'requires_grad'
    );
  }
  return bias === null ? '' : null;
}
