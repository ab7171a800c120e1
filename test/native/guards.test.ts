// Arguments that end the process in Python. `npm run fuzz` finds such calls; each kind has its rows here, and beside
// them calls of the same operators that are right, with Python's results.
import { vmap } from '../../lib/func';
import { ops, tensor, type Tensor, torch, dtypes, layouts } from './support/torch';

const aten = ops.aten;
const trusting = ops.unsafe.aten;
const ones = (...shape: number[]) => torch.ones(shape) as Tensor;
const int64 = (...values: (number | bigint)[]) => tensor(values.map((value) => BigInt(value)));
const int32 = (...values: number[]) => tensor(values, { dtype: dtypes.int32 });
const noneOf = tensor([], { dtype: dtypes.int64 });
const least = -(2n ** 63n);
const quantized = (...shape: number[]) => torch.quantizePerTensor(ones(...shape), 0.1, 0, dtypes.quint8);
/** What is quantized, and where the least and the greatest of its rows, or of all of it, are noted. */
const observed = (name: string, x: Tensor, running: Tensor, axis: number, perRow: boolean): Tensor => {
  const [on, greatest] = [int64(1), running.clone()];
  const [scale, zero] = [ones(running.numel()), running.clone().to('int32')];
  const all = [x, on, on, running, greatest, scale, zero, 0.5, 0, 255, axis, perRow, false];
  const given = aten[name](...all) as Tensor | Tensor[];
  return Array.isArray(given) ? given[0] : given;
};

test.each<[name: string, call: () => unknown, message: RegExp]>([
  [
    'native_channel_shuffle on the meta device, of no groups',
    () => aten.native_channel_shuffle(torch.ones([1, 2, 3], { device: 'meta' }), 0),
    /Number of groups to divide channels in must be positive. Value of groups:0/,
  ],
  ...[
    ['kernel_size', [], undefined, undefined],
    ['stride', [2, 2, 2], [1], undefined],
    ['padding', [2, 2, 2], [1, 1, 1], [0, 0]],
  ].map(([name, kernelSize, stride, padding]): [string, () => unknown, RegExp] => [
    `slow_conv3d of another number of sizes: ${name as string}`,
    () => aten.slow_conv3d(ones(1, 2, 4, 4, 4), ones(2, 2, 2, 2, 2), kernelSize, { stride, padding }),
    new RegExp(`It is expected ${name as string} equals to 3, but got size`),
  ]),
  ...['legendre_polynomial_p', 'laguerre_polynomial_l'].flatMap((name): [string, () => unknown, RegExp][] => [
    [
      `${name} of an order without end`,
      () => aten[`special_${name}`](ones(1).div(2), ones(1).mul(2 ** 62)),
      /n must not be beyond 1048576/,
    ],
    [
      `${name} of that order as a number, into out`,
      () => aten[`special_${name}.n_scalar_out`](ones(1).div(2), 2 ** 40, { out: ones(1) }),
      /n must not be beyond 1048576/,
    ],
    [
      `${name} of a number, and that order`,
      () => aten[`special_${name}.x_scalar`](0.5, ones(2).mul(Infinity)),
      /n must not be beyond 1048576/,
    ],
  ]),
  ...['t', 'u', 'v', 'w'].flatMap((name): [string, () => unknown, RegExp][] => [
    [
      `chebyshev_polynomial_${name} just outside of its interval`,
      () =>
        aten[`special_chebyshev_polynomial_${name}`](
          ones(1)
            .double()
            .add(2 ** -52),
          2 ** 50,
        ),
      /n must not be beyond 1048576/,
    ],
    [
      `shifted_chebyshev_polynomial_${name} at the end of its interval`,
      () => aten[`special_shifted_chebyshev_polynomial_${name}`](ones(1).double().mul(1e-300), 2 ** 50),
      /n must not be beyond 1048576/,
    ],
  ]),
  [
    'nll_loss2d_backward of a class that is none',
    () =>
      aten.nll_loss2d_backward(
        ...[ones(1, 1, 2), ones(1, 2, 1, 2), int64(0, 2 ** 31).reshape([1, 1, 2]), null, 0, -100, ones()],
      ),
    /a target is not one of 2 classes/,
  ],
  [
    'nll_loss_backward of a class that is none',
    () => aten.nll_loss_backward(ones(2), ones(2, 3), int64(-1, 3), null, 0, -1, ones()),
    /a target is not one of 3 classes/,
  ],
  [
    '_logcumsumexp into another dtype',
    () => aten['_logcumsumexp.out'](ones(4, 3).to('complex128'), 0, { out: ones(1).bool() }),
    /out must have the dtype of self/,
  ],
  ...['_cummax_helper', '_cummin_helper'].map((name): [string, () => unknown, RegExp] => [
    `${name} into fewer values`,
    () => aten[name](ones(300, 200), ones(1), ones(300, 200).long(), 0),
    /values must have the shape of self/,
  ]),
  ...['multi', 'multilabel'].map((name): [string, () => unknown, RegExp] => [
    `${name}_margin_loss_backward of no gradient`,
    () =>
      name === 'multi'
        ? aten.multi_margin_loss_backward(ones(0), ones(2, 3), int64(0, 1), 1, 1)
        : aten.multilabel_margin_loss_backward(ones(0), ones(2, 3), ones(2, 3).long(), 1, ones(2, 3)),
    /grad_output must have 1 elements/,
  ]),
  [
    'multi_margin_loss_backward of fewer gradients than rows',
    () => aten.multi_margin_loss_backward(ones(1), ones(2, 3), int64(0, 1), 1, 1, null, 0),
    /grad_output must have 2 elements/,
  ],
  ...['matrix_power', 'linalg_matrix_power'].map((name): [string, () => unknown, RegExp] => [
    `${name} of the smallest integer`,
    () => aten[name](torch.eye(2), least),
    /n must not be the smallest integer/,
  ]),
  [
    '_weight_norm_interface_backward of other shapes',
    () => aten._weight_norm_interface_backward(ones(), ones(0), ones(3), ones(4), 0),
    /saved_v must have elements/,
  ],
  [
    '_weight_norm_interface_backward of fewer norms',
    () => aten._weight_norm_interface_backward(ones(4, 2), ones(4, 2), ones(4), ones(1), 0),
    /saved_norms must have an element for each slice/,
  ],
  ...['', '_backward'].map((end): [string, () => unknown, RegExp] => [
    `_upsample_bilinear2d_aa${end} to a size that is not that of the scale`,
    () =>
      aten[`_upsample_bilinear2d_aa${end}`](
        ...[ones(1, 1, end ? 1000 : 10, 20), [1000, 20], ...(end ? [[1, 1, 10, 20]] : []), false, 1.7, null],
      ),
    /does not fit an input of size 10 and the scale 1.7/,
  ]),
  ...['upsample_nearest2d', 'upsample_bilinear2d', '_upsample_nearest_exact2d'].map(
    (name): [string, () => unknown, RegExp] => [
      `${name} of a quantized tensor beyond all numbers`,
      () => aten[name](...[quantized(1, 1, 2, 2), [2n ** 63n - 1n, 4], ...(name[9] === 'b' ? [true] : [])]),
      /overflow/,
    ],
  ),
  ...[2, 3].map((dims): [string, () => unknown, RegExp] => [
    `_adaptive_avg_pool${dims}d to fewer sizes`,
    () => aten[`_adaptive_avg_pool${dims}d`](quantized(1, 1, 2, 2, 2), [1]),
    /output_size must have/,
  ]),
  ...['lstm', 'gru'].map((name): [string, () => unknown, RegExp] => [
    `_thnn_differentiable_${name}_cell_backward of too few gates`,
    () =>
      aten[`_thnn_differentiable_${name}_cell_backward`](
        ...(name === 'lstm' ? [null, null] : [ones(5, 2)]),
        ...[ones(5, 2), ones(5, 2), ...(name === 'gru' ? [ones(5, 2)] : []), null, null],
        ...(name === 'lstm' ? [ones(5, 2), ones(5, 2)] : []),
      ),
    /input_gates must have [34] columns for each of the state/,
  ]),
  [
    '_nested_compute_contiguous_strides_offsets of no matrix',
    () => aten._nested_compute_contiguous_strides_offsets(ones(5, 3, 0).long()),
    /nested_size must be a contiguous matrix/,
  ],
  [
    'embedding_bag that leaves out the last, without offsets',
    () => aten.embedding_bag(ones(5, 5), int64(1, 2), noneOf, false, 0, false, null, false, -1),
    /offsets must not be empty/,
  ],
  ['_chunk_cat of a number', () => aten._chunk_cat([ones()], -1, 5), /cannot be cut into chunks/],
  [
    'copy into compressed rows',
    () => aten.copy(ones(4, 5).toSparseCsr(), ones(4, 5)),
    /does not take tensors of layout SparseCsr/,
  ],
  [
    'a list copied into compressed rows',
    () => aten._foreach_copy([ones(4, 5).toSparseCsr()], [ones(4, 5)]),
    /does not take tensors of layout SparseCsr/,
  ],
  [
    'replication_pad2d to no columns of many rows',
    () => aten.replication_pad2d(ones(1, 1, 3, 3), [-3, 0, 0, 2 ** 40]),
    /leaves nothing of an input of the shape \[1, 1, 3, 3\]/,
  ],
  [
    '_batch_norm_no_update without statistics',
    () => aten._batch_norm_no_update(ones(5, 1, 2).half(), null, null, null, null, 0.1, 2),
    /running_mean must have an element for each channel/,
  ],
  [
    '_saturate_weight_to_fp16 of nothing',
    () => aten._saturate_weight_to_fp16(ones(5, 4, 0)),
    /must be a matrix/,
  ],
  [
    'luUnpack of other batches',
    () => torch.luUnpack(ones(0, 3, 5), int32(1, 2, 3).expand([3, 3])),
    /pivots must have the batches of the factors/,
  ],
  [
    'as_strided_ beyond all numbers',
    () => aten.as_strided_(ones(8, 3), [3], [2n ** 62n]),
    /Storage size calculation overflowed/,
  ],
  ...['fused_moving_avg_obs_fake_quant', '_fused_moving_avg_obs_fq_helper'].flatMap(
    (name): [string, () => unknown, RegExp][] => [
      [`${name} of an axis that is none`, () => observed(name, ones(2, 3, 4), ones(2), -5, true), /ch_axis/],
      [`${name} of fewer rows`, () => observed(name, ones(9, 3), ones(1), 0, true), /must have 9 elements/],
      [
        `${name} that sees into nothing`,
        () => observed(name, ones(9, 3), ones(0), 0, false),
        /have 1 elements/,
      ],
    ],
  ),
  [
    'random_ from the largest integer on',
    () => aten['random_.from'](ones(2), 2n ** 63n - 1n, null),
    /from must be below the largest integer/,
  ],
  [
    'the bits of a quantized tensor as another dtype',
    () => aten['view_copy.dtype'](torch.quantizePerTensor(ones(2), 0.1, 0, dtypes.quint8), dtypes.int8),
    /not implemented for quantized tensors/,
  ],
  [
    'cat of nothing into a quantized tensor',
    () => aten['cat.out']([], { out: torch.quantizePerTensor(ones(2), 0.1, 0, dtypes.quint8) }),
    /expected a non-empty list of Tensors/,
  ],
  [
    'attention of no queries',
    () =>
      aten._scaled_dot_product_flash_attention_for_cpu(ones(1, 2, 0, 2), ones(1, 2, 3, 2), ones(1, 2, 3, 2)),
    /query and key must not be empty/,
  ],
  ...['sparse_coo_tensor', '_sparse_coo_tensor_unsafe'].map((name): [string, () => unknown, RegExp] => [
    `${name} of an index out of range`,
    () => aten[name](int64(7).reshape([1, 1]), ones(1), [3]),
    /size is inconsistent with indices/,
  ]),
  [
    '_sparse_coo_tensor_with_dims_and_tensors of an index out of range',
    () =>
      aten._sparse_coo_tensor_with_dims_and_tensors(1, 0, [3], int64(-1).reshape([1, 1]), ones(1), {
        layout: layouts.sparseCoo,
      }),
    /found negative index/,
  ],
  ...['sparse_csr_tensor', '_sparse_csr_tensor_unsafe', '_sparse_compressed_tensor_unsafe'].map(
    (name): [string, () => unknown, RegExp] => [
      `${name} of a column out of range`,
      () => aten[name](int64(0, 1), int64(99), ones(1), [1, 3], { layout: layouts.sparseCsr }),
      /0 <= col_indices < ncols/,
    ],
  ),
  [
    'sparse_compressed_tensor of rows that are none, without a size',
    () => aten.sparse_compressed_tensor(int64(0, 9), int64(0), ones(1), { layout: layouts.sparseCsr }),
    /crow_indices\[..., -1\] == nnz/,
  ],
  [
    'embedding_dense_backward that counts an index beyond the rows',
    () => aten.embedding_dense_backward(ones(1, 5), int64(99), 10, -1, true),
    /indices are out of range/,
  ],
  [
    'fbgemm_pack_gemm_matrix_fp16 of four dimensions',
    () => aten.fbgemm_pack_gemm_matrix_fp16(ones(4, 5, 0, 3)),
    /must be a matrix/,
  ],
  [
    'fbgemm_linear_quantize_weight of nothing',
    () => aten.fbgemm_linear_quantize_weight(ones(0, 5)),
    /must be a matrix/,
  ],
  [
    'fbgemm_pack_quantized_matrix of one dimension',
    () => aten.fbgemm_pack_quantized_matrix(ones(3).to('int8')),
    /must be a matrix/,
  ],
  [
    'adaptive_max_pool3d_backward of indices that lie elsewhere',
    () =>
      aten.adaptive_max_pool3d_backward(
        ones(2, 3, 3, 3),
        ones(2, 5, 6, 7),
        torch.zeros([1]).long().expand([2, 3, 3, 3]),
      ),
    /indices must be contiguous/,
  ],
  ...(['trunc', 'floor'] as const).map((roundingMode): [string, () => unknown, RegExp] => [
    `div ${roundingMode}`,
    () => int64(least, 4).div(int64(-1, 2), { roundingMode }),
    /aten::div: the smallest integer/,
  ]),
  ['floorDivide_', () => int32(-(2 ** 31)).floorDivide_(int32(-1)), /floor_divide_: the smallest integer/],
  ['remainder by a number', () => int64(least).remainder(-1), /remainder: the smallest integer/],
  ['fmod', () => int64(least).fmod(int64(-1)), /fmod: the smallest integer/],
  [
    'remainder of a number',
    () => aten['remainder.Scalar_Tensor'](least, int64(-1)),
    /remainder: the smallest integer/,
  ],
  ['luUnpack of row 0', () => torch.luUnpack(ones(3, 3), int32(0, 1, 2)), /pivots must be between 1 and 3/],
  ['luUnpack of too few', () => torch.luUnpack(ones(6, 5), int32()), /pivots must have a number/],
  [
    'linalg.luSolve',
    () =>
      torch.linalg_lu_solve?.(ones(2, 2), int32(1, 7), ones(2, 1)) ??
      aten.linalg_lu_solve(ones(2, 2), int32(1, 7), ones(2, 1)),
    /pivots must be between 1 and 2/,
  ],
  [
    'segmentReduce beyond the data',
    () => aten.segment_reduce(ones(4), 'sum', { offsets: int64(0, 9) }),
    /offsets reach beyond the axis/,
  ],
  [
    'segmentReduce, unsafe, beyond the data',
    () => aten.segment_reduce(ones(4), 'sum', { lengths: int64(9), unsafe: true }),
    /lengths reach beyond the axis/,
  ],
  [
    '_segment_reduce_backward',
    () => aten._segment_reduce_backward(ones(0), ones(2), ones(4), 'max', { lengths: int64(2, 2) }),
    /grad must have the shape \[2\]/,
  ],
  [
    'nativeBatchNorm in training',
    () => aten.native_batch_norm(ones(2, 3), null, null, ones(2), ones(2), true, 0.1, 1e-5),
    /running_mean must have an element for each channel/,
  ],
  [
    '_native_batch_norm_legit with a bias of another size',
    () => aten._native_batch_norm_legit(ones(3, 2, 4), ones(2), ones(0), ones(2), ones(2), false, 1, 1),
    /bias must have an element for each channel/,
  ],
  [
    'native_layer_norm_backward',
    () =>
      aten.native_layer_norm_backward(ones(1, 3), ones(1, 3), [3], ones(0), ones(1), null, null, [
        true,
        true,
        true,
      ]),
    /mean must have an element for each row/,
  ],
  [
    'adaptive_max_pool3d_backward of an empty input',
    () =>
      aten.adaptive_max_pool3d_backward(ones(2, 3, 3, 3), ones(2, 5, 0, 7), torch.zeros([2, 3, 3, 3]).long()),
    /is empty|Expected input to have non-zero size/,
  ],
  [
    '_adaptive_avg_pool2d_backward with other channels',
    () => aten._adaptive_avg_pool2d_backward(ones(2, 8, 8, 7), ones(2, 7, 8, 8)),
    /as many batches and channels/,
  ],
  [
    'max_pool2d_with_indices_backward with wild indices',
    () =>
      aten.max_pool2d_with_indices_backward(
        ...[ones(1, 2, 2), ones(1, 4, 4), [2], [2], [0], [1], false, torch.full([1, 2, 2], 99).long()],
      ),
    /indices are out of range/,
  ],
  [
    'replication_pad1d_backward',
    () => aten.replication_pad1d_backward(ones(3, 0), ones(3, 3), [0, 1]),
    /grad_output has the shape \[3, 0\], and \[3, 4\] was expected/,
  ],
  [
    '_embedding_bag with offsets that lie apart',
    () => aten._embedding_bag(ones(12, 5), int64(1, 5), int64(0).expand([2])),
    /offsets must be contiguous/,
  ],
  [
    '_embedding_bag_per_sample_weights_backward',
    () =>
      aten._embedding_bag_per_sample_weights_backward(
        ones(2, 5),
        ones(10, 5),
        int64(99),
        int64(0),
        int64(0),
        0,
      ),
    /indices are out of range/,
  ],
  ['_pdist_forward of three dimensions', () => aten._pdist_forward(ones(5, 5, 0)), /self must be a matrix/],
  [
    'gelu_backward of two shapes',
    () => aten.gelu_backward(ones(10, 10), ones(10, 10, 1)),
    /the shape of self/,
  ],
  [
    'attention of other features',
    () =>
      aten._scaled_dot_product_flash_attention_for_cpu(ones(1, 2, 3, 4), ones(1, 2, 3, 5), ones(1, 2, 3, 4)),
    /as many batches and features/,
  ],
  ...['_neg_view', '_neg_view_copy', '_conj', '_conj_copy'].map((name): [string, () => unknown, RegExp] => [
    `${name} of a quantized tensor`,
    () => aten[name](torch.quantizePerTensor(ones(2), 0.1, 0, dtypes.quint8)),
    /not implemented for quantized tensors/,
  ]),
])('%s is an error', (_, call, message) => {
  expect(call).toThrow(message);
});

test.each<[name: string, call: () => Tensor, values: unknown]>([
  [
    'an order of Chebyshev by its closed form, as long as x is in the interval',
    () => aten.special_chebyshev_polynomial_t(ones(2).double().mul(0), 2 ** 22),
    [1, 1],
  ],
  ['numbers from one on', () => aten['random_.from'](ones(2).to('int8'), 126, null).ge(126), [true, true]],
  ['Legendre', () => aten.special_legendre_polynomial_p(tensor([0.5, -1]), 3), [-0.4375, -1]],
  [
    'upsampling by a scale, antialiased',
    () => aten._upsample_bilinear2d_aa(tensor([[[[1, 3]]]]), [1, 4], false, 1, 2),
    [[[[1, 1.5, 2.5, 3]]]],
  ],
  ['a quantized tensor twice as large', () => aten.upsample_nearest2d(quantized(1, 1, 1, 1), [1, 2]).dequantize(), [[[[1, 1]]]]], // prettier-ignore
  ['a power', () => aten.linalg_matrix_power(torch.eye(1).mul(2), -2), [[0.25]]],
  [
    'a gradient by margins, of each row',
    () => aten.multi_margin_loss_backward(ones(2), ones(2, 2), int64(0, 1), 1, 1, null, 0),
    [
      [-0.5, 0.5],
      [0.5, -0.5],
    ],
  ],
  ['chunks of a list', () => aten._chunk_cat([ones(2), ones(1)], 0, 2), [[1, 1], [1, 0]]], // prettier-ignore
  ['a tensor as it lies otherwise', () => aten.as_strided_(int64(1, 2, 3), [2], [2]), [1, 3]],
  [
    'the rows that an observer has not seen yet',
    () => observed('fused_moving_avg_obs_fake_quant', ones(2, 1), ones(0), 0, true),
    [[1], [1]],
  ],
  [
    'a gradient of classes, one of them ignored',
    () => aten.nll_loss_backward(ones(2), ones(2, 2), int64(-100, 1), null, 0, -100, ones()),
    [
      [0, 0],
      [0, -1],
    ],
  ],
  [
    'a sparse tensor of its parts',
    () => aten._sparse_coo_tensor_unsafe(int64(2, 0).reshape([1, 2]), tensor([5, 6]), [3]).toDense(),
    [6, 0, 5],
  ],
  [
    'a sparse tensor whose indices nobody looks at',
    () => trusting._sparse_coo_tensor_unsafe(int64(7).reshape([1, 1]), ones(1), [3])._values(),
    [1],
  ],
  [
    'division inside of vmap, which shows no numbers',
    () => vmap((x: Tensor, y: Tensor) => x.floorDivide(y))(int64(7, -7, 5), int64(2, -1, 3)) as Tensor,
    [3, 7, 1],
  ],
  [
    'eigenvalues inside of vmap',
    () => vmap((x: Tensor) => aten.linalg_eigvals(x).real as Tensor)(ones(2, 1, 1)) as Tensor,
    [[1], [1]],
  ],
  [
    'embedding_dense_backward',
    () => aten.embedding_dense_backward(ones(2, 1), int64(1, 1), 2, -1, true),
    [[0], [1]],
  ],
  ['fbgemm_linear_quantize_weight', () => aten.fbgemm_linear_quantize_weight(ones(1, 2))[1], [510]],
  ['the least integer by 1', () => int64(least).div(1, { roundingMode: 'trunc' }), [least]],
  ['-1 by others', () => int64(7, -7).floorDivide(-1), [-7, 7]],
  ['remainder', () => int64(7, -7).remainder(-1), [0, 0]],
  ['the least int8 by -1, which wraps', () => tensor([-128], { dtype: dtypes.int8 }).floorDivide(-1), [-128]],
  [
    'embeddingBag without offsets, whose sums are none',
    () => torch.embeddingBag(ones(5, 5), int64(1, 2), noneOf)[0],
    [],
  ],
  ['true division', () => int64(4).div(-1), [-4]],
  [
    'segments by offsets',
    () => aten.segment_reduce(tensor([1, 2, 3, 4]), 'sum', { offsets: int64(0, 1, 4) }),
    [1, 9],
  ],
  ['a permutation by luUnpack', () => torch.luUnpack(ones(2, 2), int32(2, 2))[0].flatten(), [0, 1, 1, 0]],
  [
    'a gradient of adaptive pooling',
    () => aten._adaptive_avg_pool2d_backward(ones(1, 1, 1), ones(1, 2, 2)).flatten(),
    [0.25, 0.25, 0.25, 0.25],
  ],
  [
    'a gradient of padding',
    () => aten.replication_pad1d_backward(ones(1, 4), ones(1, 3), [0, 1]).flatten(),
    [1, 1, 2],
  ],
])('%s is computed', (_, call, values) => {
  expect(call().tolist()).toEqual(values);
});
