// A linear layer's weight and bias in the order that fbgemm reads them in.
import { TorchError } from '../core/errors';
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
    const [state, prefix, { version }, , missing] = args;
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
    if (dtype === undefined || !Array.isArray(pair) || pair[0] === undefined) return;
    this.dtype = checkDType('loadStateDict', dtype);
    this.setWeightBias(pair[0] as Tensor, pair[1] as Tensor | null);
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
