// loadStateDict: a saved state back into a module.
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { TorchError, TorchTypeError } from '../../core/errors';
import { object } from '../../core/kinds';
import { signature } from '../../core/signature';
import { isPlainObject } from '../../core/realm';
import { sizeText } from '../../core/size_text';
import { sameSize } from '../../functional/reduction';
import { keep } from '../../tensor/memory';
import { isError, isMap } from '../../core/realm';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';
import { restoreExtraState } from './extra_state';
import { bufferFields, internals, isPersistent, moduleFields, parameterFields, setField } from './fields';
import type { ModuleBase } from './base';
import { Buffer, Parameter, isLazy } from '../parameter';
import { repr, typeName } from '../../tensor/repr';
import { warnOfOrder } from './state_order';
import {
  EXTRA_STATE,
  defineMetadata,
  type LoadFromStateDictArguments,
  type ModuleMetadata,
  type StateDict,
} from './state_dict';

/** Options of `module.loadStateDict`. */
export interface LoadStateDictOptions {
  /** Whether missing and unexpected keys are an error. Default: `true`. */
  strict?: boolean;
  /** Whether the tensors take the place of the parameters instead of being copied into them. Default: `false`. */
  assign?: boolean;
}

/** What did not fit in a `loadStateDict` that was not strict. */
export class IncompatibleKeys {
  constructor(
    readonly missingKeys: string[],
    readonly unexpectedKeys: string[],
  ) {}

  /** What Python prints: `<All keys matched successfully>`, or both lists. */
  toString(): string {
    if (this.missingKeys.length === 0 && this.unexpectedKeys.length === 0)
      return '<All keys matched successfully>';
    const list = (keys: string[]): string => `[${keys.map(repr).join(', ')}]`;
    return `_IncompatibleKeys(missing_keys=${list(this.missingKeys)}, unexpected_keys=${list(this.unexpectedKeys)})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

// Of a plain object as `torch.load` makes it, it is not enumerable; an entry may have the same name.
function metadataOf(given: object): StateDict['_metadata'] {
  const { _metadata: metadata } = given as StateDict;
  if (isMap(given)) return metadata;
  return isMap(metadata) && !Object.keys(given).includes('_metadata') ? metadata : undefined;
}

/** A state_dict, also as a plain object. */
export type StateDictLike = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

export const LOAD_STATE_DICT = signature('loadStateDict', [object<StateDictLike>()('stateDict')], {
  strict: true,
  assign: false,
} as Required<LoadStateDictOptions>);

export function loadStateDict(module: ModuleBase, args: readonly unknown[]): IncompatibleKeys {
  const [given, { strict, assign }] = LOAD_STATE_DICT.bind(args);
  if (!isMap(given) && !isPlainObject(given)) {
    throw new TorchTypeError(`Expected state_dict to be dict-like, got ${typeName(given)}.`);
  }
  const entries = isMap(given) ? given : Object.entries(given);
  const metadata = metadataOf(given);
  // A copy: hooks and modules may change it.
  const whole = new Map(entries as Map<string, Tensor>) as StateDict;
  if (metadata) defineMetadata(whole, metadata);
  const missing: string[] = [];
  const unexpected: string[] = [];
  const errors: string[] = [];

  const load = (target: ModuleBase, local: StateDict, prefix: string): void => {
    const localMetadata: ModuleMetadata = { ...metadata?.get(prefix.slice(0, -1)) };
    if (assign) localMetadata.assignToParamsBuffers = true;
    target._loadFromStateDict(local, prefix, localMetadata, true, missing, unexpected, errors);
    for (const [name, child] of moduleFields(target)) {
      if (child === null) continue;
      const childPrefix = `${prefix}${name}.`;
      const part = new Map([...local].filter(([key]) => key.startsWith(childPrefix)));
      load(child, part, childPrefix);
    }
    const keys = new IncompatibleKeys(missing, unexpected);
    for (const { hook } of internals(target).hooks.loadStateDictPost.entries()) {
      if (hook(target, keys) != null) {
        throw new TorchError(
          'Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new ' +
            'values, if incompatible_keys need to be modified, it should be done inplace.',
          'AssertionError',
        );
      }
    }
  };
  load(module, whole, '');

  const quoted = (keys: string[]): string => keys.map((key) => `"${key}"`).join(', ');
  if (strict && unexpected.length > 0)
    errors.unshift(`Unexpected key(s) in state_dict: ${quoted(unexpected)}. `);
  if (strict && missing.length > 0) errors.unshift(`Missing key(s) in state_dict: ${quoted(missing)}. `);
  if (errors.length > 0) {
    throw new TorchError(
      `Error(s) in loading state_dict for ${module._getName()}:\n\t${errors.join('\n\t')}`,
    );
  }
  if (strict) warnOfOrder(module, isMap(given) ? (given as StateDict) : whole);
  return new IncompatibleKeys(missing, unexpected);
}

/** A module that takes its own part of a state_dict. */
interface Loading {
  readonly module: ModuleBase;
  readonly state: StateDict;
  readonly prefix: string;
  readonly strict: boolean;
  readonly assign: boolean; // tensors take the place of the module's
  readonly missing: string[];
  readonly unexpected: string[];
  readonly errors: string[];
}

export function loadFromStateDict(module: ModuleBase, args: LoadFromStateDictArguments): void {
  for (const { hook } of internals(module).hooks.loadStateDictPre.entries()) hook(module, ...args);
  const [state, prefix, localMetadata, strict, missing, unexpected, errors] = args;
  const assign = localMetadata.assignToParamsBuffers === true;
  const loading: Loading = { module, state, prefix, strict, assign, missing, unexpected, errors };
  const own = new Map<string, Tensor>();
  for (const [name, param] of parameterFields(module)) if (param !== null) own.set(name, param);
  for (const [name, buffer] of bufferFields(module)) {
    if (buffer !== null && isPersistent(module, name)) own.set(name, buffer);
  }
  for (const [name, param] of own) {
    if (state.has(prefix + name)) loadTensor(loading, name, param);
    else if (strict) missing.push(prefix + name);
  }
  loadExtraState(loading);
  if (!strict) return;
  const children = new Set(moduleFields(module).map(([name]) => name));
  for (const key of state.keys()) {
    if (!key.startsWith(prefix) || key === prefix + EXTRA_STATE) continue;
    const [first, ...rest] = key.slice(prefix.length).split('.');
    if (rest.length > 0 ? !children.has(first) : !own.has(first)) unexpected.push(key);
  }
}

function loadExtraState({ module, state, prefix, strict, missing, unexpected }: Loading): void {
  const key = prefix + EXTRA_STATE;
  if (module._hasExtraState('setExtraState')) {
    const own = (): unknown => (module._hasExtraState('getExtraState') ? module.getExtraState() : undefined);
    if (state.has(key)) module.setExtraState(restoreExtraState(state.get(key), own));
    else if (strict) missing.push(key);
  } else if (strict && state.has(key)) unexpected.push(key);
}

function loadTensor(loading: Loading, name: string, param: Tensor): void {
  const { module, state, prefix, assign, errors } = loading;
  const key = prefix + name;
  const value: unknown = state.get(key);
  if (!(value instanceof Tensor)) {
    errors.push(
      `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from ` +
        `checkpoint but received ${typeName(value)}`,
    );
    return;
  }
  let input = value;
  const lazy = isLazy(param);
  // Before version 0.4 a scalar had one dimension.
  if (!lazy && param.dim() === 0 && input.dim() === 1 && input.shape[0] === 1)
    input = aten.select(input, 0, 0);
  if (!lazy && !sameSize(input, param)) {
    errors.push(
      `size mismatch for ${key}: copying a param with shape ${sizeText(input.shape)} from checkpoint, ` +
        `the shape in current model is ${sizeText(param.shape)}.`,
    );
    return;
  }
  if (param.device.type === 'meta' && input.device.type !== 'meta' && !assign) {
    warn(
      `for ${key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current ` +
        'model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the state dictionary ' +
        'to their corresponding key in the module instead of copying them in place?)',
    );
  }
  try {
    if (assign) assignTensor(module, name, param, input);
    else noGrad(() => void aten.copy_(param, input));
  } catch (error) {
    const message = isError(error) ? error.message : String(error);
    errors.push(
      `While copying the parameter named "${key}", whose dimensions in the model are ${sizeText(param.shape)} ` +
        `and whose dimensions in the checkpoint are ${sizeText(input.shape)}, an exception occurred : ` +
        `${repr([message])}.`,
    );
  }
}

function assignTensor(module: ModuleBase, name: string, param: Tensor, input: Tensor): void {
  if (param instanceof Parameter) {
    const own = input instanceof Parameter ? input : new Parameter(input, param.requiresGrad);
    setField(module, name, own.requiresGrad_(param.requiresGrad));
  } else if (param instanceof Buffer) {
    setField(module, name, new Buffer(input, { persistent: param.persistent }));
  } else {
    setField(module, name, keep(input));
  }
}
