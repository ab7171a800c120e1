// What activations and attention warn of, in Python's words.
import torch, { nn } from 'nodetorch';

const F = nn.functional;
const x = torch.zeros([3, 2, 4]);
const attention = new nn.MultiheadAttention(4, 2);
const booleans = (...shape: number[]): torch.Tensor => torch.zeros(shape).bool();

test.each([
  [
    'softmin without a dimension',
    () => F.softmin(x),
    'Implicit dimension choice for softmin has been deprecated. Change the call to include dim=X as an argument.',
    'UserWarning',
  ],
  [
    'the eps of gumbelSoftmax',
    () => F.gumbelSoftmax(x, { eps: 1e-5 }),
    '`eps` parameter is deprecated and has no effect.',
    'UserWarning',
  ],
  [
    'the old name of minVal',
    () => new nn.Hardtanh({ minValue: -2 }),
    'keyword argument `min_value` is deprecated and renamed to `min_val`',
    'FutureWarning',
  ],
  [
    'the old name of maxVal',
    () => new nn.Hardtanh({ maxValue: 2 }),
    'keyword argument `max_value` is deprecated and renamed to `max_val`',
    'FutureWarning',
  ],
  [
    'masks of other dtypes',
    () => attention(x, x, x, { keyPaddingMask: booleans(2, 3), attnMask: torch.zeros([3, 3]) }),
    'Support for mismatched key_padding_mask and attn_mask is deprecated. Use same type for both instead.',
    'UserWarning',
  ],
  [
    'masks of other dtypes in an encoder layer',
    () =>
      new nn.TransformerEncoderLayer(4, 2, 4)(x, {
        srcMask: booleans(3, 3),
        srcKeyPaddingMask: torch.zeros([2, 3]),
      }),
    'Support for mismatched src_key_padding_mask and src_mask is deprecated. Use same type for both instead.',
    'UserWarning',
  ],
])('%s', (_, call, message, category) => {
  const emitted = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    call();
    call();
    expect(emitted.mock.calls).toEqual([[message, category]]);
  } finally {
    emitted.mockRestore();
  }
});
