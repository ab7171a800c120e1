// Operators over packed weights, with arguments that end the process in Python; and right ones beside them. See
// guards.test.ts.
import { inferenceMode } from '../../lib/autograd';
import { ops, tensor, type Tensor, torch, dtypes } from './support/torch';

const { aten, mkldnn_prepacked: prepacked, mkldnn, onednn } = ops;
const ones = (...shape: number[]) => torch.ones(shape) as Tensor;
const int8 = (...shape: number[]) => torch.ones(shape, { dtype: dtypes.int8 }) as Tensor;
const uint8 = (...shape: number[]) => torch.ones(shape, { dtype: dtypes.uint8 }) as Tensor;
const half = (...shape: number[]) => ones(...shape).to(dtypes.bfloat16);
const numbers = (...values: number[]) => tensor(values);
const zeros = (count: number) => torch.zeros([count], { dtype: dtypes.int64 }) as Tensor;
const pair = [1, 1];
const none = [0, 0];

const prepack = (stride = pair) => prepacked.conv2d_prepack(ones(4, 3, 3, 3), ones(4), stride, none, pair, 1, [1, 3, 5, 5], 'none'); // prettier-ignore
const transposed = (x: Tensor, weight: Tensor) => mkldnn._convolution_transpose_pointwise(x, weight, null, none, none, pair, pair, 1, 'none', [], '') as Tensor; // prettier-ignore
const linear = (x: Tensor, weight: unknown, scale = ones(2), zero = zeros(2)) => onednn.qlinear_pointwise(x, 1, 0, weight, scale, zero, null, 1, 0, dtypes.float32, 'none', [], '') as Tensor; // prettier-ignore
const linearWeight = () => onednn.qlinear_prepack(int8(2, 3), [4, 3]);
const convolutionWeight = () => onednn.qconv_prepack(int8(4, 3, 3, 3), ones(4), 1, 0, pair, none, pair, 1, [1, 3, 5, 5]); // prettier-ignore
interface Changes {
  x?: Tensor;
  weight?: unknown;
  scale?: Tensor;
  bias?: Tensor | null;
  stride?: number[];
  groups?: number;
}
const convolution = (changes: Changes = {}) => {
  const { x = uint8(1, 3, 5, 5), weight = convolutionWeight(), scale = ones(4), bias = null, stride = pair, groups = 1 } = changes; // prettier-ignore
  return onednn.qconv2d_pointwise(x, 1, 0, weight, scale, zeros(4), bias, stride, none, pair, groups, 1, 0, dtypes.float32, 'none', [], '') as Tensor; // prettier-ignore
};
const meta = (...shape: number[]) => torch.empty(shape, { device: 'meta', dtype: dtypes.uint8 }) as Tensor;
const packed16 = () => onednn.linear_prepack_fp16(ones(2, 3).half(), [4, 3]);
const packed4 = () => aten._convert_weight_to_int4pack_for_cpu(torch.ones([32, 64], { dtype: dtypes.int32 }), 2); // prettier-ignore
const scales4 = (groups: number) => torch.ones([groups, 32, 2]).to(dtypes.bfloat16) as Tensor;
const reordered = (ih: Tensor, hh: Tensor, hidden: number) => mkldnn._reorder_mkldnn_rnn_layer_weight(ih, hh, hidden, false, true, false); // prettier-ignore
const dynamic4 = (x: Tensor) => aten._dyn_quant_matmul_4bit(x, aten._dyn_quant_pack_4bit_weight(uint8(16, 16), ones(16, 1), null, 32, 32, 16), 32, 32, 16); // prettier-ignore

test.each<[name: string, call: () => unknown, message: RegExp]>([
  ...[dtypes.float16, dtypes.float32, dtypes.uint8].map((dtype): [string, () => unknown, RegExp] => [
    `conv2d_run of ${dtype} without dimensions`,
    () => prepacked.conv2d_run(ones().to(dtype), prepack()),
    /X must have as many dimensions as the weight, got 0/,
  ]),
  ['conv2d_run of 6 dimensions', () => prepacked.conv2d_run(ones(2, 1, 2, 2, 2, 2), prepack()), /got 6/],
  ['conv2d_prepack without a step', () => prepack(none), /stride must be positive/],
  [
    'a transposed convolution over a number',
    () => transposed(ones(1, 3, 5, 5), ones()),
    /as many dimensions/,
  ],
  [
    'weights of an LSTM without rows',
    () => reordered(ones(0, 3), ones(16, 4), 4),
    /weight0 must be a matrix/,
  ],
  [
    'weights of an LSTM without columns',
    () => reordered(ones(16, 3), ones(16, 0), 4),
    /weight1 must be a matrix/,
  ],
  ['an LSTM without a state', () => reordered(ones(16, 3), ones(16, 4), 0), /4 rows for each of hidden_size/],
  ['qlinear_prepack of a number', () => onednn.qlinear_prepack(int8(), [4, 3]), /weight must be a matrix/],
  [
    'linear_prepack_fp16 of a number',
    () => onednn.linear_prepack_fp16(ones().half(), null),
    /weight must be a matrix/,
  ],
  [
    'qlinear over what is not packed',
    () => linear(uint8(4, 3), int8(3, 2)),
    /what the prepack operator gives/,
  ],
  ['qlinear over a number', () => linear(uint8(4, 3), int8()), /what the prepack operator gives/],
  [
    'qlinear without columns',
    () => linear(uint8(4, 0), linearWeight()),
    /last dimension of the input must be 3/,
  ],
  ['qlinear without scales', () => linear(uint8(4, 3), linearWeight(), ones(0)), /w_scale must have 1 number or 2, got 0/], // prettier-ignore
  [
    'qlinear with a zero point too many',
    () => linear(uint8(4, 3), linearWeight(), ones(2), zeros(3)),
    /w_zero_point must have 1 number or 2, got 3/,
  ],
  ['linear_dynamic_fp16 without columns', () => onednn.linear_dynamic_fp16(ones(4, 0), packed16(), null), /last dimension of the input must be 3/], // prettier-ignore
  ['_mkl_linear over what oneDNN has packed', () => ops.mkl._mkl_linear(ones(2, 6), ones(5, 6).toMkldnn(), ones(5, 6), null, 2), /MKL_W must be what/], // prettier-ignore
  ...(
    [
      ['of his own', () => ones(1000, 1).toMkldnn()],
      ['for other rows', () => ops.mkl._mkl_reorder_linear_weight(ones(5, 6), 3) as Tensor],
      ['for another matrix', () => ops.mkl._mkl_reorder_linear_weight(ones(6, 5), 2) as Tensor],
      ['that was written to', () => (ops.mkl._mkl_reorder_linear_weight(ones(5, 6), 2) as Tensor).zero_()],
      [
        'of inference mode',
        () => inferenceMode(() => ops.mkl._mkl_reorder_linear_weight(ones(5, 6), 2)) as Tensor,
      ],
    ] as [string, () => Tensor][]
  ).map(([what, packed]): [string, () => unknown, RegExp] => [
    `_mkl_linear over a column ${what}`,
    () => ops.mkl._mkl_linear(ones(2, 6), packed(), ones(5, 6), null, 2),
    /MKL_W must be what mkl::_mkl_reorder_linear_weight gives/,
  ]),
  ['_mkl_linear of other columns', () => ops.mkl._mkl_linear(ones(2, 5), ones(9, 1).toMkldnn(), ones(5, 6), null, 2), /last dimension of X must be 6/], // prettier-ignore
  ['copy over what oneDNN has packed', () => aten.copy(ones(2, 3).toMkldnn(), ones(2, 3)), /does not take tensors of layout/], // prettier-ignore
  ['_foreach_copy over that', () => aten._foreach_copy([ones(2, 3).toMkldnn()], [ones(2, 3)]), /does not take tensors of layout/], // prettier-ignore
  ['mkldnn_linear with a number for its weight', () => aten.mkldnn_linear(ones(2, 3).toMkldnn(), ones()), /weight must be a matrix/], // prettier-ignore
  ['_convert_indices_from_csr_to_coo beyond its columns', () => aten._convert_indices_from_csr_to_coo(zeros(3).add(1000), zeros(2)), /crow_indices must be from 0 to 2/], // prettier-ignore
  ['_convert_indices_from_csr_to_coo of other batches', () => aten._convert_indices_from_csr_to_coo(zeros(4).reshape([2, 2]), zeros(2)), /the same batch/], // prettier-ignore
  ['_mkl_linear with an empty bias', () => ops.mkl._mkl_linear(ones(2, 3), ops.mkl._mkl_reorder_linear_weight(ones(2, 3), 2), ones(2, 3), ones(0), 2), /B must have a number for each row/], // prettier-ignore
  ['_convolution_pointwise of bytes', () => mkldnn._convolution_pointwise(uint8(1, 3, 5, 5), ones(4, 3, 3, 3).toMkldnn(), null, none, pair, pair, 1, 'none', [], ''), /one dtype of floats/], // prettier-ignore
  ['_convolution_pointwise without a step', () => mkldnn._convolution_pointwise(ones(1, 3, 5, 5), ones(4, 3, 3, 3).toMkldnn(), null, none, none, pair, 1, 'none', [], ''), /stride must be positive/], // prettier-ignore
  ['qconv_prepack without a step', () => onednn.qconv_prepack(int8(4, 3, 3, 3), ones(4), 1, 0, none, none, pair, 1), /stride must be positive/], // prettier-ignore
  ['qconv2d without a step', () => convolution({ stride: none }), /stride must be positive/],
  ['qconv2d without scales', () => convolution({ scale: ones(0) }), /w_scale must have 1 number or 4, got 0/],
  ['qconv2d with groups without end', () => convolution({ groups: 2 ** 40 }), /groups do not fit the weight/],
  ['qconv2d of a tensor without data', () => convolution({ x: meta(1, 3, 5, 5) }), /on one device/],
  ['qconv2d with a bias without data', () => convolution({ bias: torch.empty([4], { device: 'meta' }) as Tensor }), /on one device/], // prettier-ignore
  [
    '_weight_int8pack_mm whose columns are no multiple of 16',
    () => aten._weight_int8pack_mm(half(2, 20), int8(16, 20), half(16)),
    /must be a multiple of 16, got 20/,
  ],
  [
    '_weight_int4pack_mm_for_cpu without scales',
    () => aten._weight_int4pack_mm_for_cpu(half(2, 64), packed4(), 32, scales4(0)),
    /a row for each 32 columns/,
  ],
  [
    '_weight_int4pack_mm_for_cpu with scales for a half',
    () => aten._weight_int4pack_mm_for_cpu(half(2, 64), packed4(), 32, scales4(1)),
    /a row for each 32 columns/,
  ],
  ['_dyn_quant_matmul_4bit without columns', () => dynamic4(ones(2, 0)), /must be in_features, 32/],
])('%s is an error', (_, call, message) => {
  expect(call).toThrow(message);
});

test.each<[name: string, call: () => Tensor, values: unknown]>([
  ['conv2d_run', () => (prepacked.conv2d_run(ones(1, 3, 5, 5), prepack()) as Tensor).flatten().slice(0, 0, 1), [28]], // prettier-ignore
  ['a transposed convolution', () => transposed(ones(1, 1, 1, 1), ones(1, 2, 1, 1)).flatten(), [1, 1]],
  ['qlinear', () => linear(uint8(1, 3), linearWeight()), [[3, 3]]],
  ['qlinear with one scale', () => linear(uint8(1, 3), linearWeight(), numbers(2), zeros(1)), [[6, 6]]],
  ['linear_dynamic_fp16', () => onednn.linear_dynamic_fp16(ones(1, 3), packed16(), ones(2)) as Tensor, [[4, 4]]], // prettier-ignore
  ['_mkl_linear', () => ops.mkl._mkl_linear(ones(1, 3), ops.mkl._mkl_reorder_linear_weight(ones(2, 3), 1), ones(2, 3), ones(2), 1) as Tensor, [[4, 4]]], // prettier-ignore
  ['_convert_indices_from_csr_to_coo', () => aten._convert_indices_from_csr_to_coo(tensor([0n, 2n, 3n]), tensor([0n, 1n, 1n])) as Tensor, [[0, 0, 1], [0, 1, 1]]], // prettier-ignore
  ['_convolution_pointwise', () => (mkldnn._convolution_pointwise(ones(1, 3, 5, 5), ones(4, 3, 3, 3), null, none, pair, pair, 1, 'none', [], '') as Tensor).flatten().slice(0, 0, 2), [27, 27]], // prettier-ignore
  ['_convolution_pointwise of groups', () => (mkldnn._convolution_pointwise(ones(1, 4, 5, 5), ops.mkldnn._reorder_convolution_weight(ones(4, 2, 3, 3), none, pair, pair, 2, [1, 4, 5, 5]), null, none, pair, pair, 2, 'none', [], '') as Tensor).flatten().slice(0, 0, 2), [18, 18]], // prettier-ignore
  ['qconv2d', () => convolution().flatten().slice(0, 0, 2), [27, 27]],
  ['_weight_int8pack_mm', () => aten._weight_int8pack_mm(half(1, 32), int8(2, 32), half(2)) as Tensor, [[32, 32]]], // prettier-ignore
  ['_weight_int8pack_mm of 20 columns in float32', () => aten._weight_int8pack_mm(ones(1, 20), int8(2, 20), ones(2)) as Tensor, [[20, 20]]], // prettier-ignore
  [
    '_weight_int4pack_mm_for_cpu',
    () =>
      (aten._weight_int4pack_mm_for_cpu(half(1, 64), packed4(), 32, scales4(2)) as Tensor)
        .flatten()
        .slice(0, 0, 2),
    [-384, -384],
  ],
  ['_dyn_quant_matmul_4bit', () => (dynamic4(ones(1, 32)) as Tensor).isfinite().all(), true],
])('%s is computed', (_, call, values) => {
  expect(call().tolist()).toEqual(values);
});
