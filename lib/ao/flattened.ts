// torchao's state_dicts as plain tensors, which safetensors can hold.
import { bindArguments } from '../core/calls';
import { type DType, asDType } from '../core/dtype';
import { TorchError, argumentError, valueError } from '../core/errors';
import { isMap, isPlainObject } from '../core/realm';
import { isTensor } from '../native/tensor_base';
import { OrderedDict, type PythonObject } from '../serialization/pickle/python_types';
import type { Tensor } from '../tensor';
import { activationFromJson, activationFromPython, activationToJson } from './activation';
import { blockSizeOf, checkParts, isInt8Tensor, toPython } from './int8_tensor';

const PARTS = ['qdata', 'scale', 'zero_point'] as const;

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
      for (const part of PARTS) {
        const tensor = parts.get(part);
        if (isTensor(tensor)) tensors.set(prefixOf(name) + part, tensor.clone());
      }
      metadata[name] = pythonJson(describe(value, parts, name));
    } else {
      throw new TorchError(`Unsupported tensor type: ${name} is neither a tensor nor an Int8Tensor`, 'ValueError'); // prettier-ignore
    }
  }
  metadata.tensor_names = pythonJson([...state.keys()]);
  return [tensors, metadata];
}

function describe(value: PythonObject, parts: ReadonlyMap<string, unknown>, name: string): object {
  const activation = activationFromPython(parts.get('act_quant_kwargs') ?? null, name);
  return {
    _type: 'Int8Tensor',
    _data: {
      act_quant_kwargs: activation && activationToJson(activation),
      reduce_range: parts.get('reduce_range') ?? false,
      block_size: parts.get('block_size'),
      dtype: { _type: 'torch.dtype', _data: (value.args as DType[])[0].name },
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

// '0.weight' becomes '0._weight_qdata'.
function prefixOf(name: string): string {
  const dot = name.lastIndexOf('.') + 1;
  return `${name.slice(0, dot)}_${name.slice(dot)}_`;
}

/**
 * The state_dict of tensors and metadata that {@link flattenTensorStateDict}, or torchao's `flatten_tensor_state_dict`, made;
 * beside it the tensors of which parts are missing, which another file of a sharded model may have: give them again with those.
 *
 * @throws TorchError (ValueError) for metadata of something else, and for other kinds of torchao's tensors.
 *
 * @example
 * using file = safetensors.safeOpen('model.safetensors');
 * const [state, rest] = torch.ao.quantization.unflattenTensorStateDict(safetensors.loadFile('model.safetensors'), file.metadata() ?? {});
 */
export function unflattenTensorStateDict(
  ...args: [
    tensors: ReadonlyMap<string, Tensor> | Record<string, Tensor>,
    metadata: Readonly<Record<string, string>>,
  ]
): [state: Map<string, unknown>, rest: Map<string, Tensor>] {
  const fn = 'unflattenTensorStateDict';
  const [tensors, metadata] = bindArguments(`${fn}(tensors{}, metadata{})`, args);
  if (!isMap(tensors) && !isPlainObject(tensors))
    throw argumentError(fn, 'tensors', 'a Map or an object of tensors', tensors);
  if (!isPlainObject(metadata)) throw argumentError(fn, 'metadata', 'an object of strings', metadata);
  const rest = new Map((isMap(tensors) ? [...tensors] : Object.entries(tensors)) as [string, Tensor][]);
  for (const [name, tensor] of rest) if (!isTensor(tensor)) throw argumentError(fn, name, 'a Tensor', tensor);
  if (!Object.hasOwn(metadata, 'tensor_names')) throw valueError('No tensors found'); // Python's words
  const names = json(metadata, 'tensor_names');
  if (!Array.isArray(names)) throw valueError('tensor_names of the metadata is no list');
  const state = new OrderedDict<string, unknown>();
  for (const name of names as unknown[]) {
    if (typeof name !== 'string') throw valueError('tensor_names of the metadata is no list of names');
    const value = rebuilt(name, json(metadata, name), rest);
    if (value !== undefined) state.set(name, value);
  }
  return [state, rest];
}

function json(metadata: Readonly<Record<string, string>>, key: string): unknown {
  try {
    return JSON.parse(Object.hasOwn(metadata, key) ? metadata[key] : '') as unknown;
  } catch {
    throw valueError(`the metadata have no JSON for ${key}`);
  }
}

// Takes its parts out of `rest`; undefined where some are missing.
function rebuilt(name: string, description: unknown, rest: Map<string, Tensor>): unknown {
  const {
    _type: type,
    _data: data,
    _tensor_data_names: parts,
  } = (isPlainObject(description) ? description : {}) as Record<string, unknown>;
  const take = (key: string): Tensor | undefined => {
    const tensor = rest.get(key);
    rest.delete(key);
    return tensor;
  };
  if (type === 'Tensor') return take(name);
  if (type !== 'Int8Tensor' || !isPlainObject(data) || !Array.isArray(parts))
    throw valueError(`Unsupported tensor type: ${String(type)} of ${name}: of torchao's there is Int8Tensor`);
  const strange = (parts as unknown[]).filter((part) => !PARTS.includes(part as (typeof PARTS)[number]));
  if (strange.length > 0) throw valueError(`${name}: its parts ${strange.join(', ')} are not supported`);
  const keys = (parts as string[]).map((part) => prefixOf(name) + part);
  if (!keys.every((key) => rest.has(key))) return undefined;
  const [qdata, scale, zeroPoint] = PARTS.map((part) => take(prefixOf(name) + part) ?? null);
  const {
    dtype,
    block_size: blockSize,
    act_quant_kwargs: kwargs,
    reduce_range: reduced,
  } = data as Record<string, unknown>;
  if (reduced === true) throw valueError(`${name}: reduce_range is not supported`);
  const ofWeight = isPlainObject(dtype) ? asDType((dtype as { _data?: unknown })._data) : undefined;
  if (!ofWeight?.isFloatingPoint) throw valueError(`${name}: the metadata have no dtype of floats`);
  const shape = qdata?.dim() === 2 ? qdata.shape : [0, 0];
  const activation = activationFromJson(kwargs, name);
  const checked = checkParts({ qdata, scale, zeroPoint, dtype: ofWeight, activation }, shape, name);
  if (String(blockSizeOf(checked)) !== String(blockSize))
    throw valueError(
      `${name}: its block_size is ${String(blockSize)}, but its scale has ${blockSizeOf(checked).join(', ')}`,
    );
  return toPython(checked);
}
