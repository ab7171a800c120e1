/**
 * Tensors in files that Python's `safetensors` reads and writes.
 *
 * @module nodetorch/safetensors
 */
import { argumentError } from '../../core/errors';
import { isUint8Array } from '../../core/realm';
import { bindArguments } from '../../core/calls';
import type { Tensor } from '../../tensor';
import { type OpenOptions, safeOpen } from './open';
import { readBytes } from './read_bytes';

export { SafetensorError } from './header';
export { type LoadModelOptions, type SaveModelOptions, loadModel, saveModel } from './model';
export { type OpenOptions, SafeOpen, SafeSlice, safeOpen } from './open';
export { type SaveShardedOptions, loadSharded, saveSharded } from './sharded';
export { type SaveOptions, type TensorMap, save, saveFile } from './save';

/**
 * Reads a file's tensors, in the order of its data. Throws a {@link SafetensorError} for a file that
 * does not follow the format.
 *
 * @example
 * model.loadStateDict(loadFile('model.safetensors'), { assign: true }); // without a copy
 */
export function loadFile(...args: [path: string, options?: OpenOptions]): Map<string, Tensor> {
  const [path, options] = bindArguments('loadFile(path, options{}?)', args);
  const file = safeOpen(path, options);
  try {
    return file.getTensors();
  } finally {
    file.close();
  }
}

/** Reads the tensors from the bytes of such a file; copies them. */
export function load(...args: [data: Uint8Array]): Map<string, Tensor> {
  const [data] = bindArguments('load(data)', args);
  if (!isUint8Array(data)) throw argumentError('load', 'data', 'a Uint8Array', data);
  return readBytes(data);
}
