import { TorchError, argumentError } from '../core/errors';
import { bindArguments } from '../core/calls';
import { type DType, type DTypeLike, float16, float32, qint8 } from '../core/dtype';
import { number } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { Linear as FloatLinear } from '../nn/layers/linear';
import { Module } from '../nn/module/module';
import type { LoadFromStateDictArguments, StateDict } from '../nn/module/state_dict';
import { noGrad } from '../autograd';
import { checkTensor, isTensor } from '../native/tensor_base';
import * as aten from '../tensor/aten';
import { ops } from '../tensor/operators';
import type { Tensor } from '../tensor';
import { LinearPackedParams, checkDType, emptyWeight, quantizeWeight, telling } from './packed_params';

/** Options of `torch.ao.nn.quantized.dynamic.Linear`. */
export interface DynamicLinearOptions {
  /** Whether a bias is added. Default: `true`. */
  bias?: boolean;
  /** `torch.qint8`, or `torch.float16`, which saves memory alone. Default: `torch.qint8`. */
  dtype?: DTypeLike;
}

const DEFAULTS: Required<DynamicLinearOptions> = { bias: true, dtype: qint8 };
function numberIn(found: unknown, key: string): number {
  if (isTensor(found)) return Number((found as Tensor).item());
  throw new TorchError(`${key} is no number in a tensor`);
}

const LINEAR = signature('Linear', [number('inFeatures'), number('outFeatures')], DEFAULTS);
/**
 * `y = x Wᵀ + b` with the weight in int8. The input is quantized on its way, by its own smallest and largest numbers, and
 * the sum is a float again. For inference on the CPU: there are no gradients.
 *
 * Shapes: input `(*, inFeatures)`, output `(*, outFeatures)`. The weight and the bias are zeros until a state_dict is
 * loaded; {@link Linear.fromFloat} takes those of a layer. Python's `torch.ao.nn.quantized.dynamic.Linear`, which is
 * deprecated there for torchao's; its state_dicts are read and written.
 *
 * @throws TorchError for a dtype that is neither of the two.
 *
 * @example
 * const layer = torch.ao.nn.quantized.dynamic.Linear.fromFloat(new nn.Linear(20, 30));
 * layer(torch.randn([128, 20])).shape; // [128, 30]
 */
export class Linear extends Module<[Tensor], Tensor> {
  inFeatures: number;
  outFeatures: number;
  scale = 1;
  zeroPoint = 0;
  _packed_params: LinearPackedParams;
  private stateVersion: number | undefined = 4;

  constructor(
    ...args: Call<typeof LINEAR, [inFeatures: number, outFeatures: number], [bias: boolean, dtype: DTypeLike]>
  ) {
    super();
    const [inFeatures, outFeatures, { bias, dtype }] = LINEAR.bind(args);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const kept = checkDType('Linear', dtype);
    const zeros = bias ? aten.zeros([outFeatures], { dtype: float32 }) : null;
    this._packed_params = new LinearPackedParams(kept, emptyWeight(kept, outFeatures, inFeatures), zeros);
  }

  /**
   * A layer with the weight of a float one, rounded to int8 by its largest number, or to float16.
   *
   * @throws TypeError for what is no `nn.Linear`.
   */
  static fromFloat(...args: [layer: FloatLinear, dtype?: DTypeLike]): Linear {
    const [layer, dtype = qint8] = bindArguments('fromFloat(layer, dtype?)', args);
    if (!(layer instanceof FloatLinear)) throw argumentError('fromFloat', 'layer', 'an nn.Linear', layer);
    const made = new Linear(layer.inFeatures, layer.outFeatures, { dtype });
    const weight = made.dtype === qint8 ? quantizeWeight(layer.weight) : layer.weight.detach().float();
    made._packed_params.setWeightBias(weight, layer.bias);
    return made;
  }

  /** Of the weight: `torch.qint8` or `torch.float16`. */
  get dtype(): DType {
    return this._packed_params.dtype;
  }
  override get _version(): number {
    return 4;
  }

  /** The weight, quantized: Python's `weight()`. */
  weight(): Tensor {
    return this._packed_params.weightBias()[0];
  }
  /** The bias in floats: Python's `bias()`. */
  bias(): Tensor | null {
    return this._packed_params.weightBias()[1];
  }

  override forward(input: Tensor): Tensor {
    checkTensor(`${this._getName()}.forward`, 'input', input);
    const { _packed_params: packed } = this._packed_params;
    // Two products of 8 bits may overflow 16 on processors without VNNI, but for one bit less.
    const reduceRange = (this.stateVersion ?? 0) >= 4;
    const { linear_dynamic: inInt8, linear_dynamic_fp16: inFloat16 } = ops.quantized;
    const result = noGrad(() =>
      this.dtype === float16 ? inFloat16(input, packed) : inInt8(input, packed, reduceRange),
    ) as Tensor;
    return result.to(input.dtype);
  }

  override _saveToStateDict(destination: StateDict, prefix: string, keepVars: boolean): void {
    super._saveToStateDict(destination, prefix, keepVars);
    destination.set(`${prefix}scale`, aten.scalarTensor(this.scale));
    destination.set(`${prefix}zero_point`, aten.scalarTensor(this.zeroPoint, { dtype: 'int64' }));
  }

  override _loadFromStateDict(...args: LoadFromStateDictArguments): void {
    const [state, prefix, { version }, , missing, , errors] = args;
    this.stateVersion = version;
    for (const [field, name] of [
      ['scale', 'scale'],
      ['zeroPoint', 'zero_point'],
    ] as const) {
      // prettier-ignore
      const found = state.get(prefix + name);
      if (found === undefined) missing.push(prefix + name);
      else telling(errors, () => (this[field] = numberIn(found, prefix + name)));
      state.delete(prefix + name);
    }
    if (version !== undefined && version > 1) return;
    // Weight and bias lay here, before there was a module for them.
    for (const name of ['weight', 'bias']) {
      const found = state.get(prefix + name);
      if (found !== undefined) state.set(`${prefix}_packed_params.${name}`, found);
      state.delete(prefix + name);
    }
  }

  override _getName(): string {
    return 'DynamicQuantizedLinear';
  }
  override extraRepr(): string {
    const { inFeatures, outFeatures, dtype } = this;
    const scheme = dtype === qint8 ? ', qscheme=torch.per_tensor_affine' : '';
    return `in_features=${inFeatures}, out_features=${outFeatures}, dtype=${dtype}${scheme}`;
  }
  override toString(): string {
    return `${this._getName()}(${this.extraRepr()})`;
  }
}
