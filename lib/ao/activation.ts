// How the inputs of a layer are put into int8 in each call, as torchao's files say it.
import { TorchError } from '../core/errors';
import { isMap, isPlainObject } from '../core/realm';
import { PythonObject, tuple } from '../serialization/pickle/python_types';
import { PerRow, PerTensor } from './granularity';

/** A scale for each row of an input, or one for all of it. */
export type ActivationGranularity = PerRow | PerTensor;

const KWARGS = 'torchao.quantization.quantize_.workflows.int8.int8_tensor.QuantizeTensorToInt8Kwargs';
const GRANULARITY = 'torchao.quantization.granularity';
const MAPPING = 'torchao.quantization.quant_primitives.MappingType';
const SYMMETRIC = 1; // of that enum

export const isActivationGranularity = (value: unknown): value is ActivationGranularity =>
  value instanceof PerRow || value instanceof PerTensor;
export const isSameActivation = (a: ActivationGranularity | null, b: ActivationGranularity | null): boolean =>
  a?.constructor === b?.constructor;

function built(type: string, args: readonly unknown[], state: Map<string, unknown> | null): PythonObject {
  const object = new PythonObject(type);
  object.args = tuple(...args);
  object.state = state;
  return object;
}

/** As `torch.save` writes it. */
export function activationToPython(activation: ActivationGranularity): PythonObject {
  const granularity =
    activation instanceof PerRow
      ? built(`${GRANULARITY}.PerRow`, [], new Map([['dim', -1]]))
      : built(`${GRANULARITY}.PerTensor`, [], null);
  return built(KWARGS, [], new Map<string, unknown>([
    ['granularity', granularity],
    ['mapping_type', built(MAPPING, [SYMMETRIC], null)],
    ['reduce_range', false],
  ])); // prettier-ignore
}

/** As the metadata of torchao's safetensors have it. */
export const activationToJson = (activation: ActivationGranularity): object => ({
  _type: 'QuantizeTensorToInt8Kwargs',
  _data: {
    granularity:
      activation instanceof PerRow
        ? { _type: 'PerRow', _data: { dim: -1 } }
        : { _type: 'PerTensor', _data: {} },
    mapping_type: { _type: 'MappingType', _data: 'SYMMETRIC' },
    reduce_range: false,
  },
});

/** @throws TorchError for what else there is: other granularities, zero points, half the range. */
export function activationFromPython(kwargs: unknown, key: string): ActivationGranularity | null {
  if (kwargs === null) return null;
  const state =
    kwargs instanceof PythonObject && isMap(kwargs.state) ? kwargs.state : new Map<string, unknown>();
  const {
    granularity,
    mapping_type: mapping,
    reduce_range: reduced,
  } = Object.fromEntries(state) as Record<string, unknown>;
  const [kind, its] =
    granularity instanceof PythonObject ? [granularity.type, granularity.state] : ['', null];
  const code =
    mapping instanceof PythonObject && Array.isArray(mapping.args) ? (mapping.args[0] as unknown) : null;
  const dim = isMap(its) ? its.get('dim') : -1;
  return known(kind.replace(`${GRANULARITY}.`, ''), dim, code === SYMMETRIC, reduced, key);
}

/** Of that metadata. @throws as above. */
export function activationFromJson(kwargs: unknown, key: string): ActivationGranularity | null {
  if (kwargs === null || kwargs === undefined) return null;
  const dataOf = (value: unknown): Record<string, unknown> => {
    const data = isPlainObject(value) ? (value as { _data?: unknown })._data : null;
    return isPlainObject(data) ? (data as Record<string, unknown>) : {};
  };
  const { granularity, mapping_type: mapping, reduce_range: reduced } = dataOf(kwargs);
  const kind = isPlainObject(granularity) ? String((granularity as { _type?: unknown })._type) : '';
  const isSymmetric = isPlainObject(mapping) && (mapping as { _data?: unknown })._data === 'SYMMETRIC';
  return known(kind, dataOf(granularity).dim ?? -1, isSymmetric, reduced, key);
}

function known(
  kind: string,
  dim: unknown,
  isSymmetric: boolean,
  reduced: unknown,
  key: string,
): ActivationGranularity {
  if (isSymmetric && reduced !== true && kind === 'PerRow' && dim === -1) return new PerRow();
  if (isSymmetric && reduced !== true && kind === 'PerTensor') return new PerTensor();
  throw new TorchError(
    `${key}: its activations are quantized in a way that is not supported: symmetric ones with a scale for each row or one for ` +
      'all are, in the whole range of int8',
    'NotImplementedError',
  );
}
