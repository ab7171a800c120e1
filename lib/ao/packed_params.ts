// A linear layer's weight and bias in the order that fbgemm reads them in.
import { TorchError } from '../core/errors';
import { isError } from '../core/realm';
import { isTensor } from '../native/tensor_base';
import { asDType, type DType, float16, float32, qint8 } from '../core/dtype';
import type { LoadFromStateDictArguments, StateDict } from '../nn/module/state_dict';
import { Module } from '../nn/module/module';
import { tuple } from '../serialization/pickle/python_types';
import * as aten from '../tensor/aten';
import { ops } from '../tensor/operators';
import type { Tensor } from '../tensor';
import type { ScriptObject } from '../tensor/script_object';

const EPS = 2 ** -23;
const HALF_RANGE = 127.5; // of the 256 numbers of int8

/** As Python's MinMaxObserver chooses the scale: symmetric, for the whole tensor. */
export function quantizeWeight(weight: Tensor): Tensor {
  const plain = weight.detach().float();
  const largest = plain.numel() === 0 ? 0 : plain.abs().max().div(HALF_RANGE).item();
  return aten.quantizePerTensor(plain, Math.max(largest, EPS), 0, qint8);
}

/** Of int8, or of float16, which saves memory alone. */
export function checkDType(name: string, dtype: unknown): DType {
  const found = asDType(dtype);
  if (found === qint8 || found === float16) return found;
  throw new TorchError(
    `${name}(): Unsupported dtype specified for dynamic quantized Linear: ${String(dtype)}`,
  );
}

/** Python's module of this name: its state is the weight, quantized but not packed, and the bias. */
export class LinearPackedParams extends Module<[Tensor], Tensor> {
  dtype: DType;
  _packed_params!: ScriptObject;

  constructor(dtype: DType, weight: Tensor, bias: Tensor | null) {
    super();
    this.dtype = dtype;
    this.setWeightBias(weight, bias);
  }

  override get _version(): number {
    return 3;
  }
  override forward(input: Tensor): Tensor {
    return input;
  }

  setWeightBias(weight: Tensor, bias: Tensor | null): void {
    const { linear_prepack: pack, linear_prepack_fp16: pack16 } = ops.quantized;
    this._packed_params = (this.dtype === qint8 ? pack(weight, bias) : pack16(weight, bias)) as ScriptObject;
  }

  weightBias(): [weight: Tensor, bias: Tensor | null] {
    const { linear_unpack: unpack, linear_unpack_fp16: unpack16 } = ops.quantized;
    return (this.dtype === qint8 ? unpack : unpack16)(this._packed_params) as [Tensor, Tensor | null];
  }

  override _saveToStateDict(destination: StateDict, prefix: string, keepVars: boolean): void {
    super._saveToStateDict(destination, prefix, keepVars);
    const values = destination as unknown as Map<string, unknown>;
    values.set(`${prefix}dtype`, this.dtype);
    values.set(`${prefix}_packed_params`, tuple(...this.weightBias()));
  }

  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, { version }, , missing, , errors] = args;
    const values = state as unknown as Map<string, unknown>;
    const take = (name: string): unknown => {
      const found = values.get(prefix + name);
      if (found === undefined) missing.push(prefix + name);
      values.delete(prefix + name);
      return found;
    };
    const dtype = version === undefined || version < 2 ? qint8 : take('dtype');
    const old = version === undefined || version < 3;
    const pair = old ? [take('weight'), take('bias')] : take('_packed_params');
    if (dtype === undefined || pair === undefined || (old && (pair as unknown[])[0] === undefined)) return;
    telling(errors, () => this.#setLoaded(dtype, pair, `${prefix}${old ? 'weight' : '_packed_params'}`));
  }

  #setLoaded(dtype: unknown, pair: unknown, key: string): void {
    const kept = checkDType('loadStateDict', dtype);
    const [weight, bias] = checkPair(pair, this.weightBias()[0].shape, key);
    if ((weight.dtype === qint8) !== (kept === qint8)) {
      throw new TorchError(`${key}: its dtype is ${kept}, and a weight of ${weight.dtype} does not fit it`);
    }
    this.dtype = kept;
    this.setWeightBias(weight, bias);
  }
}

/** The weight and bias in `value`. @throws TorchError for anything else, and for a weight of another shape. */
export function checkPair(
  value: unknown,
  shape: readonly number[],
  key: string,
): readonly [weight: Tensor, bias: Tensor | null] {
  const [weight, bias = null] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!isTensor(weight) || !(bias === null || isTensor(bias))) {
    throw new TorchError(`${key} is no packed weight of a linear layer`);
  }
  const { shape: found } = weight as Tensor;
  if (String(found) === String(shape)) return [weight, bias];
  throw new TorchError(
    `size mismatch for ${key}: a weight of shape (${found.join(', ')}) does not fit the module's, (${shape.join(', ')})`,
  );
}

/** Runs `load`; what it throws is told to the errors of a state_dict. */
export function telling(errors: string[], load: () => void): void {
  try {
    load();
  } catch (error) {
    if (!isError(error)) throw error;
    errors.push(error.message);
  }
}

/** A weight and its bias, in the order in which fbgemm reads them. */
export function packWeight(weight: Tensor, bias: Tensor | null, dtype: DType): ScriptObject {
  const { linear_prepack: pack, linear_prepack_fp16: pack16 } = ops.quantized;
  const packed = dtype === qint8 ? pack(quantizeWeight(weight), bias) : pack16(weight.detach().float(), bias);
  return packed as ScriptObject;
}

/** A weight of zeros. */
export const emptyWeight = (dtype: DType, outFeatures: number, inFeatures: number): Tensor => {
  const zeros = aten.zeros([outFeatures, inFeatures], { dtype: float32 });
  return dtype === qint8 ? aten.quantizePerTensor(zeros, 1, 0, qint8) : zeros;
};
