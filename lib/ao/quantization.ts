/** `torch.ao.quantization`: models in int8. */
import { bindArguments } from '../core/calls';
import { type DTypeLike, qint8 } from '../core/dtype';
import { argumentError, valueError } from '../core/errors';
import { isSet } from '../core/realm';
import { withDefaults } from '../core/signature';
import { GRU, GRUCell, LSTM, LSTMCell, Linear as FloatLinear, RNNCell } from '../nn';
import { deepcopy } from '../nn/module/copy';
import { isModule, moduleFields, setField } from '../nn/module/fields';
import type { Module } from '../nn/module/module';
import * as cells from './cells';
import { Linear } from './linear';
import { checkDType } from './packed_params';
import * as recurrent from './recurrent';
import { withHooksOf } from './replaced';

/** Options of `torch.ao.quantization.quantizeDynamic`. */
export interface QuantizeDynamicOptions {
  /** Classes of layers, and paths of modules with all that is below them. Default: every class that can be. */
  qconfigSpec?: ReadonlySet<unknown> | null;
  /** `torch.qint8`, or `torch.float16`, which saves memory alone. Default: `torch.qint8`. */
  dtype?: DTypeLike;
  /** Whether to change the model itself. Default: `false`. */
  inplace?: boolean;
}

const DEFAULTS: Required<QuantizeDynamicOptions> = { qconfigSpec: null, dtype: qint8, inplace: false };
/** What each class becomes. */
const QUANTIZED = new Map<unknown, (layer: never, dtype: DTypeLike) => unknown>([
  [FloatLinear, (layer: FloatLinear, dtype) => Linear.fromFloat(layer, dtype)],
  [LSTM, (layer: LSTM, dtype) => recurrent.LSTM.fromFloat(layer, dtype)],
  [GRU, (layer: GRU, dtype) => recurrent.GRU.fromFloat(layer, dtype)],
  [LSTMCell, (layer: LSTMCell, dtype) => cells.LSTMCell.fromFloat(layer, dtype)],
  [GRUCell, (layer: GRUCell, dtype) => cells.GRUCell.fromFloat(layer, dtype)],
  [RNNCell, (layer: RNNCell, dtype) => cells.RNNCell.fromFloat(layer, dtype)],
]);

/**
 * The model with linear and recurrent layers whose weights are in int8, for inference on the CPU: faster where the weights
 * are large. Python's `quantize_dynamic`, with its weights, its outputs and its state_dicts. That one is deprecated, for
 * torchao's functions; it is what most int8 models of today were made with.
 *
 * @example
 * const small = torch.ao.quantization.quantizeDynamic(model, { qconfigSpec: new Set([nn.Linear]) });
 */
export function quantizeDynamic<M extends Module>(...args: [model: M, options?: QuantizeDynamicOptions]): M {
  const [model, options] = bindArguments('quantizeDynamic(model, options{}?)', args);
  const given = withDefaults('quantizeDynamic', DEFAULTS, options);
  if (!isModule(model)) throw argumentError('quantizeDynamic', 'model', 'a Module', model);
  const { qconfigSpec, dtype, inplace } = given;
  if (qconfigSpec !== null && !isSet(qconfigSpec)) {
    throw argumentError('quantizeDynamic', 'qconfigSpec', 'a Set of classes and paths', qconfigSpec);
  }
  const kept = checkDType('quantizeDynamic', dtype);
  const spec = (qconfigSpec as ReadonlySet<unknown> | null) ?? new Set<unknown>(QUANTIZED.keys());
  for (const each of spec) {
    if (typeof each !== 'string' && typeof each !== 'function') {
      throw valueError(
        `quantizeDynamic(): qconfigSpec has ${String(each)}, which is neither a class nor a path`,
      );
    }
  }
  const result = inplace ? model : deepcopy(model);
  result.eval();
  replaceIn(result, '', spec.has(''), spec, kept);
  return result;
}

function replaceIn(
  module: Module,
  prefix: string,
  isChosen: boolean,
  spec: ReadonlySet<unknown>,
  dtype: DTypeLike,
): void {
  for (const [name, child] of moduleFields(module)) {
    if (child === null) continue;
    const path = prefix + name;
    const isWanted = isChosen || spec.has(path) || spec.has(child.constructor);
    const quantized = isWanted ? QUANTIZED.get(child.constructor) : undefined;
    if (quantized) setField(module, name, withHooksOf(child, quantized(child as never, dtype) as Module));
    else replaceIn(child, `${path}.`, isWanted, spec, dtype);
  }
}

export { PerGroup, PerRow, PerTensor, type Granularity } from './granularity';
export { Int8WeightOnlyLinear } from './weight_only';
export { Int8DynamicActivationLinear } from './dynamic_activation';
export type { ActivationGranularity } from './activation';
export {
  type Int8Config,
  Int8DynamicActivationInt8WeightConfig,
  type Int8DynamicActivationInt8WeightOptions,
  Int8WeightOnlyConfig,
  type Int8WeightOnlyOptions,
  quantize_,
} from './quantize';
export { flattenTensorStateDict, unflattenTensorStateDict } from './flattened';
