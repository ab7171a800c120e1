// Packed weights out of a state_dict: objects of libtorch, or what a file says of them.
import { TorchError } from '../core/errors';
import { isTensor } from '../native/tensor_base';
import { qint8 } from '../core/dtype';
import type { StateDict } from '../nn/module/state_dict';
import { stateInFile } from '../serialization/pickle/script_objects';
import { ops } from '../tensor/operators';
import { ScriptObject } from '../tensor/script_object';
import { checkPair, telling } from './packed_params';

const LINEAR = '__torch__.torch.classes.quantized.LinearPackedParamsBase';
const CELL = '__torch__.torch.classes.rnn.CellParamsBase';

/** Rows and columns of a weight. */
export type WeightShape = readonly [rows: number, columns: number];

const isObjectOf = (value: unknown, name: string): value is ScriptObject =>
  value instanceof ScriptObject && value.qualifiedName === name;

const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** The packed weight and bias of a linear layer. @throws TorchError for anything else. */
export function linearFrom(value: unknown, shape: WeightShape, key: string): ScriptObject {
  const isPacked = isObjectOf(value, LINEAR);
  const found = isPacked ? (value.unpack as () => unknown)() : stateInFile(value, LINEAR);
  const [weight, bias] = checkPair(found, shape, key);
  if (isPacked) return value;
  const { linear_prepack: pack, linear_prepack_fp16: pack16 } = ops.quantized;
  return (weight.dtype === qint8 ? pack : pack16)(weight, bias) as ScriptObject;
}

/** The packed weights of a layer with recurrence. @throws TorchError for anything else. */
export function cellFrom(value: unknown, shapes: readonly WeightShape[], key: string): ScriptObject {
  const isPacked = isObjectOf(value, CELL);
  const state = isPacked ? (value.__getstate__ as () => unknown)() : stateInFile(value, CELL);
  const [kind, tensors, , numbers, packed] = list(state);
  if (kind !== 'quantized_dynamic' && kind !== 'quantized_fp16') {
    throw new TorchError(`${key} is no packed weight of a dynamic quantized layer`);
  }
  const [ih, hh] = shapes.map((shape, i) => linearFrom(list(packed)[i], shape, key));
  if (isPacked) return value;
  const { make_quantized_cell_params_dynamic: inInt8, make_quantized_cell_params_fp16: inFloat16 } =
    ops.quantized;
  if (kind === 'quantized_fp16') return inFloat16(ih, hh) as ScriptObject;
  const biases = list(tensors);
  const [reducesRange] = list(numbers);
  if (biases.length !== 2 || !biases.every(isTensor)) throw new TorchError(`${key} has no biases`);
  return inInt8(ih, hh, ...biases, Boolean(reducesRange)) as ScriptObject;
}

/** Takes the value of `key` out of a state_dict; what cannot be taken is told to `errors`. */
export function takePacked(
  state: StateDict,
  key: string,
  missing: string[],
  errors: string[],
  take: (value: unknown) => void,
): void {
  const value = (state as unknown as Map<string, unknown>).get(key);
  state.delete(key);
  if (value === undefined) missing.push(key);
  else telling(errors, () => take(value));
}
