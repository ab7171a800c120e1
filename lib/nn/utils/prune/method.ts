import * as aten from '../../../tensor/aten';
import { TorchError, TorchRangeError, TorchTypeError, valueError } from '../../../core/errors';
import { checkMethods } from '../../../core/calls';
import { isPlainObject } from '../../../core/realm';
import { sizeText } from '../../../core/size_text';
import { sameSize } from '../../../functional/reduction';
import { keep } from '../../../tensor/memory';
import { Tensor } from '../../../tensor';
import { deleteField, getField, setField } from '../../module/fields';
import type { Module } from '../../module/module';
import type { Parameter } from '../../parameter';
import { attach, attached } from '../attached';

/** What a method looks at: elements, slices of a dimension, or everything at once. */
export type PruningType = 'unstructured' | 'structured' | 'global';

/** What decides which elements are pruned. */
export interface ImportanceOptions {
  /** What decides instead of the parameter's own values; of its shape. Default: `null`. */
  importanceScores?: Tensor | null;
}

const assertion = (message: string): TorchError => new TorchError(message, 'AssertionError');

function checkScores(scores: Tensor, like: Tensor, what: string): void {
  if (sameSize(scores, like)) return;
  throw assertion(
    `importance_scores should have the same shape as ${what}, got ${sizeText(scores.shape)} vs ` +
      sizeText(like.shape),
  );
}

/**
 * Base of the ways to prune. A subclass says in `computeMask` what to keep.
 *
 * A pruned parameter `weight` becomes `weight_orig`, with the buffer `weight_mask`; `weight` is their
 * product, computed before each call.
 */
export abstract class BasePruningMethod {
  abstract readonly PRUNING_TYPE: PruningType;
  /** The dimension of the slices, where the type is `'structured'`. */
  readonly dim?: number;
  _tensorName: string | null = null;

  /** Ones for what stays, zeros for the rest; `defaultMask` is what earlier methods have left. */
  abstract computeMask(t: Tensor, defaultMask: Tensor): Tensor;

  /** The pruned parameter. */
  applyMask(module: Module): Tensor {
    if (this._tensorName === null) throw assertion(`Module ${String(module)} has to be pruned`);
    const mask = getField(module, `${this._tensorName}_mask`) as Tensor;
    const orig = getField(module, `${this._tensorName}_orig`) as Tensor;
    return keep(aten.mul(mask.to(orig.dtype), orig));
  }

  /* eslint-disable @typescript-eslint/no-explicit-any -- each method has arguments of its own */
  /**
   * Prunes a parameter by `new this(...args)`, on top of what was pruned before. A trailing object of
   * keywords may hold `importanceScores`.
   */
  static apply(module: Module, name: string, ...args: any[]): BasePruningMethod {
    const last: unknown = args.at(-1);
    const { importanceScores, ...rest } = (isPlainObject(last) ? last : {}) as ImportanceOptions;
    const positional: unknown[] = isPlainObject(last) ? args.slice(0, -1) : args;
    const keywords = Object.keys(rest).length > 0 ? [rest] : [];
    const Method = this as unknown as new (...args: unknown[]) => BasePruningMethod;
    return prune(new Method(...positional, ...keywords), module, name, importanceScores ?? null);
  }
  /* eslint-enable @typescript-eslint/no-explicit-any */

  /** `t` pruned, without a module. */
  prune(t: Tensor, defaultMask?: Tensor | null, importanceScores?: Tensor | null): Tensor {
    if (importanceScores) checkScores(importanceScores, t, 'tensor t');
    return aten.mul(t, this.computeMask(importanceScores ?? t, defaultMask ?? aten.onesLike(t)));
  }

  /** Makes the pruned values the parameter's own. */
  remove(module: Module): void {
    const name = this._tensorName;
    if (name === null)
      throw assertion(`Module ${String(module)} has to be pruned before pruning can be removed`);
    const weight = this.applyMask(module);
    const orig = getField(module, `${name}_orig`) as Parameter;
    orig.data = weight.data;
    for (const suffix of ['', '_orig', '_mask']) deleteField(module, name + suffix);
    setField(module, name, orig);
  }
}
checkMethods(
  'BasePruningMethod',
  BasePruningMethod,
  'applyMask(module)',
  'prune(t, defaultMask?, importanceScores?)',
  'remove(module)',
);

/** The methods that prune the parameter of that name, with the hooks that they go by. */
export function methodsOf(module: Module, name: string) {
  return attached(module, BasePruningMethod).filter(({ owner }) => owner._tensorName === name);
}

/** Methods that prune one parameter, one after the other. */
export class PruningContainer extends BasePruningMethod {
  readonly PRUNING_TYPE = 'unstructured';
  readonly #methods: BasePruningMethod[] = [];

  constructor(...methods: BasePruningMethod[]) {
    super();
    if (methods.length === 1 && methods[0] instanceof BasePruningMethod)
      this._tensorName = methods[0]._tensorName;
    for (const method of methods) this.addPruningMethod(method);
  }

  /**
   * Adds a method that prunes what those before it left.
   *
   * @throws ValueError for a method of another parameter.
   */
  addPruningMethod(method: BasePruningMethod): void {
    if (!(method instanceof BasePruningMethod))
      throw new TorchTypeError(`${typeof method} is not a BasePruningMethod subclass`);
    if (this._tensorName !== method._tensorName) {
      throw valueError(
        `Can only add pruning methods acting on the parameter named '${this._tensorName}' to PruningContainer ` +
          `${String(this)}. Found '${method._tensorName}'`,
      );
    }
    this.#methods.push(method);
  }
  /** Python's `len`. */
  get length(): number {
    return this.#methods.length;
  }
  /** The method at a position; -1 is the last. */
  at(index: number): BasePruningMethod | undefined {
    return this.#methods.at(index);
  }
  [Symbol.iterator](): IterableIterator<BasePruningMethod> {
    return this.#methods.values();
  }

  /** The last method, at work on what the others have left. */
  override computeMask(t: Tensor, defaultMask: Tensor): Tensor {
    const method = this.#methods.at(-1)!;
    const places = placesFor(method, t, defaultMask);
    const part = method.computeMask(t.at(...places), defaultMask.at(...places));
    const mask = defaultMask.to(t.dtype);
    return mask.setAt(places, part.to(mask.dtype));
  }
}
checkMethods(
  'PruningContainer',
  PruningContainer,
  'addPruningMethod(method)',
  'at(index)',
  'computeMask(t, defaultMask)',
);

// Where a further method may prune.
function placesFor(method: BasePruningMethod, t: Tensor, mask: Tensor): (Tensor | ':')[] {
  if (method.PRUNING_TYPE === 'unstructured') return [aten.eq(mask, 1)];
  const all = new Array<Tensor | ':'>(t.dim()).fill(':');
  if (method.PRUNING_TYPE === 'global') return all;
  if (method.PRUNING_TYPE !== 'structured')
    throw valueError(`Unrecognized PRUNING_TYPE ${String(method.PRUNING_TYPE)}`);
  if (method.dim === undefined) {
    throw new TorchError(
      'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.',
      'AttributeError',
    );
  }
  const dim = method.dim < 0 ? t.dim() + method.dim : method.dim;
  if (dim < 0)
    throw new TorchRangeError(`Index is out of bounds for tensor with dimensions ${t.dim()}`, 'IndexError');
  const others = [...all.keys()].filter((d) => d !== dim);
  all[dim] = aten.ne(aten.sum(mask, others), 0);
  return all;
}

// What prunes the parameter from now on: `method`, after those that do already. Their hooks go.
function combined(method: BasePruningMethod, module: Module, name: string): BasePruningMethod {
  const found = methodsOf(module, name);
  if (found.length > 1) {
    throw assertion(
      `Avoid adding multiple pruning hooks to the same tensor ${name} of module ${String(module)}. Use a ` +
        'PruningContainer.',
    );
  }
  method._tensorName = name;
  if (found.length === 0) return method;
  const [{ owner, handle }] = found;
  handle.remove();
  const container = owner instanceof PruningContainer ? owner : new PruningContainer(owner);
  container.addPruningMethod(method);
  return container;
}

/** Prunes a parameter of a module. */
export function prune(
  method: BasePruningMethod,
  module: Module,
  name: string,
  importanceScores: Tensor | null,
): BasePruningMethod {
  const all = combined(method, module, name);
  const orig = getField(module, name) as Parameter;
  if (!(orig instanceof Tensor))
    throw new TorchError(`${module._getName()} has no attribute '${name}'`, 'AttributeError');
  if (importanceScores) checkScores(importanceScores, orig, `parameter ${name} of ${String(module)}`);
  const first = !(all instanceof PruningContainer);
  if (first) {
    module.registerParameter(`${name}_orig`, orig);
    deleteField(module, name);
  }
  try {
    const before = first
      ? aten.onesLike(orig)
      : aten.clone((getField(module, `${name}_mask`) as Tensor).detach());
    module.registerBuffer(`${name}_mask`, all.computeMask(importanceScores ?? orig, before));
    setField(module, name, all.applyMask(module));
    attach(module, all, (target) => setField(target, name, all.applyMask(target)));
    return all;
  } catch (error) {
    if (first) {
      deleteField(module, `${name}_orig`);
      module.registerParameter(name, orig);
    }
    throw error;
  }
}
