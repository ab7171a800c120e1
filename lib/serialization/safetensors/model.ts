// Modules in .safetensors files, tied weights and all.
import { TorchError, checkText, argumentError } from '../../core/errors';
import type { Module } from '../../nn/module/module';
import { withDefaults } from '../../core/signature';
import { bindArguments } from '../../core/calls';
import { OPEN, type OpenOptions, safeOpen } from './open';
import { type SaveOptions, checkTensors, writeFile } from './save';
import { duplicateNames, withoutDuplicates } from './shared';
import { compareNames } from './header';

/** Options of `safetensors.saveModel`. */
export interface SaveModelOptions extends SaveOptions {
  /** Whether to write tensors that are not contiguous as if they were. Default: `true`. */
  forceContiguous?: boolean;
}

const SAVE_MODEL: Required<SaveModelOptions> = { metadata: null, forceContiguous: true };

/**
 * Writes a module's state_dict. Of tensors that share memory one is written; the metadata tells under
 * which name the others are found: `{ 'head.weight': 'embedding.weight' }`.
 */
export function saveModel(...args: [model: Module, path: string, options?: SaveModelOptions]): void {
  const [model, path, options] = bindArguments('saveModel(model, path, options{}?)', args);
  const given = withDefaults('saveModel', SAVE_MODEL, options);
  const { forceContiguous } = given;
  checkModel('saveModel', model);
  checkText('saveModel', 'path', path);
  const { tensors, metadata } = withoutDuplicates(model.stateDict(), given.metadata);
  try {
    checkTensors(tensors, { forceContiguous });
  } catch (error) {
    if (!(error instanceof TorchError && error.kind === 'ValueError')) throw error;
    const advice = 'Or use saveModel(..., { forceContiguous: true }), read the docs for potential caveats.';
    throw new TorchError(`${error.message} ${advice}`, 'ValueError', '', { cause: error });
  }
  writeFile(tensors, path, { metadata }).commit();
}

function checkModel(fn: string, model: Module): void {
  if (typeof (model as Partial<Module> | null)?.stateDict !== 'function')
    throw argumentError(fn, 'model', 'a Module', model);
}

/** Options of `safetensors.loadModel`. */
export interface LoadModelOptions extends OpenOptions {
  /** Whether missing and unexpected names are an error. Default: `true`. */
  strict?: boolean;
}

const LOAD_MODEL: Required<LoadModelOptions> = { ...OPEN, strict: true };

/**
 * Reads a file of {@link saveModel} into a module; a name that shares memory with one that is there is
 * not missing. Returns the names that are, and those that the module does not know.
 *
 * @throws TorchError that lists them, when `strict`.
 */
export function loadModel(
  ...args: [model: Module, path: string, options?: LoadModelOptions]
): [missing: string[], unexpected: string[]] {
  const [model, path, options] = bindArguments('loadModel(model, path, options{}?)', args);
  const { strict, ...open } = withDefaults('loadModel', LOAD_MODEL, options);
  checkModel('loadModel', model);
  const file = safeOpen(path, open);
  const tensors = file.getTensors();
  file.close();
  const duplicates = duplicateNames(model.stateDict(), { preferredNames: new Set(tensors.keys()) });
  const result = model.loadStateDict(tensors, { strict: false });
  const missing = new Set(result.missingKeys);
  const unexpected = [...result.unexpectedKeys];
  for (const name of [...duplicates.values()].flat()) if (!missing.delete(name)) unexpected.push(name);
  if (strict && (missing.size > 0 || unexpected.length > 0)) {
    const list = (names: Iterable<string>): string =>
      [...names].sort(compareNames).map((name) => `"${name}"`).join(', '); // prettier-ignore
    let message = `Error(s) in loading state_dict for ${model._getName()}:`;
    if (missing.size > 0) message += `\n    Missing key(s) in state_dict: ${list(missing)}`;
    if (unexpected.length > 0) message += `\n    Unexpected key(s) in state_dict: ${list(unexpected)}`;
    throw new TorchError(message);
  }
  return [[...missing], unexpected];
}
