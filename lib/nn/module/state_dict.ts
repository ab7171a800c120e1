// stateDict: what a module saves.
import { withoutJson } from '../../core/conversions';
import { TorchError } from '../../core/errors';
import { signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import { bufferFields, internals, isPersistent, moduleFields, parameterFields } from './fields';
import type { ModuleBase } from './base';
import { isLazy } from '../parameter';

export const EXTRA_STATE = '_extra_state';

/** What a module says about itself in a state_dict. */
export interface ModuleMetadata {
  /** Version of the module's layout of its state. */
  version?: number;
  [name: string]: unknown;
}

/**
 * Tensors by their path in the module, in PyTorch's order. `_metadata` is not enumerable; its keys
 * are the modules' paths. What `getExtraState` returned is a value, too. `Object.fromEntries` makes an object of it, which
 * `loadStateDict` and `torch.save` take as well; the versions in `_metadata` are not in it.
 *
 * Differs from PyTorch: `torch.nn.Module.stateDict` returns a `Map`, since an object would list keys like `'0'`
 * first.
 */
export type StateDict = Map<string, Tensor> & { _metadata?: Map<string, ModuleMetadata> };

/** What `_loadFromStateDict` is called with: the state, whose it is, and the lists of what does not fit. */
export type LoadFromStateDictArguments = [
  state: StateDict,
  prefix: string,
  localMetadata: ModuleMetadata,
  strict: boolean,
  missing: string[],
  unexpected: string[],
  errors: string[],
];

/** Options of `module.stateDict`. */
export interface StateDictOptions {
  /** Put before every key. Default: `''`. */
  prefix?: string;
  /** Whether to give the parameters themselves, not detached from autograd. Default: `false`. */
  keepVars?: boolean;
  /** The map to fill. Default: a new one. */
  destination?: StateDict;
}

export function defineMetadata(stateDict: StateDict, metadata: Map<string, ModuleMetadata>): StateDict {
  return Object.defineProperty(stateDict, '_metadata', {
    value: metadata,
    writable: true,
    configurable: true,
  });
}

type Defaults = Omit<StateDictOptions, 'destination'> & { destination?: StateDict | null };
const STATE_DICT = signature(
  'stateDict',
  [],
  { destination: null, prefix: '', keepVars: false } as Required<Defaults>,
  [],
);

const WITHOUT_JSON = "torch.save(state, file) writes it, tolist() gives a tensor's numbers";

/** The module's part of {@link Module.stateDict}, then its children's. */
export function stateDict(module: ModuleBase, args: readonly unknown[]): StateDict {
  const [given] = STATE_DICT.bind(args);
  const { prefix, keepVars } = given;
  const destination =
    given.destination ??
    withoutJson(defineMetadata(new Map() as StateDict, new Map()), 'A state_dict', WITHOUT_JSON);
  const localMetadata: ModuleMetadata = { version: module._version };
  destination._metadata?.set(prefix.slice(0, -1), localMetadata);
  const { hooks } = internals(module);
  for (const { hook } of hooks.stateDictPre.entries()) hook(module, prefix, keepVars);
  module._saveToStateDict(destination, prefix, keepVars);
  for (const [name, child] of moduleFields(module)) {
    child?.stateDict({ destination, prefix: `${prefix}${name}.`, keepVars });
  }
  for (const { hook } of hooks.stateDict.entries()) {
    if (hook(module, destination, prefix, localMetadata) != null) {
      throw new TorchError('state_dict post-hook must return None');
    }
  }
  return destination;
}

export function saveToStateDict(
  module: ModuleBase,
  destination: StateDict,
  prefix: string,
  keepVars: boolean,
): void {
  for (const [name, param] of parameterFields(module)) {
    if (param === null) continue;
    destination.set(prefix + name, keepVars || isLazy(param) ? param : param.detach());
  }
  for (const [name, buffer] of bufferFields(module)) {
    if (buffer === null || !isPersistent(module, name)) continue;
    destination.set(prefix + name, keepVars || isLazy(buffer) ? buffer : buffer.detach());
  }
  if (module._hasExtraState('getExtraState')) {
    destination.set(prefix + EXTRA_STATE, module.getExtraState() as Tensor);
  }
}
