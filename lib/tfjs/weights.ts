/** Weights of a `tf.LayersModel` and state dicts of PyTorch. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import * as aten from '../tensor/aten';
import { noGrad } from '../autograd';
import { TorchError, argumentError } from '../core/errors';
import { contiguousFormat } from '../core/layout';
import { tidy } from '../tensor/memory';
import { isMap, isPlainObject } from '../core/realm';
import { withDefaults } from '../core/signature';
import { bindArguments } from '../core/calls';
import type { Tensor } from '../tensor';
import { fromTorch, toTorch } from './bridge';
import { defaultDevice } from './device';
import { type LayersModel, type Leaf, type Variable, leavesOf, weightsOf } from './layers';
import { type Layout, type Place, layouts, obstacle, sizesOf } from './layouts';

/** Options of `tfjs.stateDictOf`. */
export interface WeightsOptions {
  /** Paths of modules for names of layers. Default: a layer's name is its module's path. */
  names?: Readonly<Record<string, string>>;
  /**
   * Whether recurrent layers that compute something else than `nn`'s are to have the keys of `nn`'s all the same: a GRU,
   * which resets before its product, and other activations than `nn`'s. Default: `false`, they have those of a
   * `tfjs.RNN`, which computes what they do.
   */
  approximate?: boolean;
}

/** Options of `tfjs.loadStateDictInto`. */
export interface LoadWeightsOptions extends WeightsOptions {
  /** Whether missing and unexpected keys are an error. Default: `true`. */
  strict?: boolean;
}

const WEIGHTS: Required<WeightsOptions> = { names: {}, approximate: false };
const LOAD_WEIGHTS: Required<LoadWeightsOptions> = { ...WEIGHTS, strict: true };

/**
 * The weights of a model as the state dict of the equivalent `nn` modules, in PyTorch's layout: a copy. The
 * keys are `layer.weight`, `layer.bias` ..., within a nested model `model.layer.weight`; a separable
 * convolution is two modules, `layer.depthwise` and `layer.pointwise`.
 *
 * @throws TorchError that names the layers that have no counterpart.
 */
export function stateDictOf(...args: [model: LayersModel, options?: WeightsOptions]): Map<string, Tensor> {
  const [model, given] = bindArguments('stateDictOf(model, options{}?)', args);
  const options = withDefaults('stateDictOf', WEIGHTS, given);
  const state = new Map<string, Tensor>();
  for (const { leaf, layout } of partsOf('stateDictOf', model, options)) {
    const weights = weightsOf(leaf.layer);
    for (const { weight, key, toTorch: convert } of layout.places) {
      const variable = weights.get(weight);
      if (variable)
        state.set(
          leaf.prefix + key,
          tidy(() => copied(convert(valueOf(variable)))),
        );
    }
    for (const { key, value } of layout.fillers) {
      state.set(
        leaf.prefix + key,
        tidy(() => value(weights).to({ device: defaultDevice() })),
      );
    }
  }
  return state;
}

/**
 * Puts a state dict of {@link stateDictOf}'s layout into a model. Nothing is changed when it does not fit.
 *
 * @throws TorchError that names the layers that have no counterpart, or the keys that do not fit.
 */
export function loadStateDictInto(
  ...args: [
    model: LayersModel,
    stateDict: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
    options?: LoadWeightsOptions,
  ]
): void {
  const [model, stateDict, given] = bindArguments('loadStateDictInto(model, stateDict{}, options{}?)', args);
  const options = withDefaults('loadStateDictInto', LOAD_WEIGHTS, given);
  if (!isMap(stateDict) && !isPlainObject(stateDict))
    throw argumentError('loadStateDictInto', 'stateDict', 'a Map or an object of tensors', stateDict);
  const parts = partsOf('loadStateDictInto', model, options);
  const entries = isMap(stateDict) ? stateDict : Object.entries(stateDict);
  const state = new Map(entries as Iterable<[string, Tensor]>);
  const writes = new Map<Variable, Tensor>();
  const errors: string[] = [];
  const missing: string[] = [];
  noGrad(() =>
    tidy(() => {
      for (const { leaf, layout } of parts) read(leaf, layout, state, writes, missing, errors);
      if (options.strict) {
        if (state.size > 0) errors.unshift(`Unexpected key(s) in state_dict: ${quoted([...state.keys()])}.`);
        if (missing.length > 0) errors.unshift(`Missing key(s) in state_dict: ${quoted(missing)}.`);
      }
      if (errors.length > 0) throw new TorchError(`loadStateDictInto():\n\t${errors.join('\n\t')}`);
      for (const [variable, value] of writes) write(variable, value);
    }),
  );
}

function partsOf(
  name: string,
  model: LayersModel,
  { names, approximate }: Required<WeightsOptions>,
): { leaf: Leaf; layout: Layout }[] {
  if (!Array.isArray((model as Partial<LayersModel> | null)?.layers))
    throw argumentError(name, 'model', 'a tf.LayersModel', model);
  const reasons: string[] = [];
  const parts: { leaf: Leaf; layout: Layout }[] = [];
  for (const leaf of leavesOf(model, names)) {
    const { layer, kind } = leaf;
    const layoutOf = Object.hasOwn(layouts, kind) ? layouts[kind] : undefined;
    const why = layoutOf ? obstacle(leaf) : 'has no counterpart in nn';
    if (why) reasons.push(`${leaf.recurrent?.name ?? layer.name} (${kind}) ${why}`);
    else parts.push({ leaf, layout: layoutOf!(leaf, approximate) });
  }
  if (reasons.length > 0) throw new TorchError(`${name}(): ${reasons.join('; ')}`);
  return parts;
}

// What is read is taken out of `state`: what remains is unexpected.
function read(
  { layer, prefix }: Leaf,
  { places, fillers }: Layout,
  state: Map<string, Tensor>,
  writes: Map<Variable, Tensor>,
  missing: string[],
  errors: string[],
): void {
  const take = (key: string): Tensor | undefined => {
    const value = state.get(prefix + key);
    state.delete(prefix + key);
    return value;
  };
  const weights = weightsOf(layer);
  const added = new Map<string, Tensor>();
  for (const { key, value, addedTo } of fillers) {
    const given = take(key);
    if (!given || addedTo === null) continue;
    if (addedTo) added.set(addedTo, given);
    else if (!given.cpu().equal(value(weights).to({ dtype: given.dtype })))
      errors.push(`${prefix}${key} has values that '${layer.name}' has no weight for.`);
  }
  for (const place of places) {
    const variable = weights.get(place.weight);
    if (!variable) continue;
    const key = prefix + place.key;
    const given = take(place.key);
    if (!given) {
      missing.push(key);
      continue;
    }
    const addend = added.get(place.key);
    const wanted = shapeOf(place, variable);
    const wrong = [given, addend].find((value) => value && `${value.shape}` !== `${wanted}`);
    if (wrong)
      errors.push(`size mismatch for ${key}: the shape is [${wrong.shape}], the layer's is [${wanted}].`);
    else writes.set(variable, place.toTfjs(addend ? given.add(addend) : given, sizesOf(variable)));
  }
}

function shapeOf(place: Place, variable: Variable): readonly number[] {
  return place.toTorch(aten.empty(sizesOf(variable), { device: 'meta' })).shape;
}

function write(variable: Variable, value: Tensor): void {
  const made = fromTorch(copied(value));
  variable.write(made as never);
  made.dispose();
}

const valueOf = (variable: Variable): Tensor => toTorch(variable.read() as TfTensor);
const copied = (value: Tensor): Tensor => value.clone({ memoryFormat: contiguousFormat });
const quoted = (keys: readonly string[]): string => keys.map((key) => `"${key}"`).join(', ');
