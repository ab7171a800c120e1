// The tensors of a program. Those that shared memory share it again.
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { Tensor as TensorClass } from '../tensor';
import { Parameter } from '../nn/parameter';
import { load } from '../serialization/load';
import { swapBytes } from '../serialization/io/byte_order';
import type { ScriptObject } from '../tensor/script_object';
import type { DType } from '../core/dtype';
import type { Archive, TensorKind } from './archive';
import { isMap } from '../core/realm';
import { damaged } from './errors';
import * as fields from './fields';
import { asObject, asText } from './fields';
import type { SymbolicNumber, TensorMeta } from './graph';
import type { Json } from './json';
import { readObject } from './objects';
import { readTensorMeta } from './schema';

/** What an archive says of a tensor. */
export interface Payload {
  record: string;
  isParam: boolean;
  usesPickle: boolean;
  meta: TensorMeta | null;
}

function readPayload(value: Json, where: string): Payload {
  const object = asObject(value, where);
  const meta = object.get('tensor_meta');
  return {
    record: asText(object.get('path_name'), `${where}.path_name`),
    isParam: fields.asBool(object.get('is_param'), `${where}.is_param`),
    usesPickle: fields.asBool(object.get('use_pickle'), `${where}.use_pickle`),
    meta: meta == null ? null : readTensorMeta(meta, `${where}.tensor_meta`),
  };
}

/** What an archive says of the tensors of one of its folders, by path. Of older versions it says nothing. */
export function readPayloads(archive: Archive, kind: TensorKind): Map<string, Payload> {
  if (archive.savedTensors(kind) !== null) return new Map();
  const name = `data/${kind}/${archive.model}_${kind}_config.json`;
  return fields.eachValue(asObject(archive.json(name), name).get('config'), name, readPayload);
}

/** The tensors of one of an archive's folders, by path; beside constants, objects of classes. */
export function readTensors<T extends Tensor | ScriptObject>(
  archive: Archive,
  kind: TensorKind,
): Map<string, T> {
  const saved = archive.savedTensors(kind);
  if (saved !== null) return savedTensors(archive, saved) as Map<string, T>;
  const folder = `data/${kind}`;
  const storages = new Map<string, Tensor>();
  const values = new Map<string, Tensor | ScriptObject>();
  for (const [path, payload] of readPayloads(archive, kind)) {
    const record = `${folder}/${payload.record}`;
    const value = payload.usesPickle
      ? pickledValue(archive, record, path, kind)
      : stridedTensor(archive, record, payload, storages);
    values.set(path, value);
  }
  return values as Map<string, T>;
}

// As older versions wrote them. Nothing at all stands for no tensors.
function savedTensors({ zip }: Archive, record: string): Map<string, Tensor> {
  const bytes = zip.read(record);
  if (bytes.length === 0) return new Map();
  const values = load<unknown>(bytes);
  if (!isMap(values)) throw damaged(`'${record}' holds no dict`);
  return new Map([...values].map(([path, value]) => [String(path), asTensor(value, String(path))]));
}

function asTensor(value: unknown, path: string): Tensor {
  if (value instanceof TensorClass) return value;
  throw damaged(`'${path.slice(0, 80)}' is no tensor`);
}

function pickledValue(
  archive: Archive,
  record: string,
  path: string,
  kind: TensorKind,
): Tensor | ScriptObject {
  if (kind === 'constants' && /\/custom_obj_\d+$/.test(record)) return readObject(archive, record);
  if (!/\/(weight|tensor)_\d+$/.test(record)) {
    throw damaged(`'${path.slice(0, 80)}' is an object of a class of its own, which cannot be read`);
  }
  return asTensor(load<unknown>(archive.zip.read(record)), path);
}

function stridedTensor(
  archive: Archive,
  record: string,
  { meta, isParam }: Payload,
  storages: Map<string, Tensor>,
): Tensor {
  if (meta === null) throw damaged(`'${record}' is not described`);
  const whole = storages.get(record) ?? readStorage(archive, record, meta);
  storages.set(record, whole);
  const numbers = (list: SymbolicNumber[]): number[] => list.map((each) => known(each, record));
  const offset = known(meta.storageOffset, record);
  const tensor = aten.asStrided(whole.view(meta.dtype), numbers(meta.sizes), numbers(meta.strides), offset);
  if (isParam) return new Parameter(tensor, { requiresGrad: meta.requiresGrad });
  return meta.requiresGrad ? tensor.detach().requiresGrad_() : tensor;
}

function known(value: SymbolicNumber, record: string): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw damaged(`'${record}' has a size, stride or offset that is no known number`);
}

// The bytes of a record, where they are to be.
function readStorage(archive: Archive, record: string, meta: TensorMeta): Tensor {
  const { zip, isBigEndian } = archive;
  const size = zip.sizeOf(record);
  const { itemsize } = meta.dtype;
  if (size % itemsize !== 0) {
    throw damaged(
      `Record ${record}: size ${size} is not a multiple of element size ${itemsize} for dtype ${String(meta.dtype)}`,
    );
  }
  const bytes = zip.tensor(record, true);
  const ordered = isBigEndian ? swapBytes(bytes, meta.dtype as DType) : bytes;
  return meta.device === 'cpu' ? ordered : ordered.to(meta.device);
}
