/** `torch.ao.quantization`: models in int8. */
import { bindArguments } from '../core/calls';
import { type DTypeLike, qint8 } from '../core/dtype';
import { TorchError, argumentError, valueError } from '../core/errors';
import { isSet } from '../core/realm';
import { withDefaults } from '../core/signature';
import { GRU, GRUCell, LSTM, LSTMCell, Linear as FloatLinear, RNNCell } from '../nn';
import { deepcopy } from '../nn/module/copy';
import { isModule, moduleFields, setField } from '../nn/module/fields';
import type { Module } from '../nn/module/module';
import { Linear } from './linear';
import { checkDType } from './packed_params';

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
const RECURRENT: readonly unknown[] = [LSTM, GRU, LSTMCell, GRUCell, RNNCell];

/**
 * The model with linear layers whose weights are in int8, for inference on the CPU: two to three times as fast where the
 * weights are large. Python's `quantize_dynamic`, with its weights, its outputs and its state_dicts. That one is
 * deprecated, for torchao's functions; it is what most int8 models of today were made with.
 *
 * Differs from PyTorch: `torch.ao.quantization.quantizeDynamic` knows `nn.Linear` alone, and refuses a model with recurrent
 * layers, which Python would quantize, unless `qconfigSpec` names what is wanted.
 *
 * @throws NotImplementedError for recurrent layers that are chosen.
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
  const spec = (qconfigSpec as ReadonlySet<unknown> | null) ?? new Set<unknown>([FloatLinear, ...RECURRENT]);
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
    if (isWanted && RECURRENT.includes(child.constructor)) {
      throw new TorchError(
        `quantizeDynamic(): '${path}' is of ${child.constructor.name}, which is not quantized here: leave it out by ` +
          '{ qconfigSpec: new Set([nn.Linear]) }',
        'NotImplementedError',
      );
    }
    if (isWanted && child.constructor === FloatLinear) {
      setField(module, name, Linear.fromFloat(child as unknown as FloatLinear, dtype));
    } else replaceIn(child, `${path}.`, isWanted, spec, dtype);
  }
}
