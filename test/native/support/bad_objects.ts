// Objects of the classes that libtorch has, for calls that must not crash.
import { quint4x2, quint8, qint8 } from '../../../lib/core/dtype';
import * as aten from '../../../lib/tensor/aten';
import { tensor } from '../../../lib/tensor/creation';
import { ops } from '../../../lib/tensor/operators';
import { type Tensor } from '../../../lib/tensor';

type Make = () => unknown;

const wave = (shape: readonly number[]): Tensor =>
  aten
    .arange(shape.reduce((a, b) => a * b, 1))
    .mul(0.7)
    .sin()
    .reshape(shape);
const quantized = (shape: readonly number[], dtype = qint8): Tensor =>
  aten.quantizePerTensor(wave(shape), 0.02, dtype === qint8 ? 0 : 60, dtype);
const table = (dtype: typeof quint8): Tensor =>
  aten.quantizePerChannel(wave([10, 4]), wave([10]).abs().add(0.1), wave([10]).add(7), 0, dtype);

/** By the name that messages have for the class. Also adds quantized tensors to `tensors`. */
export function absurdObjects(tensors: Make[]): Map<string, Make[]> {
  for (const shape of [
    [],
    [0],
    [3],
    [3, 4],
    [0, 4],
    [4, 4],
    [2, 4, 6],
    [2, 4, 6, 6],
    [0, 4, 6, 6],
    [1, 4, 3, 3, 3],
  ]) {
    tensors.push(
      () => quantized(shape),
      () => quantized(shape, quint8),
    );
  }
  tensors.push(
    () => table(quint8),
    () => table(quint4x2),
  );
  const { quantized: q, mkldnn_prepacked, profiler } = ops;
  const linear = (rows = 5, columns = 4, bias: Tensor | null = tensor([1, 2, 3, 4, 5])): unknown =>
    q.linear_prepack(quantized([rows, columns]), bias);
  const gates = (): unknown => linear(16, 4, wave([16]));
  const list = (count: number, value: number): number[] => new Array<number>(count).fill(value);
  const conv = (name: string, dims: number) => (): unknown =>
    q[`${name}${dims}d_prepack`](
      quantized([4, name === 'conv' ? 2 : 4, ...list(dims, 2)]),
      null,
      list(dims, 1),
      list(dims, 0),
      ...(name === 'conv' ? [] : [list(dims, 0)]),
      list(dims, 1),
      name === 'conv' ? 2 : 1,
    );
  return new Map<string, Make[]>([
    ['torch.classes.quantized.LinearPackedParamsBase', [linear, () => linear(3, 3, null), gates, fp16]],
    [
      'torch.classes.quantized.Conv2dPackedParamsBase',
      [conv('conv', 2), conv('conv', 1), conv('conv_transpose', 2)],
    ],
    ['torch.classes.quantized.Conv3dPackedParamsBase', [conv('conv', 3), conv('conv_transpose', 3)]],
    [
      'torch.classes.quantized.EmbeddingPackedParamsBase',
      [() => q.embedding_bag_prepack(table(quint8)), () => q.embedding_bag_prepack(table(quint4x2))],
    ],
    [
      'torch.classes.rnn.CellParamsBase',
      [
        () => q.make_quantized_cell_params_dynamic(gates(), gates(), wave([16]), wave([16]), false),
        () => q.make_quantized_cell_params_dynamic(linear(), gates(), wave([5]), wave([16]), true),
        () => q.make_quantized_cell_params_fp16(fp16(), fp16()),
        () => q.make_quantized_cell_params(wave([16, 4]), wave([16, 4]), wave([16]), wave([16])),
      ],
    ],
    [
      'torch.classes.mkldnn.ConvOpContext',
      [
        () =>
          mkldnn_prepacked.conv2d_prepack(
            wave([4, 2, 2, 2]),
            null,
            [1, 1],
            [0, 0],
            [1, 1],
            2,
            [1, 4, 6, 6],
            'none',
          ),
      ],
    ],
    ['torch.classes.profiler._RecordFunction', [() => profiler._record_function_enter_new('name')]],
  ]);

  function fp16(): unknown {
    return q.linear_prepack_fp16(wave([5, 4]), null);
  }
}
