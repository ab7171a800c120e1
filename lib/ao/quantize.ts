// torchao's quantize_, and its state_dicts as plain tensors.
import { bindArguments } from '../core/calls';
import { type DType, type DTypeLike, asDType, bfloat16 } from '../core/dtype';
import { TorchError, TorchTypeError, argumentError } from '../core/errors';
import { isMap } from '../core/realm';
import { withDefaults } from '../core/signature';
import { isTensor } from '../native/tensor_base';
import { Linear } from '../nn/layers/linear';
import { NonDynamicallyQuantizableLinear } from '../nn/layers/attention/multihead_attention';
import { isModule, moduleFields, setField } from '../nn/module/fields';
import type { Module } from '../nn/module/module';
import type { Tensor } from '../tensor';
import { type Granularity, PerRow, isGranularity } from './granularity';
import { isInt8Tensor } from './int8_tensor';
import { withHooksOf } from './replaced';
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

const isLinear = (module: Module): boolean =>
  module instanceof Linear && !(module instanceof NonDynamicallyQuantizableLinear);

/**
 * Puts the weights of a model's linear layers into int8, in place. `filterFn(module, path)` says which modules; without it
 * every `nn.Linear`. torchao's `quantize_`.
 *
 * Differs from PyTorch: `torch.ao.quantization.quantize_` puts an `Int8WeightOnlyLinear` into the place of each layer, where
 * torchao changes the layer's weight, so a model that is one layer itself is refused; and of configurations there is
 * `Int8WeightOnlyConfig` alone.
 *
 * @throws AssertionError for a weight that is neither float32, float16 nor bfloat16.
 *
 * @example
 * torch.ao.quantization.quantize_(model, new torch.ao.quantization.Int8WeightOnlyConfig());
 */
export function quantize_(
  ...args: [
    model: Module,
    config: Int8WeightOnlyConfig,
    filterFn?: ((module: Module, path: string) => boolean) | null,
  ]
): void {
  const [model, config, filterFn = null] = bindArguments('quantize_(model, config{}, filterFn?)', args);
  if (!isModule(model)) throw argumentError('quantize_', 'model', 'a Module', model);
  if (!(config instanceof Int8WeightOnlyConfig))
    throw argumentError('quantize_', 'config', 'an Int8WeightOnlyConfig', config);
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
  config: Int8WeightOnlyConfig,
): void {
  for (const [name, child] of moduleFields(module)) {
    if (child === null) continue;
    if (!isWanted(child, prefix + name)) quantizeIn(child, `${prefix}${name}.`, isWanted, config);
    else if (child instanceof Int8WeightOnlyLinear) continue;
    else setField(module, name, withHooksOf(child, new Int8WeightOnlyLinear(child as Linear, config)));
  }
}

/**
 * Tensors and metadata for `safetensors.saveFile`, of a state_dict with weights in int8, as torchao's
 * `flatten_tensor_state_dict` makes them. What `safetensors.loadFile` reads of such a file, `loadStateDict` of a quantized
 * model takes as it is.
 *
 * @example
 * const [tensors, metadata] = torch.ao.quantization.flattenTensorStateDict(model.stateDict());
 * safetensors.saveFile(tensors, 'model.safetensors', { metadata });
 */
export function flattenTensorStateDict(
  ...args: [state: ReadonlyMap<string, unknown>]
): [tensors: Map<string, Tensor>, metadata: Record<string, string>] {
  const [state] = bindArguments('flattenTensorStateDict(state{})', args);
  if (!isMap(state)) throw argumentError('flattenTensorStateDict', 'state', 'a state_dict', state);
  const tensors = new Map<string, Tensor>();
  const metadata: Record<string, string> = {};
  for (const [name, value] of state as ReadonlyMap<string, unknown>) {
    if (isTensor(value)) {
      tensors.set(name, value);
      metadata[name] = pythonJson({ _type: 'Tensor' });
    } else if (isInt8Tensor(value)) {
      const parts = value.state as Map<string, unknown>;
      const dot = name.lastIndexOf('.') + 1;
      for (const part of ['qdata', 'scale', 'zero_point']) {
        const tensor = parts.get(part);
        if (isTensor(tensor)) tensors.set(`${name.slice(0, dot)}_${name.slice(dot)}_${part}`, tensor.clone());
      }
      metadata[name] = pythonJson(describe(value.args as DType[], parts));
    } else {
      throw new TorchError(`Unsupported tensor type: ${name} is neither a tensor nor an Int8Tensor`, 'ValueError'); // prettier-ignore
    }
  }
  metadata.tensor_names = pythonJson([...state.keys()]);
  return [tensors, metadata];
}

function describe([dtype]: readonly DType[], parts: ReadonlyMap<string, unknown>): object {
  return {
    _type: 'Int8Tensor',
    _data: {
      act_quant_kwargs: null,
      reduce_range: parts.get('reduce_range') ?? false,
      block_size: parts.get('block_size'),
      dtype: { _type: 'torch.dtype', _data: dtype.name },
    },
    _tensor_data_names: [...(parts.get('zero_point') == null ? [] : ['zero_point']), 'qdata', 'scale'],
  };
}

// As Python's json.dumps spaces it.
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as unknown[]).map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${pythonJson(each)}`);
  return `{${entries.join(', ')}}`;
}
