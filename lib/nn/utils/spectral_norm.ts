import * as kinds from '../module/kinds';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { TorchError, valueError, checkText, checkNumber } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { contiguousFormat } from '../../core/layout';
import { keep } from '../../tensor/memory';
import type { Tensor } from '../../tensor';
import { deleteField, getField, parameterFields, setField } from '../module/fields';
import type { RemovableHandle } from '../../core/hooks';
import type { Module } from '../module/module';
import { Parameter } from '../parameter';
import type { ModuleMetadata, StateDict } from '../module/state_dict';
import { attach, attached, type Attached } from './attached';
import { asMatrix, randomUnit, unit } from './unit';
import { checkInitialized, isTransposed } from './weight_of';

const MOST_ITERATIONS = 65_536;

/**
 * Differs from PyTorch: `torch.nn.utils.parametrizations.spectralNorm` and `torch.nn.utils.spectralNorm` refuse more than
 * 65,536 iterations for each call; Python goes on for hours.
 *
 * @throws ValueError for none, and for more than anybody waits for.
 */
export function checkIterations(count: number): void {
  if (!(count > 0)) {
    throw valueError(`Expected n_power_iterations to be positive, but got n_power_iterations=${count}`);
  }
  if (count > MOST_ITERATIONS) {
    throw valueError(`n_power_iterations must be at most ${MOST_ITERATIONS}, got ${count}`);
  }
}

/** Options of `nn.utils.spectralNorm`. */
export interface SpectralNormOptions {
  /** The parameter. Default: `'weight'`. */
  name?: string;
  /** Steps of power iteration for each call in training. Default: 1. */
  nPowerIterations?: number;
  /** Added where a norm would be zero. Default: 1e-12. */
  eps?: number;
  /** The dimension of the outputs. Default: 1 for transposed convolutions, else 0. */
  dim?: number | null;
}
const SPECTRAL_NORM: Required<SpectralNormOptions> = {
  name: 'weight',
  nPowerIterations: 1,
  eps: 1e-12,
  dim: null,
};
export const SPECTRAL_NORM_CALL = signature('spectralNorm', [kinds.module('module')], SPECTRAL_NORM);

const VERSION = 1;

class SpectralNorm {
  readonly handles: RemovableHandle[] = [];

  constructor(
    readonly name: string,
    readonly nPowerIterations: number,
    readonly dim: number,
    readonly eps: number,
  ) {
    checkIterations(nPowerIterations);
  }

  computeWeight(module: Module, iterate: boolean): Tensor {
    const part = (suffix: string): Tensor => getField(module, this.name + suffix) as Tensor;
    const [weight, eps] = [part('_orig'), this.eps];
    let [u, v] = [part('_u'), part('_v')];
    const matrix = asMatrix(weight, this.dim);
    if (iterate) {
      noGrad(() => {
        for (let i = 0; i < this.nPowerIterations; i++) {
          v = unit(aten.mv(aten.t(matrix), u), eps, v);
          u = unit(aten.mv(matrix, v), eps, u);
        }
        // The graph needs what the next call would overwrite.
        u = aten.clone(u, { memoryFormat: contiguousFormat });
        v = aten.clone(v, { memoryFormat: contiguousFormat });
      });
    }
    return keep(aten.div(weight, aten.dot(u, aten.mv(matrix, v))));
  }

  /** `_v` for files of before version 1, which do not have it. */
  solveV(orig: Tensor, u: Tensor, sigma: Tensor): Tensor {
    const matrix = asMatrix(orig, this.dim);
    const across = aten.t(matrix);
    const inverse = aten.pinverse(aten.mm(across, matrix));
    const v = aten.squeeze(aten.linalgMultiDot([inverse, across, aten.unsqueeze(u, 1)]), 1);
    return aten.mul_(v, aten.div(sigma, aten.dot(u, aten.mv(matrix, v))));
  }
}

function find(module: Module, name: string): Attached<SpectralNorm> | undefined {
  return attached(module, SpectralNorm).find(({ owner }) => owner.name === name);
}

type Versions = Record<string, number>;

function writeVersion(fn: SpectralNorm, localMetadata: ModuleMetadata): void {
  const versions = (localMetadata.spectral_norm ??= {}) as Versions;
  const key = `${fn.name}.version`;
  if (key in versions) throw new TorchError(`Unexpected key in metadata['spectral_norm']: ${key}`);
  versions[key] = VERSION;
}

function upgrade(
  fn: SpectralNorm,
  state: StateDict,
  prefix: string,
  localMetadata: ModuleMetadata,
  strict: boolean,
  missing: string[],
): void {
  const version = (localMetadata.spectral_norm as Versions | undefined)?.[`${fn.name}.version`];
  if (version !== undefined && version >= VERSION) return;
  const key = prefix + fn.name;
  const complete = ['_orig', '_u', '_v'].every((suffix) => state.has(key + suffix));
  if (version === undefined && complete && !state.has(key)) return;
  const absent = ['_orig', '', '_u'].map((suffix) => key + suffix).filter((name) => !state.has(name));
  if (strict) missing.push(...absent);
  if (absent.length > 0) return;
  noGrad(() => {
    const orig = state.get(`${key}_orig`)!;
    const sigma = aten.mean(aten.div(orig, state.get(key)!));
    state.delete(key);
    state.set(`${key}_v`, fn.solveV(orig, state.get(`${key}_u`)!, sigma));
  });
}

/**
 * Divides a parameter by its largest singular value (Miyato et al., 2018), which power iteration
 * estimates: parameter `weight_orig`, buffers `weight_u` and `weight_v`. The weight is computed before
 * each call. `parametrizations.spectralNorm` is the newer form.
 *
 * @throws TorchError when it was done to the parameter already.
 */
export function spectralNorm<M extends Module>(
  ...args: Call<
    typeof SPECTRAL_NORM_CALL,
    [module: M],
    [name: string, nPowerIterations: number, eps: number, dim: number | null]
  >
): M {
  const [module, given] = SPECTRAL_NORM_CALL.bind(args);
  checkText('spectralNorm', 'name', given.name);
  checkNumber('spectralNorm', 'nPowerIterations', given.nPowerIterations);
  if (find(module, given.name)) {
    throw new TorchError(`Cannot register two spectral_norm hooks on the same parameter ${given.name}`);
  }
  const dim = given.dim ?? (isTransposed(module) ? 1 : 0);
  const fn = new SpectralNorm(given.name, given.nPowerIterations, dim, given.eps);
  install(module, fn);
  return module as M;
}

function install(module: Module, fn: SpectralNorm): void {
  const { name, eps } = fn;
  const fields = new Map(parameterFields(module));
  if (!fields.has(name)) throw new TorchError(`'${name}'`, 'KeyError');
  const weight = fields.get(name);
  if (!weight) throw valueError(`\`SpectralNorm\` cannot be applied as parameter \`${name}\` is None`);
  checkInitialized('SpectralNorm', 'spectral', weight);
  const [u, v] = noGrad(() => {
    const [height, width] = asMatrix(weight, fn.dim).shape;
    return [randomUnit(weight, height, eps), randomUnit(weight, width, eps)];
  });
  deleteField(module, name);
  module.registerParameter(`${name}_orig`, weight);
  setField(module, name, keep(weight.data));
  module.registerBuffer(`${name}_u`, u);
  module.registerBuffer(`${name}_v`, v);
  attach(module, fn, (target) => {
    setField(target, name, fn.computeWeight(target, target.training));
  });
  fn.handles.push(
    module.registerStateDictPostHook((_module, _state, _prefix, metadata: ModuleMetadata) =>
      writeVersion(fn, metadata),
    ),
    module.registerLoadStateDictPreHook((_module, state: StateDict, prefix, metadata, strict, missing) =>
      upgrade(fn, state, prefix, metadata as ModuleMetadata, strict, missing),
    ),
  );
}

const REMOVE_SPECTRAL_NORM = signature('removeSpectralNorm', [kinds.module('module')], { name: 'weight' });

/**
 * Undoes {@link spectralNorm}: the weight is a parameter again.
 *
 * @throws ValueError when it was not done.
 */
export function removeSpectralNorm<M extends Module>(
  ...args: Call<typeof REMOVE_SPECTRAL_NORM, [module: M], [name: string]>
): M {
  const [module, { name }] = REMOVE_SPECTRAL_NORM.bind(args);
  checkText('removeSpectralNorm', 'name', name);
  const found = find(module, name);
  if (!found) throw valueError(`spectral_norm of '${name}' not found in ${String(module)}`);
  const weight = noGrad(() => found.owner.computeWeight(module, false));
  for (const suffix of ['', '_u', '_v', '_orig']) deleteField(module, name + suffix);
  module.registerParameter(name, new Parameter(weight.detach()));
  for (const handle of [found.handle, ...found.owner.handles]) handle.remove();
  return module as M;
}
