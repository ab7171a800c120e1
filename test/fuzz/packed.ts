// Looks for calls that end the process among operators given packed weights and opaque tensors of the wrong origin:
//
//     npx tsx test/fuzz/packed.ts [SEED] [CALLS]
//
// A child makes the calls, and writes down each before it; when it dies, the next child goes on behind it. Prints each that
// died, and ends with 1 if one did.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { operator } from '../../lib/native/dispatch';
import * as torch from '../../lib';
import { native } from '../../lib/native';
import { camelCase } from '../../lib/core/names';
import { bundle, childEnvironment } from '../native/support/child';
import { modes, random } from '../native/support/bad_values';
import type { Parameter } from './mutate';

type Make = () => unknown;
type Tensor = torch.Tensor;
const ops = torch.ops as unknown as Record<string, Record<string, (...args: unknown[]) => unknown>>;
const ones = (...shape: number[]): Tensor => torch.ones(shape);
const int8 = (...shape: number[]): Tensor => torch.ones(shape, { dtype: torch.int8 });
const quantized = (...shape: number[]): Tensor =>
  torch.quantizePerTensor(ones(...shape), 0.1, 0, torch.qint8);
const activation = (...shape: number[]): Tensor =>
  torch.quantizePerTensor(ones(...shape), 0.1, 0, torch.quint8);
const perRow = (...shape: number[]): Tensor => torch.quantizePerChannel(ones(...shape), ones(shape[0]).mul(0.1), torch.zeros([shape[0]], { dtype: torch.int64 }), 0, torch.qint8); // prettier-ignore

const pair = [1, 1];
const none = [0, 0];
/** What is packed, and what may be taken for it. */
const tensors: Record<string, Make> = {
  plain: () => ones(2, 3),
  column: () => ones(1000, 1),
  four: () => ones(1, 3, 5, 5),
  three: () => ones(1, 3, 5),
  five: () => ones(1, 3, 5, 5, 5),
  number: () => ones(),
  empty: () => ones(0),
  noRows: () => ones(0, 3),
  kernel: () => ones(4, 3, 3, 3),
  int8: () => int8(2, 3),
  uint8: () => torch.ones([4, 3], { dtype: torch.uint8 }),
  uint8Image: () => torch.ones([1, 3, 5, 5], { dtype: torch.uint8 }),
  int32: () => torch.ones([2, 3], { dtype: torch.int32 }),
  int64: () => torch.ones([3], { dtype: torch.int64 }),
  half: () => ones(2, 3).half(),
  bfloat16: () => ones(2, 3).bfloat16(),
  opaque: () => ones(2, 3).toMkldnn(),
  opaqueColumn: () => ones(1000, 1).toMkldnn(),
  opaqueImage: () => ones(1, 3, 5, 5).toMkldnn(),
  opaqueVolume: () => ones(1, 3, 5, 5, 5).toMkldnn(),
  opaqueKernel: () => ones(4, 3, 3, 3).toMkldnn(),
  opaqueNumber: () => ones(1).toMkldnn(),
  opaqueEmpty: () => ones(0, 3).toMkldnn(),
  opaqueHalf: () => ones(2, 3).bfloat16().toMkldnn(),
  opaqueInt8: () => int8(2, 3).toMkldnn(),
  quantized: () => quantized(2, 3),
  activation: () => activation(2, 3),
  quantizedImage: () => activation(1, 3, 5, 5),
  quantizedKernel: () => quantized(4, 3, 3, 3),
  perRow: () => perRow(2, 3),
  sparse: () => ones(2, 3).toSparse(),
  csr: () => ones(2, 3).toSparseCsr(),
  meta: () => torch.empty([2, 3], { device: 'meta' }),
  nested: () => ops.aten._nested_tensor_from_tensor_list([ones(2, 3), ones(1, 3)]),
  byMkl: () => ops.mkl._mkl_reorder_linear_weight(ones(2, 3), 4),
  linearWeight: () => ops.mkldnn._reorder_linear_weight(ones(2, 3), 4),
  convWeight: () =>
    ops.mkldnn._reorder_convolution_weight(ones(4, 3, 3, 3), none, pair, pair, 1, [1, 3, 5, 5]),
  transposedWeight: () => ops.mkldnn._reorder_convolution_transpose_weight(ones(4, 3, 3, 3), none, none, pair, pair, 1, [1, 4, 5, 5]), // prettier-ignore
  lstmWeights: () => (ops.mkldnn._reorder_mkldnn_rnn_layer_weight(ones(16, 3), ones(16, 4), 4, false, true, false) as unknown[])[0], // prettier-ignore
  qlinear: () => ops.onednn.qlinear_prepack(int8(2, 3), [4, 3]),
  qconv: () => ops.onednn.qconv_prepack(int8(4, 3, 3, 3), ones(4), 1, 0, pair, none, pair, 1, [1, 3, 5, 5]),
  halfLinear: () => ops.onednn.linear_prepack_fp16(ones(2, 3).half(), [4, 3]),
  fbgemmHalf: () => ops.aten.fbgemm_pack_gemm_matrix_fp16(ones(2, 3)),
  fbgemmInt8: () => ops.aten.fbgemm_pack_quantized_matrix(int8(2, 3)),
  int4: () => ops.aten._convert_weight_to_int4pack_for_cpu(torch.ones([32, 64], { dtype: torch.int32 }), 2),
  dynamic4: () => ops.aten._dyn_quant_pack_4bit_weight(torch.ones([16, 16], { dtype: torch.uint8 }), ones(16, 1), null, 32, 32, 16), // prettier-ignore
  bagBytes: () => ops.quantized.embedding_bag_byte_prepack(ones(4, 8)),
  bag4: () => ops.quantized.embedding_bag_4bit_prepack(ones(4, 8)),
  bag2: () => ops.quantized.embedding_bag_2bit_prepack(ones(4, 8)),
};
const conv = (name: string, weight: Tensor, n: number): unknown => {
  const list = (value: number): number[] => Array.from({ length: n }, () => value);
  const transposed = name.includes('transpose') ? [list(0)] : [];
  return ops.quantized[name](weight, null, list(1), list(0), ...transposed, list(1), 1);
};
const objects: Record<string, Make> = {
  linear: () => ops.quantized.linear_prepack(quantized(2, 3), ones(2)),
  linearRows: () => ops.quantized.linear_prepack(perRow(2, 3), null),
  linearHalf: () => ops.quantized.linear_prepack_fp16(ones(2, 3), null),
  conv1d: () => conv('conv1d_prepack', quantized(4, 3, 3), 1),
  conv2d: () => conv('conv2d_prepack', quantized(4, 3, 3, 3), 2),
  conv3d: () => conv('conv3d_prepack', quantized(4, 3, 3, 3, 3), 3),
  convTranspose1d: () => conv('conv_transpose1d_prepack', quantized(3, 4, 3), 1),
  convTranspose2d: () => conv('conv_transpose2d_prepack', quantized(3, 4, 3, 3), 2),
  convTranspose3d: () => conv('conv_transpose3d_prepack', quantized(3, 4, 3, 3, 3), 3),
  embedding: () => ops.quantized.embedding_bag_prepack(torch.quantizePerChannel(ones(4, 8), ones(4), torch.zeros([4]), 0, torch.quint8)), // prettier-ignore
  sparseLinear: () => ops.sparse.qlinear_prepack(quantized(4, 4), null, 1, 4),
  cell: () => ops.quantized.make_quantized_cell_params_dynamic(objects.linear(), objects.linear(), ones(2), ones(2), false), // prettier-ignore
  cellHalf: () => ops.quantized.make_quantized_cell_params_fp16(objects.linearHalf(), objects.linearHalf()),
  prepackedLinear: () => ops.prepacked.linear_clamp_prepack(ones(2, 3), null, null, null),
  prepackedConv: () =>
    ops.prepacked.conv2d_clamp_prepack(ones(4, 3, 3, 3), null, pair, none, pair, 1, null, null),
  prepackedMkldnn: () => ops.mkldnn_prepacked.conv2d_prepack(ones(4, 3, 3, 3), ones(4), pair, none, pair, 1, [1, 3, 5, 5], 'none'), // prettier-ignore
  empty: () => native.makeObject('__torch__.torch.classes.quantized.LinearPackedParamsBase'),
};

const made = (makers: Record<string, Make>): [string, Make][] =>
  Object.entries(makers).filter(([, make]) => {
    try {
      make();
      return true;
    } catch {
      return false;
    }
  });

function child(progress: string, seed: number, from: number, to: number): void {
  native.setNumThreads(1);
  process.on('warning', () => {});
  const [allTensors, allObjects] = [made(tensors), made(objects)];
  const wide =
    /^(mkldnn|mkl|onednn|quantized|_quantized|mkldnn_prepacked|prepacked|sparse|quantized_decomposed)::/;
  const narrow = /mkldnn|to_dense|fbgemm|pack|quantized_|dyn_quant|rnn|lstm|gru|linear|conv|dequantize/;
  const effects = /from_file|set_printoptions|_print|_assert|__|warn|save|_debug/;
  const names = native.operatorNames().filter((name) => !effects.test(name.replace('::__', '')));
  const near = names.filter((name) => wide.test(name) || narrow.test(name));
  const parametersOf = (name: string): readonly Parameter[] => {
    const [base, overload] = name.split('.', 2);
    return (native.signatures(base, overload ?? '', false)[0] as unknown as { parameters: Parameter[] } | undefined)?.parameters ?? []; // prettier-ignore
  };
  const log = fs.openSync(progress, 'w');
  for (let index = from; index < to; index++) {
    const next = random((seed * 0x9e3779b1 + index * 0x85ebca6b) >>> 0);
    for (let i = 0; i < 4; i++) next();
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
    const said: string[] = [];
    const value = (type: string): unknown => {
      if (type.endsWith('?')) return next() < 0.5 ? null : value(type.slice(0, -1));
      const list = /^(.*)\[(\d*)\]$/.exec(type);
      if (list)
        return Array.from({ length: Number(list[2]) || Math.floor(next() * 4) }, () => value(list[1]));
      if (type === 'Tensor') {
        const [name, make] = pick(allTensors);
        said.push(name);
        return make();
      }
      const plain = (one: unknown): unknown => {
        said.push(String(one));
        return one;
      };
      if (type === 'int') return plain(pick([0, 1, 1, 1, 2, 3, 4, 4, -1, 8, 16, 100, 2 ** 40]));
      if (type === 'float' || type === 'Scalar') return plain(pick([0, 0.1, 1, -1, NaN, Infinity]));
      if (type === 'boolean') return plain(next() < 0.5);
      if (type === 'string') return plain(pick([...modes, 'none', 'relu', 'sum']));
      if (type === 'DType') return pick([torch.float32, torch.uint8, torch.int8, torch.qint8, torch.quint8, torch.bfloat16]); // prettier-ignore
      if (['Device', 'Layout', 'MemoryFormat', 'Generator'].includes(type)) return null;
      const [name, make] = pick(allObjects);
      said.push(name);
      return make();
    };
    const name = next() < 0.85 ? pick(near) : pick(names);
    try {
      const args: unknown[] = [];
      const keywords: Record<string, unknown> = {};
      for (const one of parametersOf(name)) {
        if (one.default !== undefined && next() < 0.3) {
          if (!one.keywordOnly) break;
          continue;
        }
        if (one.keywordOnly) keywords[camelCase(one.name)] = value(one.type);
        else args.push(value(one.type));
      }
      if (Object.keys(keywords).length > 0) args.push(keywords);
      fs.ftruncateSync(log, 0);
      fs.writeSync(log, `${index}\n${name}(${said.join(', ')})`, 0);
      const [base, overload] = name.split('.', 2);
      const results = [operator(base, overload ?? '', false)(...args)].flat();
      for (const one of results) {
        if (one instanceof torch.Tensor && !one.isMeta && one.numel() < 1e6) one.toDense().sum();
      }
    } catch (error) {
      if (!(error instanceof torch.TorchError)) console.log(`${index} ${name}: ${(error as Error).stack}`);
    }
  }
  fs.ftruncateSync(log, 0);
  fs.writeSync(log, `${to}\ndone`, 0);
}

function parent(seed: number, calls: number): void {
  const file = bundle('test/fuzz/packed.ts');
  const progress = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-packed-')), 'progress');
  const deaths = new Map<string, number>();
  for (let from = 0; from < calls;) {
    fs.writeFileSync(progress, '');
    const command = `ulimit -c 0; ulimit -v 4500000; exec "$@"`;
    const args = ['-c', command, 'sh', process.execPath, '--no-warnings', file, 'child', progress, `${seed}`, `${from}`, `${calls}`]; // prettier-ignore
    const { signal, status, stdout } = spawnSync('sh', args, { env: { ...childEnvironment, OMP_NUM_THREADS: '1' }, encoding: 'utf8' }); // prettier-ignore
    if (stdout) console.log(stdout.slice(0, 1000));
    if (status === 0) break;
    const [index, call] = fs.readFileSync(progress, 'utf8').split('\n');
    const name = call?.split('(')[0] ?? 'before the first';
    deaths.set(name, (deaths.get(name) ?? 0) + 1);
    if (deaths.get(name) === 1) console.log(`${index} ${signal ?? status} ${call}`);
    if (!call) break;
    from = Number(index) + 1;
  }
  fs.rmSync(path.dirname(progress), { recursive: true });
  console.log(
    `${deaths.size} operators died in ${calls} calls of seed ${seed}: ${JSON.stringify([...deaths])}`,
  );
  process.exitCode = deaths.size > 0 ? 1 : 0;
}

if (process.argv[2] === 'child')
  child(process.argv[3], ...(process.argv.slice(4).map(Number) as [number, number, number])); // prettier-ignore
else parent(Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 20000));
