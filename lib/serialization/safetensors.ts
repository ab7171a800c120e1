/** Tensors in files that Python's `safetensors` reads and writes. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { empty } from '../aten';
import type { DeviceLike } from '../device';
import { argumentError } from '../errors';
import { native } from '../native';
import { Tensor } from '../tensor';
import { writeAll, writeAtomically } from './atomic';
import { type Entry, SafetensorsError, headerLength, parseHeader, writeHeader } from './safetensors_header';

export { SafetensorsError };

export type TensorMap = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

export interface SaveOptions {
  /** Text to keep in the header. */
  metadata?: Record<string, string>;
}

export interface LoadOptions {
  /** Where the tensors go. Default: the CPU. */
  device?: DeviceLike;
}

/**
 * Writes tensors to a file; a crash or a full disk leaves the old file whole. Throws when tensors
 * share memory, since they would come back apart.
 *
 * Differs from PyTorch: `safetensors.saveFile()` writes a non-contiguous tensor as if it were contiguous,
 * where Python's package refuses it.
 *
 * @example
 * saveFile(model.stateDict(), 'model.safetensors', { metadata: { format: 'pt' } });
 */
export function saveFile(tensors: TensorMap, path: string, options: SaveOptions = {}): void {
  const { map, head, entries } = prepare('saveFile', tensors, options);
  writeAtomically(path, (file) => {
    writeAll(file, head);
    for (const { name } of entries) withBytes(map.get(name)!, (bytes) => writeAll(file, bytes));
  });
}

/** The bytes of such a file. */
export function save(tensors: TensorMap, options: SaveOptions = {}): Uint8Array {
  const { map, head, entries, size } = prepare('save', tensors, options);
  const result = new Uint8Array(head.length + size);
  result.set(head);
  for (const { name, begin } of entries) {
    withBytes(map.get(name)!, (bytes) => result.set(bytes, head.length + begin));
  }
  return result;
}

/**
 * Reads a file's tensors, in the order of its data. Throws a {@link SafetensorsError} for a file that
 * does not follow the format.
 */
export function loadFile(path: string, options: LoadOptions = {}): Map<string, Tensor> {
  const file = openSync(path, 'r');
  try {
    return read(fstatSync(file).size, options, (target, position) => {
      for (let at = 0; at < target.length;) {
        const count = readSync(file, target, at, Math.min(2 ** 30, target.length - at), position + at);
        if (count === 0) throw new SafetensorsError(`'${path}' ended while it was read`);
        at += count;
      }
    });
  } finally {
    closeSync(file);
  }
}

/** Reads the tensors from the bytes of such a file; copies them. */
export function load(data: Uint8Array, options: LoadOptions = {}): Map<string, Tensor> {
  if (!(data instanceof Uint8Array)) throw argumentError('load', 'data', 'a Uint8Array', data);
  return read(data.length, options, (target, position) => {
    target.set(data.subarray(position, position + target.length));
  });
}

type Reader = (target: Uint8Array, position: number) => void;

function read(size: number, options: LoadOptions, readAt: Reader): Map<string, Tensor> {
  const prefix = Buffer.alloc(8);
  if (size >= 8) readAt(prefix, 0);
  const head = Buffer.alloc(headerLength(prefix, size));
  readAt(head, 8);
  const start = 8 + head.length;
  const { entries } = parseHeader(head, size - start);
  return new Map(entries.map((entry) => [entry.name, readTensor(entry, start, options, readAt)]));
}

// Straight into the tensor's memory.
function readTensor(entry: Entry, start: number, { device }: LoadOptions, readAt: Reader): Tensor {
  const tensor = empty(entry.shape, { dtype: entry.dtype });
  if (entry.end > entry.begin) readAt(new Uint8Array(native.viewBuffer(tensor)), start + entry.begin);
  if (device === undefined) return tensor;
  const moved = tensor.to({ device });
  if (moved !== tensor && !moved.is(tensor)) tensor.dispose();
  return moved;
}

function prepare(fn: string, tensors: TensorMap, options: SaveOptions) {
  if (typeof tensors !== 'object' || tensors === null) {
    throw argumentError(fn, 'tensors', 'a Map or an object of tensors', tensors);
  }
  const map: ReadonlyMap<string, Tensor> =
    tensors instanceof Map ? tensors : new Map(Object.entries(tensors));
  for (const [name, tensor] of map) {
    if (typeof name !== 'string') throw argumentError(fn, 'tensors', 'named by strings', name);
    if (!(tensor instanceof Tensor)) throw argumentError(fn, `tensors['${name}']`, 'a Tensor', tensor);
    if (tensor.isSparse)
      throw new SafetensorsError(`tensor '${name}' is sparse; safetensors holds dense ones`);
  }
  refuseShared(map);
  const list = [...map].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return { map, ...writeHeader(list, options.metadata) };
}

/** Lends the tensor's bytes, in row-major order; without a copy for a contiguous CPU tensor. */
function withBytes(tensor: Tensor, use: (bytes: Uint8Array) => void): void {
  if (tensor.numel() === 0) return;
  const plain = tensor.detach().cpu().resolveConj().resolveNeg().contiguous();
  use(new Uint8Array(native.viewBuffer(plain)));
  if (!plain.is(tensor)) plain.dispose();
}

// Parts of one storage that do not overlap are fine.
function refuseShared(map: ReadonlyMap<string, Tensor>): void {
  const spans = [...map]
    .filter(([, tensor]) => tensor.numel() > 0)
    .map(([name, tensor]) => {
      const stride = tensor.stride() as readonly number[];
      const extent = tensor.shape.reduce((sum, size, i) => sum + (size - 1) * stride[i], 1);
      const begin = tensor.storageOffset() * tensor.itemsize;
      return {
        name,
        id: `${tensor.device} ${tensor.storage().id}`,
        begin,
        end: begin + extent * tensor.itemsize,
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.begin - b.begin));
  let widest = spans[0];
  for (const span of spans.slice(1)) {
    if (span.id === widest.id && span.begin < widest.end) {
      throw new SafetensorsError(
        `tensors '${widest.name}' and '${span.name}' share memory: they would take twice the room on disk ` +
          'and come back apart; leave one out or clone() it',
      );
    }
    if (span.id !== widest.id || span.end > widest.end) widest = span;
  }
}
