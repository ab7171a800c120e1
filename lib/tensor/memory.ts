/** When tensors are freed: by the collector, by a scope, by hand. */
import { scoped } from '../native/dispatch';
import { TorchTypeError, argumentError } from '../core/errors';
import { native } from '../native';
import { isMap, isSet } from '../core/realm';
import { bindArguments } from '../core/calls';
import { HANDLE, NOTHING } from '../native/handle';
import { settled } from '../native/scope';
import type { Tensor } from '.';
import { isTensor, newTensor } from '../native/tensor_base';

/** The tensors of one device. */
export interface DeviceMemory {
  /** Tensor objects that are alive. */
  tensors: number;
  /** Bytes of the storages they use; memory shared by several counts once. */
  bytes: number;
}

/** What `torch.memory()` gives. */
export interface Memory extends DeviceMemory {
  /** Objects of classes that are alive: see {@link ScriptObject}. The tensors in them count nowhere. */
  objects: number;
  /** By device: `'cpu'`, `'cuda:0'` ... */
  devices: Record<string, DeviceMemory>;
  /** Freed CPU memory of the process that waits to be used again. */
  cache: CacheMemory;
}

/** The cache of freed blocks of the CPU's memory. */
export interface CacheMemory {
  bytes: number;
  /** Bytes that are kept at most: see {@link setCpuCacheLimit}. */
  limit: number;
  /** Blocks that were given out again, of more than 4 KiB. */
  reused: number;
  /** Such blocks that had to come from the system. */
  allocated: number;
}

/** What lives on this thread. */
export function memory(...args: []): Memory {
  bindArguments('memory()', args);
  const { tensors, objects, devices } = native.memory();
  const [held, limit, reused, allocated] = native.cpuCache(null);
  const cache = { bytes: held, limit, reused, allocated };
  const result: Memory = { tensors, bytes: 0, objects, devices: {}, cache };
  for (const [device, count, bytes] of devices) {
    if (count === 0 && bytes === 0) continue;
    result.devices[device] = { tensors: count, bytes };
    result.bytes += bytes;
  }
  return result;
}

/**
 * How many bytes of freed CPU memory are kept for the next tensors, instead of going back to the
 * system. Default: 512 MiB, or `NODETORCH_CPU_CACHE` in MiB from the environment; 0 keeps nothing.
 */
export function setCpuCacheLimit(...args: [bytes: number]): void {
  const [bytes] = bindArguments('setCpuCacheLimit(bytes)', args);
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw argumentError('setCpuCacheLimit', 'bytes', 'a whole number, at least 0', bytes);
  }
  native.cpuCache(bytes);
}

/** Gives cached memory back: to the system, and to the GPUs where there are some. */
export function emptyCache(...args: []): void {
  bindArguments('emptyCache()', args);
  native.emptyCpuCache();
  if (native.isAllocatorInitialized()) native.emptyCache();
}

// Kept tensors that a scope owned.
const keptOfScope = new WeakSet<Tensor>();

/**
 * Runs `body` and frees every tensor made inside, except what it returns (also within arrays, plain
 * objects, Maps and Sets), parameters, buffers, gradients and optimizer state. Scopes may be nested.
 *
 * Throws a TypeError when `body` returns a promise: the scope ends before it settles.
 */
export function tidy<T>(...args: [body: () => T]): T {
  const [body] = bindArguments('tidy(body)', args);
  if (typeof body !== 'function') throw new TorchTypeError('tidy(): argument must be a function');
  const outer = scoped.tensors;
  const mine: Tensor[] = [];
  let depth: number | undefined;
  let survivors: Tensor[] = [];
  let saved: Set<Tensor> | undefined;
  let result: T;
  try {
    depth = native.beginScope(true);
    scoped.tensors = mine;
    result = settled('tidy', body());
    survivors = tensorsIn(result);
    saved = new Set(survivors);
  } finally {
    scoped.tensors = outer;
    // Another tensor may get the slot that one of these had, so they forget it, even when the stack is full.
    for (let i = 0; i < mine.length; i++) {
      if (saved?.has(mine[i]) || keptOfScope.has(mine[i])) continue;
      (mine[i] as { [HANDLE]: number })[HANDLE] = NOTHING;
    }
    if (depth !== undefined) native.endScope(depth, survivors);
  }
  return result;
}

/** @internal The tensors within arrays, Maps, Sets and objects. */
export function tensorsIn(root: unknown): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<unknown>();
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isTensor(value)) found.push(value);
    else if (ArrayBuffer.isView(value)) continue;
    else if (isMap(value)) pending.push(...value.keys(), ...value.values());
    else if (isSet(value)) pending.push(...value);
    else pending.push(...Object.values(value));
  }
  return found;
}

/** Takes a tensor out of all scopes: {@link tidy} will not free it. */
export function keep<T extends Tensor>(...args: [tensor: T]): T {
  const [tensor] = bindArguments('keep(tensor)', args);
  if (native.keep(tensor)) keptOfScope.add(tensor);
  return tensor;
}

/** A tensor on its way to another thread of the process: a plain object, for `postMessage`. */
export interface SharedTensor {
  readonly nodetorchShared: number;
}

/**
 * Makes a tensor ready to be handed to a worker thread without a copy: post what this returns, and
 * call {@link receive} there, once. Both threads then use the same memory; the graph stays behind.
 */
export function share(...args: [tensor: Tensor]): SharedTensor {
  const [tensor] = bindArguments('share(tensor)', args);
  return { nodetorchShared: native.shareTensor(tensor) };
}

/** The tensor that another thread has {@link share}d. */
export function receive(...args: [shared: SharedTensor]): Tensor {
  const [shared] = bindArguments('receive(shared{})', args);
  const id = shared?.nodetorchShared;
  if (!Number.isSafeInteger(id)) throw argumentError('receive', 'shared', 'what share() returned', shared);
  return newTensor(native.receiveTensor(id));
}
