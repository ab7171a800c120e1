/** Checkpoints in several files, as transformers and huggingface_hub lay them out. */
import { checkTensor } from '../../native/tensor_base';
import { withJson } from '../../core/conversions';
import { withDefaults } from '../../core/signature';
import { TorchTypeError, checkText, argumentError } from '../../core/errors';
import fs from 'node:fs';
import path from 'node:path';
import { isMap, isPlainObject } from '../../core/realm';
import { bindArguments } from '../../core/calls';
import type { Tensor } from '../../tensor';
import { openAtomically, openInFolder } from '../io/atomic';
import { type NewFile, publish } from '../io/file_set';
import { SafetensorError } from './header';
import { type OpenOptions, safeOpen } from './open';
import { type PlannedTensor, plannedOf } from '../planned';
import { type TensorMap, checkTensors, writePlanned } from './save';
import { withoutDuplicates } from './shared';
import { isIndex, readCheckpoint, readIndex, writeIndex } from './sharded_index';

/** Options of `safetensors.saveSharded`. */
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

const SAVE_SHARDED: Required<SaveShardedOptions> = {
  maxShardSize: '5GB',
  filenamePattern: 'model{suffix}.safetensors',
  metadata: {},
  forceContiguous: true,
  sharedTensorsToDiscard: [],
};

interface Shard {
  names: string[];
  bytes: number;
}

/**
 * Writes a state_dict into a folder: `model.safetensors`, or `model-00001-of-00003.safetensors` ... and
 * `model.safetensors.index.json`. What an earlier save left there under these names is removed, killed or not.
 * The same as `save_torch_state_dict` of Python's huggingface_hub. Returns the names of the files.
 *
 * All files are written before the first takes its place, and the index makes them the checkpoint: at every
 * moment {@link loadSharded} and `torch.loadStateDictFromFile` find the old one or the new one, whole. Of several
 * processes that save at once the last wins. Where the file system has no hard links, files that replace others
 * of their names keep names like `model-00001-of-00003-save-0123456789ab.safetensors`.
 *
 * @throws TorchError where another process has been putting its files there for a minute.
 */
export function saveSharded(
  ...args: [tensors: TensorMap, folder: string, options?: SaveShardedOptions]
): string[] {
  const [tensors, folder, options] = bindArguments('saveSharded(tensors{}, folder, options{}?)', args);
  const settings = withDefaults('saveSharded', SAVE_SHARDED, options);
  const { filenamePattern: pattern, forceContiguous } = settings;
  checkText('saveSharded', 'folder', folder);
  checkText('saveSharded', 'filenamePattern', pattern);
  if (!pattern.includes('{suffix}') || path.basename(pattern) !== pattern) {
    throw new TorchTypeError(
      `saveSharded(): argument 'filenamePattern' must be a name with '{suffix}', not '${pattern}'`,
    );
  }
  const limit = parseSize(settings.maxShardSize);
  const given = checkNames(tensors);
  const discardNames = new Set(settings.sharedTensorsToDiscard);
  const { tensors: kept, metadata } = withoutDuplicates(given, settings.metadata, { discardNames });
  const map = checkTensors(kept, { forceContiguous });
  const planned = new Map([...map].map(([name, tensor]) => [name, plannedOf(tensor)]));
  return writeShards(planned, folder, { pattern, limit, metadata });
}

/** How {@link writeShards} lays a checkpoint out. */
export interface Sharding {
  readonly pattern: string;
  readonly limit: number;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Looks at a file that is written before it takes its place. */
  readonly check?: (file: string, names: readonly string[]) => void;
}

/** {@link saveSharded} of tensors of which one is there at a time. */
export function writeShards(
  tensors: ReadonlyMap<string, PlannedTensor>,
  folder: string,
  { pattern, limit, metadata, check }: Sharding,
): string[] {
  const shards = split(tensors, limit);
  const single = shards.length <= 1;
  fs.mkdirSync(folder, { recursive: true });
  const files: NewFile[] = [];
  try {
    for (const [i, { names }] of shards.entries()) {
      const nameWith = (end: string): string => pattern.replace('{suffix}', () => end);
      const name = nameWith(single ? '' : suffix(i, shards.length));
      const beside = (mark: string): string => nameWith(suffix(i, shards.length) + mark);
      const part = new Map(names.map((each) => [each, tensors.get(each)!]));
      const text = { format: 'pt', ...(single ? metadata : null) };
      // A single file may be a link to another place.
      const file = single ? openAtomically(path.join(folder, name)) : openInFolder(folder, name);
      files.push({ name, beside, file: writePlanned(file, part, { metadata: text }) });
      if (check) {
        file.finish();
        check(file.path, names);
      }
    }
    return publish({
      folder,
      files,
      index: `${pattern.replace('{suffix}', '')}.index.json`,
      textOf: single ? null : (places) => indexText(shards, places, metadata),
      namedBy: (index) => readIndex(index).shards.keys(),
      isOurs: namesOf(pattern),
    });
  } finally {
    for (const { file } of files) file.abort();
  }
}

function checkNames(tensors: TensorMap): ReadonlyMap<string, Tensor> {
  if (!isMap(tensors) && !isPlainObject(tensors))
    throw argumentError('saveSharded', 'tensors', 'a Map or an object of tensors', tensors);
  const map = new Map((isMap(tensors) ? tensors : Object.entries(tensors)) as Iterable<[string, Tensor]>);
  for (const [name, tensor] of map) checkTensor('saveSharded', String(name), tensor);
  return map;
}

/** In the order of the state_dict; a tensor over the limit has a file of its own. */
function split(tensors: ReadonlyMap<string, { nbytes: number }>, limit: number): Shard[] {
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

/** The names of the tensors of each file. */
export const shardsOf = (tensors: ReadonlyMap<string, { nbytes: number }>, limit: number): string[][] =>
  split(tensors, limit).map(({ names }) => names);

const suffix = (i: number, count: number): string =>
  `-${String(i + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}`;

function indexText(
  shards: readonly Shard[],
  places: readonly string[],
  metadata: Readonly<Record<string, string>> | null,
): string {
  const total = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const weights = new Map(shards.flatMap(({ names }, i) => names.map((name) => [name, places[i]] as const)));
  return writeIndex(
    new Map<string, number | string>([['total_size', total], ...Object.entries(metadata ?? {})]),
    weights,
  );
}

/** Whether a name is one that a save with this pattern gives. */
export function namesOf(pattern: string): (name: string) => boolean {
  const [before, after] = pattern
    .split('{suffix}')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const ours = new RegExp(`^${before}(-\\d{5,}-of-\\d{5,}(-save-[0-9a-f]{12})?)?${after}(\\.index\\.json)?$`);
  return (name) => ours.test(name);
}

export function parseSize(size: number | string): number {
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
 * too. The tensors come in the index's order. In a folder with both, the index counts, as for Python's
 * huggingface_hub. A checkpoint that is replaced meanwhile is read again.
 *
 * @throws SafetensorError where a file lacks a tensor that the index promises.
 */
export function loadSharded(...args: [target: string, options?: OpenOptions]): Map<string, Tensor> {
  const [target, options] = bindArguments('loadSharded(target, options{}?)', args);
  return readCheckpoint(target, (file) => readShards(file, options));
}

function readShards(file: string, options?: OpenOptions): Map<string, Tensor> {
  const found = withJson(new Map<string, Tensor>());
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
