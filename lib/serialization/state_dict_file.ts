/** A state_dict from a file of any format. */
import { withDefaults } from '../core/signature';
import { TorchTypeError } from '../core/errors';
import path from 'node:path';
import type { DeviceLike } from '../core/device';
import type { StateDict } from '../nn/module/state_dict';
import { bindArguments } from '../core/calls';
import { findFormat } from './format';
import { type KeyRenaming, renameKeys, underPrefix } from './keys';
import { load } from './load';
import { loadFile } from './safetensors';
import { SafetensorError } from './safetensors/header';
import { loadSharded } from './safetensors/sharded';
import { stateDictIn } from './state_dict_in';
import { readCheckpoint, readIndex } from './safetensors/sharded_index';

export * from './keys';

/** Options of `torch.loadStateDictFromFile`. */
export interface LoadStateDictFromFileOptions {
  /** Where the tensors go. Default: `'cpu'`. */
  device?: DeviceLike;
  /**
   * Whether to map the file into memory instead of reading it; see `safetensors.loadFile`'s `backend`. Default:
   * what the format's own function does: `.pt` is read.
   */
  mmap?: boolean;
  /** Which entry of a whole checkpoint is the state_dict: `'model'`, `'state_dict'`. Default: all of it. */
  key?: string;
  /** Take only what is below this, without it: `'module.'`. Default: everything. */
  prefix?: string;
  /** Other names for the tensors, after `prefix`. Default: their own. */
  rename?: KeyRenaming;
}

const DEFAULTS: Record<keyof LoadStateDictFromFileOptions, undefined> = {
  device: undefined,
  mmap: undefined,
  key: undefined,
  prefix: undefined,
  rename: undefined,
};

/**
 * Reads a state_dict from a `.safetensors` file, a sharded checkpoint (its `*.index.json` or the folder
 * that holds it; also of `.bin` files), or a `.pt` file, whichever it is by its contents. Nothing in a
 * file is ever executed.
 *
 * With `mmap` and `loadStateDict`'s `assign` the weights are not copied at all.
 *
 * @throws TypeError where the file holds more than a state_dict and `key` does not say which entry.
 *
 * @example
 * const state = torch.loadStateDictFromFile('model.safetensors', { prefix: 'model.' });
 * model.loadStateDict(state, { assign: true });
 */
export function loadStateDictFromFile(
  ...args: [file: string, options?: LoadStateDictFromFileOptions]
): StateDict {
  const [file, options] = bindArguments('loadStateDictFromFile(file, options{}?)', args);
  const given = withDefaults('loadStateDictFromFile', DEFAULTS as LoadStateDictFromFileOptions, options);
  const { prefix, rename } = given;
  let state = readCheckpoint(file, (found) => readFile(found, given));
  if (prefix) {
    const part = underPrefix(state, prefix);
    if (part.size === 0 && state.size > 0) {
      throw new TorchTypeError(`loadStateDictFromFile(): no name in '${file}' starts with '${prefix}'`);
    }
    state = part;
  }
  return rename ? renameKeys(state, rename) : state;
}

function readFile(target: string, options: LoadStateDictFromFileOptions): StateDict {
  const { file, format } = findFormat(target);
  if (format === 'pt') return readPickled(file, options);
  if (options.key !== undefined) {
    throw new TorchTypeError(
      "loadStateDictFromFile(): 'key' is for .pt files; this one holds nothing but tensors",
    );
  }
  const backend = options.mmap === undefined ? null : options.mmap ? 'mmap' : 'pread';
  const open = { device: options.device, backend } as const;
  if (format === 'safetensors') return loadFile(file, open);
  const { folder, shards } = readIndex(file);
  const pickled = [...shards.keys()].some((name) => !name.endsWith('.safetensors'));
  return pickled ? readPickledShards(folder, shards, options) : loadSharded(file, open);
}

function readPickledShards(
  folder: string,
  shards: ReadonlyMap<string, readonly string[]>,
  options: LoadStateDictFromFileOptions,
): StateDict {
  const result = new Map() as StateDict;
  for (const [name, keys] of shards) {
    const shard = readPickled(path.join(folder, name), options);
    for (const key of keys) {
      const tensor = shard.get(key);
      if (!tensor) throw new SafetensorError(`'${name}' lacks what its index promises: ${key}`);
      result.set(key, tensor);
    }
  }
  return result;
}

const readPickled = (file: string, { device, mmap, key }: LoadStateDictFromFileOptions): StateDict =>
  stateDictIn(load(file, { mapLocation: device ?? 'cpu', mmap }), key, file);
