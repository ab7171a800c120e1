// torch.jit.load and torch.jit.save.
import * as fs from 'node:fs';
import { bindArguments } from '../core/calls';
import { argumentError, valueError } from '../core/errors';
import { Device, type DeviceLike, device as deviceOf } from '../core/device';
import { isMap, isUint8Array } from '../core/realm';
import { withDefaults } from '../core/signature';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import { bytesSource, fileSource } from '../serialization/io/source';
import { checkArchive, explained } from './archive';
import { warnOnce } from './deprecation';
import { checkModule } from './freeze';
import { type ExtraFiles, extraEntries, pathOf, saveModule } from './save';
import { type ScriptModule, scriptModule } from './script_module';

/** Options of `torch.jit.load`. */
export interface JitLoadOptions {
  /** Where the tensors go. Default: where they were when they were saved. */
  mapLocation?: DeviceLike | null;
  /** Files of the archive to read by the way: their contents are put in as bytes, by their names. Default: none. */
  extraFiles?: ExtraFiles | null;
  /**
   * Whether libtorch optimizes the graph by what it has seen in the first runs, as Python does: those are slow, and so is
   * the first one with inputs of another kind. Results may differ in the last bits. Default: `false`.
   */
  optimize?: boolean;
}

/**
 * Reads a module that `torch.jit.save` wrote, here or in Python: a file, or its bytes.
 *
 * A TorchScript archive is a program. What is in it is checked, and libtorch's own reader and interpreter run it: load
 * archives that you trust as you trust a program (SECURITY.md).
 *
 * Differs from PyTorch: `torch.jit.load` does not optimize the graph by what it has seen in the first runs, unless with
 * `optimize: true`.
 *
 * @throws UnpicklingError for a file that is damaged, or no TorchScript archive: its message says what it is.
 *
 * @example
 * const model = torch.jit.load('model.pt', { mapLocation: 'cpu' }).eval();
 * const y = model(torch.ones([1, 3]));
 *
 * @example
 * const extraFiles = { 'labels.json': '' };
 * torch.jit.load('model.pt', { extraFiles });
 * JSON.parse(String(extraFiles['labels.json']));
 */
export function load<T = unknown>(
  ...args: [file: string | URL | Uint8Array, options?: JitLoadOptions]
): ScriptModule & T {
  const [file, given = {}] = bindArguments('load(file{}, options{}?)', args);
  const options = withDefaults(
    'torch.jit.load',
    { mapLocation: null, extraFiles: null, optimize: false } as Required<JitLoadOptions>,
    given,
  );
  const bytes = isUint8Array(file);
  const path = bytes ? null : pathOf('torch.jit.load', file);
  const extra = extraEntries('torch.jit.load', options.extraFiles);
  if (typeof options.optimize !== 'boolean')
    throw argumentError('torch.jit.load', 'optimize', 'a boolean', options.optimize);
  const device = place(options.mapLocation);
  if (path !== null) checkPath(path);
  warnOnce('load');
  const source = path === null ? bytesSource(file as Uint8Array) : fileSource(path, false);
  const names = extra.map(([name]) => name);
  try {
    checkArchive(source);
    const [module, contents] = native.scriptLoad(path, bytes ? file : null, device, names);
    fillExtra(options.extraFiles, names, contents);
    return scriptModule(module, options.optimize) as ScriptModule & T;
  } catch (error) {
    throw explained(error, 'torch.jit.load', path === null ? 'these bytes' : `'${path}'`);
  } finally {
    source.close();
  }
}

/**
 * Writes a module of TorchScript to a file that `torch.jit.load` reads, here and in Python.
 *
 * @example
 * torch.jit.save(model, 'model.pt', { extraFiles: { 'labels.json': '["cat", "dog"]' } });
 */
export function save(
  ...args: [module: ScriptModule, file: string | URL, options?: { extraFiles?: ExtraFiles | null }]
): void {
  const [module, file, given = {}] = bindArguments('save(module{}, file, options{}?)', args);
  const { extraFiles } = withDefaults('torch.jit.save', { extraFiles: null as ExtraFiles | null }, given);
  checkModule('torch.jit.save', module);
  warnOnce('save');
  saveModule(module[HANDLE], file, extraFiles);
}

function place(mapLocation: DeviceLike | null): Device | null {
  if (mapLocation === null) return null;
  if (typeof mapLocation !== 'string' && !(mapLocation instanceof Device))
    throw argumentError('torch.jit.load', 'mapLocation', 'a device', mapLocation);
  return deviceOf(mapLocation);
}

// In Python's words.
function checkPath(path: string): void {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (!found) throw valueError(`The provided filename ${path} does not exist`);
  if (found.isDirectory()) throw valueError(`The provided filename ${path} is a directory`);
}

function fillExtra(
  files: ExtraFiles | null,
  names: readonly string[],
  contents: readonly Uint8Array[],
): void {
  names.forEach((name, i) => {
    if (isMap(files)) files.set(name, contents[i]);
    else (files as Record<string, string | Uint8Array>)[name] = contents[i];
  });
}
