/** Checkpoints in several files, as transformers and huggingface_hub lay them out. */
import { TorchTypeError } from '../errors';
import fs from 'node:fs';
import path from 'node:path';
import { isMap } from '../realm';
import type { Tensor } from '../tensor';
import { type AtomicFile, writeAll, writeAtomically } from './atomic';
import { SafetensorError } from './safetensors_header';
import { type OpenOptions, safeOpen } from './safetensors_open';
import { type TensorMap, checkTensors, writeFile } from './safetensors_save';
import { withoutDuplicates } from './safetensors_shared';
import { findCheckpoint, isIndex, readIndex, writeIndex } from './sharded_index';

export interface SaveShardedOptions {
  /** A file is closed before a tensor that would make it larger: bytes, or `'500MB'`. Default: `'5GB'`. */
  maxShardSize?: number | `${number}${'KB' | 'MB' | 'GB' | 'TB'}`;
  /** Default: `'model{suffix}.safetensors'`. */
  filenamePattern?: string;
  /** Text to keep in the header of a single file, or in the index. */
  metadata?: Readonly<Record<string, string>>;
  /** Whether to write tensors that are not contiguous as if they were. Default: `true`. */
  forceContiguous?: boolean;
  /** Of tensors that share memory, those to leave out. Default: all but the first of the alphabet. */
  sharedTensorsToDiscard?: readonly string[];
}

interface Shard {
  names: string[];
  bytes: number;
}

/**
 * Writes a state_dict into a folder: `model.safetensors`, or `model-00001-of-00003.safetensors` ... and
 * `model.safetensors.index.json`. What an earlier save left there under these names is removed. The same
 * as `save_torch_state_dict` of Python's huggingface_hub. Returns the names of the files.
 *
 * All files are written before the first takes its place, and the index is the last: a full disk or a
 * crash while they are written leaves the old checkpoint whole.
 */
export function saveSharded(tensors: TensorMap, folder: string, options: SaveShardedOptions = {}): string[] {
  const { filenamePattern: pattern = 'model{suffix}.safetensors', forceContiguous = true } = options;
  if (!pattern.includes('{suffix}') || path.basename(pattern) !== pattern) {
    throw new TorchTypeError(
      `saveSharded(): argument 'filenamePattern' must be a name with '{suffix}', not '${pattern}'`,
    );
  }
  const limit = parseSize(options.maxShardSize ?? '5GB');
  const given = checkNames(tensors);
  const discardNames = new Set(options.sharedTensorsToDiscard);
  const { tensors: kept, metadata } = withoutDuplicates(given, options.metadata, { discardNames });
  const map = checkTensors(kept, { forceContiguous });
  const shards = split(map, limit);
  const single = shards.length <= 1;
  const fileOf = (i: number): string => pattern.replace('{suffix}', single ? '' : suffix(i, shards.length));

  fs.mkdirSync(folder, { recursive: true });
  const pending: AtomicFile[] = [];
  try {
    for (const [i, { names }] of shards.entries()) {
      const part = new Map(names.map((name) => [name, map.get(name)!]));
      const text = { format: 'pt', ...(single ? metadata : null) };
      pending.push(writeFile(part, path.join(folder, fileOf(i)), { metadata: text }));
    }
    for (const file of pending) file.commit();
  } finally {
    for (const file of pending) file.abort();
  }
  const files = shards.map((_, i) => fileOf(i));
  if (!single) files.push(saveIndex(folder, pattern, shards, fileOf, metadata));
  removeOthers(folder, pattern, files);
  return files;
}

function checkNames(tensors: TensorMap): ReadonlyMap<string, Tensor> {
  return new Map((isMap(tensors) ? tensors : Object.entries(tensors)) as Iterable<[string, Tensor]>);
}

/** In the order of the state_dict; a tensor over the limit has a file of its own. */
function split(tensors: ReadonlyMap<string, Tensor>, limit: number): Shard[] {
  const shards: Shard[] = [];
  let open: Shard = { names: [], bytes: 0 };
  for (const [name, { nbytes }] of tensors) {
    if (nbytes > limit) {
      shards.push({ names: [name], bytes: nbytes });
      continue;
    }
    if (open.bytes + nbytes > limit) {
      shards.push(open);
      open = { names: [], bytes: 0 };
    }
    open.names.push(name);
    open.bytes += nbytes;
  }
  return open.names.length > 0 || shards.length === 0 ? [...shards, open] : shards;
}

const suffix = (i: number, count: number): string =>
  `-${String(i + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}`;

function saveIndex(
  folder: string,
  pattern: string,
  shards: readonly Shard[],
  fileOf: (i: number) => string,
  metadata: Readonly<Record<string, string>> | null,
): string {
  const total = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const weights = new Map(shards.flatMap(({ names }, i) => names.map((name) => [name, fileOf(i)] as const)));
  const text = writeIndex(
    new Map<string, number | string>([['total_size', total], ...Object.entries(metadata ?? {})]),
    weights,
  );
  const index = `${pattern.replace('{suffix}', '')}.index.json`;
  writeAtomically(path.join(folder, index), (fd) => writeAll(fd, Buffer.from(text)));
  return index;
}

function removeOthers(folder: string, pattern: string, files: readonly string[]): void {
  const [before, after] = pattern
    .split('{suffix}')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const ours = new RegExp(`^${before}(-\\d{5}-of-\\d{5})?${after}(\\.index\\.json)?$`);
  for (const name of fs.readdirSync(folder)) {
    if (ours.test(name) && !files.includes(name)) fs.rmSync(path.join(folder, name));
  }
}

function parseSize(size: number | string): number {
  const units: Record<string, number> = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
  const [, number, unit] = /^\s*([\d.]+)\s*([KMGT]B)\s*$/i.exec(String(size)) ?? [];
  const bytes = typeof size === 'number' ? size : Math.trunc(Number(number) * units[unit?.toUpperCase()]);
  if (bytes > 0) return bytes;
  throw new TorchTypeError(
    `saveSharded(): argument 'maxShardSize' must be bytes or a text such as '5GB', not '${size}'`,
  );
}

/**
 * Reads a checkpoint by its index, or by the folder that holds it; a single `.safetensors` file will do,
 * too. The tensors come in the index's order.
 *
 * @throws SafetensorError where a file lacks a tensor that the index promises.
 */
export function loadSharded(target: string, options: OpenOptions = {}): Map<string, Tensor> {
  const file = findCheckpoint(target);
  const found = new Map<string, Tensor>();
  if (!isIndex(file)) {
    using single = safeOpen(file, options);
    return single.getTensors();
  }
  const { folder, shards } = readIndex(file);
  for (const [shard, names] of shards) {
    using opened = safeOpen(path.join(folder, shard), options);
    const there = new Set(opened.offsetKeys());
    const missing = names.filter((name) => !there.has(name));
    if (missing.length > 0) {
      throw new SafetensorError(
        `'${shard}' lacks what '${path.basename(file)}' promises: ${missing.join(', ')}`,
      );
    }
    for (const name of names) found.set(name, opened.getTensor(name));
  }
  return found;
}
