// Linear layers whose weights alone are in int8, as torchao's quantize_ makes them.
import { bindArguments, checkMethods } from '../core/calls';
import { type DType, bfloat16, float32 } from '../core/dtype';
import { TorchError, argumentError } from '../core/errors';
import { Linear } from '../nn/layers/linear';
import { hasField, setField } from '../nn/module/fields';
import type { LoadFromStateDictArguments, StateDict } from '../nn/module/state_dict';
import { Module } from '../nn/module/module';
import type { Parameter } from '../nn/parameter';
import { checkTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { type ActivationGranularity, isSameActivation } from './activation';
import type { Int8Config } from './quantize';
import {
  type Int8Parts,
  blockSizeOf,
  checkParts,
  dequantizeInt8,
  fromPython,
  isInt8Tensor,
  quantizeInt8,
  toPython,
} from './int8_tensor';

const PARTS = { qdata: '_weight_qdata', scale: '_weight_scale', zeroPoint: '_weight_zero_point' } as const;
const PACK = 16; // numbers that the kernel of bfloat16 reads at a time, whether they are there or not

/**
 * An `nn.Linear` with its weight in int8: a quarter of the memory, and `y = (x qᵀ) · scale + b` with torchao's bits, in the
 * dtype of `x`. `torch.ao.quantization.quantize_` makes it.
 *
 * Shapes: input `(*, inFeatures)`, output `(*, outFeatures)`. Its state_dict has the weight as torchao's `Int8Tensor`, a
 * `serialization.PythonObject`; it takes the three tensors of torchao's safetensors, too.
 */
export class Int8WeightOnlyLinear extends Module<[Tensor], Tensor> {
  readonly inFeatures: number;
  readonly outFeatures: number;
  bias: Parameter | null;
  declare _weight_qdata: Tensor; // (outFeatures, inFeatures)
  declare _weight_scale: Tensor; // (outFeatures / block, inFeatures / block)
  declare _weight_zero_point: Tensor | null;
  /** Of the weight that the numbers stand for. */
  weightDtype: DType = float32;
  /** How its inputs are put into int8; null where they are not. */
  readonly activation: ActivationGranularity | null;
  private readonly _inBfloat16: boolean;

  /** @internal */
  constructor(...args: [layer: Linear, config: Int8Config]) {
    super();
    const [layer, config] = bindArguments('Int8WeightOnlyLinear(layer, config)', args);
    if (!((layer as unknown) instanceof Linear))
      throw argumentError('Int8WeightOnlyLinear', 'layer', 'an nn.Linear', layer);
    const { inFeatures, outFeatures, weight } = layer;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.bias = layer.bias as Parameter | null;
    this.activation = config.activation;
    this._inBfloat16 = 'activationDtype' in config && config.activationDtype === bfloat16;
    this._setParts(quantizeInt8(weight, config.granularity.blockSize(weight.shape), this.activation));
    this.train(layer.training);
  }

  private _setParts(parts: Int8Parts): void {
    for (const [part, name] of Object.entries(PARTS) as [keyof typeof PARTS, string][]) {
      if (hasField(this, name)) setField(this, name, parts[part]);
      else this.registerBuffer(name, parts[part], { persistent: false });
    }
    this.weightDtype = parts.dtype;
  }
  private get _parts(): Int8Parts {
    return {
      qdata: this._weight_qdata,
      scale: this._weight_scale,
      zeroPoint: this._weight_zero_point,
      dtype: this.weightDtype,
      activation: this.activation,
    };
  }

  /** The weight as floats: of Python's `weight.dequantize()`. */
  dequantize(): Tensor {
    return dequantizeInt8(this._parts);
  }

  override forward(input: Tensor): Tensor {
    checkTensor(`${this._getName()}.forward`, 'input', input);
    const { dtype, shape } = input;
    if (shape.at(-1) !== this.inFeatures) {
      throw new TorchError(
        `mat1 and mat2 shapes cannot be multiplied: the input has ${shape.at(-1) ?? 'no'} features, the layer ${this.inFeatures}`,
      );
    }
    let y = this._product(input.reshape([-1, this.inFeatures]));
    y = y.reshape([...shape.slice(0, -1), this.outFeatures]);
    if (this.bias !== null) y = y.add_(this.bias);
    return y.to(dtype);
  }

  // The scale comes after the product, where a row has one.
  protected _product(rows: Tensor): Tensor {
    const { _weight_qdata: qdata, _weight_scale: scale } = this;
    const { dtype } = rows;
    if (scale.shape[1] !== 1) return aten.mm(rows, this.dequantize().to(dtype).t());
    if (this._inBfloat16 && qdata.device.type === 'cpu' && this.inFeatures % PACK === 0) {
      const scales = scale.to(bfloat16).expand([this.outFeatures, 1]).flatten().contiguous();
      return aten._weightInt8packMm(rows.to(bfloat16).contiguous(), qdata, scales).to(dtype);
    }
    return aten.mm(rows, qdata.t().to(dtype)).mul(scale.to(dtype).flatten());
  }

  // A module that is cast keeps its scale, as in Python.
  override _apply(fn: (tensor: Tensor) => Tensor, ...options: [{ recurse?: boolean }?]): this {
    return super._apply(
      (tensor) => {
        const applied = fn(tensor);
        if (tensor !== this._weight_scale || applied.dtype === tensor.dtype) return applied;
        return tensor.to({ device: applied.device });
      },
      ...options,
    );
  }

  override _saveToStateDict(destination: StateDict, prefix: string, keepVars: boolean): void {
    (destination as Map<string, unknown>).set(`${prefix}weight`, toPython(this._parts));
    super._saveToStateDict(destination, prefix, keepVars);
  }
  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, , , missing, , errors] = args;
    const values = state as Map<string, unknown>;
    const key = `${prefix}weight`;
    const whole = values.get(key);
    const flat = Object.values(PARTS).map((name) => values.get(prefix + name) ?? null);
    for (const name of ['weight', ...Object.values(PARTS)]) values.delete(prefix + name);
    const shape = [this.outFeatures, this.inFeatures];
    if (whole !== undefined && !isInt8Tensor(whole)) {
      errors.push(`${key} is no Int8Tensor of torchao: a model is quantized after its floats are loaded`);
    } else if (whole === undefined && flat[0] === null) {
      missing.push(key);
    } else {
      try {
        const [qdata, scale, zeroPoint] = flat;
        const { weightDtype: dtype, activation } = this;
        const flatParts = { qdata, scale, zeroPoint, dtype, activation };
        const parts = whole === undefined ? checkParts(flatParts, shape, key) : fromPython(whole, shape, key);
        if (!isSameActivation(parts.activation, activation)) throw otherActivation(key, parts.activation);
        this._copyParts(parts);
      } catch (error) {
        if (!(error instanceof TorchError)) throw error;
        errors.push(error.message);
      }
    }
    super._loadFromStateDict(...args);
  }
  private _copyParts(parts: Int8Parts): void {
    const { device } = this._weight_qdata;
    const moved = (tensor: Tensor): Tensor => tensor.detach().to({ device, copy: true });
    const { qdata, scale, zeroPoint } = parts;
    this._setParts({
      ...parts,
      qdata: moved(qdata),
      scale: moved(scale),
      zeroPoint: zeroPoint && moved(zeroPoint),
    });
  }

  /** How many numbers share a scale: torchao's `block_size`. */
  get blockSize(): number[] {
    return blockSizeOf(this._parts);
  }

  override _getName(): string {
    return 'Linear';
  }
  override extraRepr(): string {
    const { inFeatures, outFeatures, bias } = this;
    const weight = "Tensor: <class 'torchao.quantization.Int8Tensor'>";
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${bias === null ? 'False' : 'True'}, weight=${weight}`;
  }
}
function otherActivation(key: string, its: ActivationGranularity | null): TorchError {
  const config =
    its === null
      ? 'Int8WeightOnlyConfig()'
      : `Int8DynamicActivationInt8WeightConfig() with ${its.constructor.name} for inputs`;
  return new TorchError(
    `${key}: it is of a model that was quantized otherwise: quantize_ this one with ${config}`,
  );
}
checkMethods('Int8WeightOnlyLinear', Int8WeightOnlyLinear, 'dequantize()');
