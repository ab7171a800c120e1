// torchao's quantize_ and its configurations.
import { bindArguments } from '../core/calls';
import { type DType, type DTypeLike, asDType, bfloat16 } from '../core/dtype';
import { TorchTypeError, argumentError } from '../core/errors';
import { withDefaults } from '../core/signature';
import { Linear } from '../nn/layers/linear';
import { NonDynamicallyQuantizableLinear } from '../nn/layers/attention/multihead_attention';
import { isModule, moduleFields, setField } from '../nn/module/fields';
import type { Module } from '../nn/module/module';
import { type Granularity, PerRow, isGranularity } from './granularity';
import { withHooksOf } from './replaced';
import { type ActivationGranularity, isActivationGranularity } from './activation';
import { Int8DynamicActivationLinear } from './dynamic_activation';
import { Int8WeightOnlyLinear } from './weight_only';

/** Options of `torch.ao.quantization.Int8WeightOnlyConfig`. */
export interface Int8WeightOnlyOptions {
  /** How many numbers of a weight share a scale. Default: `new PerRow()`. */
  granularity?: Granularity;
  /**
   * `torch.bfloat16` casts what comes in, whatever its dtype, for libtorch's kernel over int8, which is several times
   * faster for few rows and 35 times slower for floats. Results have the precision of bfloat16. Default: `null`, which is
   * torchao's arithmetic, in the dtype of the input: the weight becomes floats in each call.
   */
  activationDtype?: DTypeLike | null;
}

/**
 * What `quantize_` makes of linear layers: weights in int8, activations in floats. torchao's `Int8WeightOnlyConfig`.
 *
 * @example
 * new torch.ao.quantization.Int8WeightOnlyConfig({ activationDtype: torch.bfloat16 });
 */
export class Int8WeightOnlyConfig {
  readonly granularity: Granularity;
  readonly activationDtype: DType | null;
  /** @internal */
  readonly activation = null;

  constructor(...args: [options?: Int8WeightOnlyOptions]) {
    const [options] = bindArguments('Int8WeightOnlyConfig(options{}?)', args);
    const defaults: Required<Int8WeightOnlyOptions> = { granularity: new PerRow(), activationDtype: null };
    const { granularity, activationDtype } = withDefaults('Int8WeightOnlyConfig', defaults, options);
    if (!isGranularity(granularity)) {
      throw argumentError('Int8WeightOnlyConfig', 'granularity', 'a PerRow, PerTensor or PerGroup', granularity); // prettier-ignore
    }
    const dtype = activationDtype === null ? null : asDType(activationDtype);
    if (dtype !== null && dtype !== bfloat16) {
      throw argumentError('Int8WeightOnlyConfig', 'activationDtype', 'torch.bfloat16 or null', activationDtype); // prettier-ignore
    }
    this.granularity = granularity;
    this.activationDtype = dtype;
  }
}

/** Options of `torch.ao.quantization.Int8DynamicActivationInt8WeightConfig`. */
export interface Int8DynamicActivationInt8WeightOptions {
  /**
   * How many numbers share a scale: of inputs and weights, or of the one and the other; `PerRow` or `PerTensor`. Default:
   * `new PerRow()`.
   */
  granularity?:
    ActivationGranularity | readonly [activation: ActivationGranularity, weight: ActivationGranularity];
}

/**
 * What `quantize_` makes of linear layers: weights in int8, and inputs that are put into int8 in each call, so that whole
 * numbers are multiplied. torchao's `Int8DynamicActivationInt8WeightConfig`, symmetric.
 *
 * @example
 * new torch.ao.quantization.Int8DynamicActivationInt8WeightConfig();
 */
export class Int8DynamicActivationInt8WeightConfig {
  readonly granularity: ActivationGranularity;
  readonly activation: ActivationGranularity;

  constructor(...args: [options?: Int8DynamicActivationInt8WeightOptions]) {
    const fn = 'Int8DynamicActivationInt8WeightConfig';
    const [options] = bindArguments(`${fn}(options{}?)`, args);
    const defaults: Required<Int8DynamicActivationInt8WeightOptions> = { granularity: new PerRow() };
    const { granularity } = withDefaults(fn, defaults, options);
    const both = (
      Array.isArray(granularity) ? granularity : [granularity, granularity]
    ) as ActivationGranularity[];
    if (both.length !== 2 || !both.every(isActivationGranularity))
      throw argumentError(fn, 'granularity', 'a PerRow or PerTensor, or two of them', granularity);
    [this.activation, this.granularity] = both;
  }
}

/** A configuration of `torch.ao.quantization.quantize_`. */
export type Int8Config = Int8WeightOnlyConfig | Int8DynamicActivationInt8WeightConfig;

const isLinear = (module: Module): boolean =>
  module instanceof Linear && !(module instanceof NonDynamicallyQuantizableLinear);

/**
 * Puts the weights of a model's linear layers into int8, in place. `filterFn(module, path)` says which modules; without it
 * every `nn.Linear`. torchao's `quantize_`.
 *
 * Differs from PyTorch: `torch.ao.quantization.quantize_` puts an `Int8WeightOnlyLinear` into the place of each layer, where
 * torchao changes the layer's weight, so a model that is one layer itself is refused; and of configurations there are
 * `Int8WeightOnlyConfig` and `Int8DynamicActivationInt8WeightConfig` alone.
 *
 * @throws AssertionError for a weight that is neither float32, float16 nor bfloat16.
 *
 * @example
 * torch.ao.quantization.quantize_(model, new torch.ao.quantization.Int8WeightOnlyConfig());
 */
export function quantize_(
  ...args: [model: Module, config: Int8Config, filterFn?: ((module: Module, path: string) => boolean) | null]
): void {
  const [model, config, filterFn = null] = bindArguments('quantize_(model, config{}, filterFn?)', args);
  if (!isModule(model)) throw argumentError('quantize_', 'model', 'a Module', model);
  if (!(config instanceof Int8WeightOnlyConfig || config instanceof Int8DynamicActivationInt8WeightConfig))
    throw argumentError('quantize_', 'config', 'an Int8WeightOnlyConfig or Int8DynamicActivationInt8WeightConfig', config); // prettier-ignore
  if (filterFn !== null && typeof filterFn !== 'function')
    throw argumentError('quantize_', 'filterFn', 'a function', filterFn);
  const isWanted = filterFn ?? isLinear;
  if (isWanted(model, ''))
    throw new TorchTypeError('quantize_(): a layer by itself cannot be changed in place; put it into a module'); // prettier-ignore
  quantizeIn(model, '', isWanted, config);
}

function quantizeIn(
  module: Module,
  prefix: string,
  isWanted: (module: Module, path: string) => boolean,
  config: Int8Config,
): void {
  const Layer = config instanceof Int8WeightOnlyConfig ? Int8WeightOnlyLinear : Int8DynamicActivationLinear;
  for (const [name, child] of moduleFields(module)) {
    if (child === null) continue;
    if (!isWanted(child, prefix + name)) quantizeIn(child, `${prefix}${name}.`, isWanted, config);
    else if (child instanceof Int8WeightOnlyLinear) continue;
    else setField(module, name, withHooksOf(child, new Layer(child as Linear, config)));
  }
}
