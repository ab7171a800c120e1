// Writing .safetensors files: straight from the tensors' memory, one after the other.
import { TorchError, valueError, checkText } from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { withDefaults } from '../../core/signature';
import { isTensor } from '../../native/tensor_base';
import { isMap } from '../../core/realm';
import { bindArguments } from '../../core/calls';
import { repr, typeName } from '../../tensor/repr';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { type AtomicFile, openAtomically } from '../io/atomic';
import { type PlannedTensor, plannedOf } from '../planned';
import { writeHeader } from './header';
import { findSharedTensors } from './shared';
import { fileSink } from '../io/sink';

/** Tensors by name. */
export type TensorMap = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Options of `safetensors.saveFile`. */
export interface SaveOptions {
  /** Text to keep in the header. */
  metadata?: Readonly<Record<string, string>> | null;
}
const SAVE: Required<SaveOptions> = { metadata: null };

/**
 * Writes tensors to a file; a crash or a full disk leaves the old file whole.
 *
 * Differs from PyTorch: `torch.safetensors.saveFile` and `save` write what a conjugated or negated view shows, where
 * Python's package writes what lies in its memory.
 *
 * @throws TorchError when tensors share memory, since they would come back apart; see {@link saveModel}.
 * @throws ValueError for a tensor that is sparse or not contiguous.
 *
 * @example
 * saveFile(model.stateDict(), 'model.safetensors', { metadata: { format: 'pt' } });
 */
export function saveFile(...args: [tensors: TensorMap, path: string, options?: SaveOptions]): void {
  const [tensors, path, options] = bindArguments('saveFile(tensors{}, path, options{}?)', args);
  const given = withDefaults('saveFile', SAVE, options);
  checkText('saveFile', 'path', path);
  writeFile(checkTensors(tensors), path, given).commit();
}

/** The bytes of such a file. */
export function save(...args: [tensors: TensorMap, options?: SaveOptions]): Uint8Array {
  const [tensors, options] = bindArguments('save(tensors{}, options{}?)', args);
  const given = withDefaults('save', SAVE, options);
  const map = checkTensors(tensors);
  const { head, entries, size } = layOut(map, given);
  const result = new Uint8Array(head.length + size);
  result.set(head);
  for (const { name, begin, end } of entries) {
    const target = result.subarray(head.length + begin, head.length + end);
    if (end > begin) plannedOf(map.get(name)!).with((plain) => addon.native.copyOut(plain, target));
  }
  return result;
}

/** Writes a file that is not in its place yet. */
export function writeFile(
  tensors: ReadonlyMap<string, Tensor>,
  path: string,
  options: SaveOptions,
): AtomicFile {
  return writeInto(openAtomically(path), tensors, options);
}

/** Writes into a new file, which is aborted where that fails. */
export function writeInto(
  file: AtomicFile,
  tensors: ReadonlyMap<string, Tensor>,
  options: SaveOptions,
): AtomicFile {
  return writePlanned(
    file,
    new Map([...tensors].map(([name, tensor]) => [name, plannedOf(tensor)])),
    options,
  );
}

/** {@link writeInto} of tensors of which one is there at a time. */
export function writePlanned(
  file: AtomicFile,
  tensors: ReadonlyMap<string, PlannedTensor>,
  options: SaveOptions,
): AtomicFile {
  try {
    const { head, entries } = layOut(tensors, options);
    const sink = fileSink(file.fd);
    sink.bytes(head, 0);
    for (const { name, begin, end } of entries) {
      if (begin === end) continue;
      tensors.get(name)!.with((plain) => sink.tensor(plain, 0, end - begin, head.length + begin));
    }
    sink.flush();
    return file;
  } catch (error) {
    file.abort();
    throw error;
  }
}

/** The header of a file with these tensors. */
export function layOut(tensors: ReadonlyMap<string, Tensor | PlannedTensor>, { metadata }: SaveOptions) {
  const list = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return writeHeader(list, metadata);
}

/** The tensors as a Map; throws where Python's `save_file` does. */
export function checkTensors(
  tensors: TensorMap,
  options: { forceContiguous?: boolean } = {},
): ReadonlyMap<string, Tensor> {
  if (!isMap(tensors) && !isPlainObject(tensors)) {
    throw valueError(`Expected a dict of [str, torch.Tensor] but received ${typeName(tensors)}`);
  }
  const map: ReadonlyMap<string, Tensor> = isMap(tensors)
    ? tensors
    : new Map(Object.entries(tensors as Record<string, Tensor>));
  for (const [name, tensor] of map as ReadonlyMap<unknown, unknown>) {
    if (typeof name !== 'string') throw valueError(`Key ${String(name)} is invalid, expected a string`);
    if (!isTensor(tensor)) {
      throw valueError(`Key \`${name}\` is invalid, expected torch.Tensor but received ${typeName(tensor)}`);
    }
  }
  refuseSparse(map);
  refuseShared(map);
  if (!options.forceContiguous) refuseStrided(map);
  return map;
}

function refuseSparse(map: ReadonlyMap<string, Tensor>): void {
  const sparse = [...map].filter(([, tensor]) => tensor.layout.name !== 'strided').map(([name]) => name);
  if (sparse.length === 0) return;
  throw valueError(
    `You are trying to save a sparse tensors: \`[${sparse.map(repr).join(', ')}]\` which this library does not ` +
      'support. You can make it a dense tensor before saving with `.toDense()` but be aware this might make a ' +
      'much larger file than needed.',
  );
}

function refuseShared(map: ReadonlyMap<string, Tensor>): void {
  const failing = findSharedTensors(map).filter((names) => names.length > 1);
  if (failing.length === 0) return;
  const sets = failing.map((names) => `{${names.map(repr).join(', ')}}`).join(', ');
  throw new TorchError(
    'Some tensors share memory, this will lead to duplicate memory on disk and potential differences when ' +
      `loading them again: [${sets}].
A potential way to correctly save your model is to use \`saveModel\`.
More information at https://huggingface.co/docs/safetensors/torch_shared_tensors`,
  );
}

function refuseStrided(map: ReadonlyMap<string, Tensor>): void {
  for (const [name, tensor] of map) {
    if (tensor.isContiguous()) continue;
    throw valueError(
      `You are trying to save a non contiguous tensor: \`${name}\` which is not allowed. It either means you are ` +
        "trying to save tensors which are reference of each other in which case it's recommended to save only " +
        'the full tensors, and reslice at load time, or simply call `.contiguous()` on your tensor to pack it ' +
        'before saving.',
    );
  }
}
