import { noGrad } from '../../autograd';
import * as aten from '../../tensor/aten';
import { TorchError, valueError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { sizeText } from '../../core/size_text';
import { typeName } from '../../tensor/repr';
import { Tensor } from '../../tensor';
import { ModuleList } from '../layers/container';
import { getField } from '../module/fields';
import type { Module } from '../module/module';
import { Parameter } from '../parameter';

/**
 * A module that computes a tensor from others. `rightInverse`, where it has one, finds originals for a
 * value: one tensor, or several, which `forward` then takes as arguments. One that throws a TorchError
 * of the kind `'NotImplementedError'` is passed over when the parametrization is registered.
 */
export interface Parametrization extends Module {
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
}

export function registerTensor(module: Module, name: string, tensor: Tensor): void {
  if (tensor instanceof Parameter) module.registerParameter(name, tensor);
  else module.registerBuffer(name, tensor);
}

/** What `rightInverse` gives; `undefined` where the module has none, or none that works. */
export function tryRightInverse(module: Parametrization, value: Tensor): unknown {
  try {
    return module.rightInverse?.(value);
  } catch (error) {
    if (error instanceof TorchError && error.kind === 'NotImplementedError') return undefined;
    throw error;
  }
}

/** The parametrizations of one tensor, the first one first, and its originals. */
export class ParametrizationList extends ModuleList {
  unsafe: boolean;
  /** Whether there is one original, named `original`; else `original0`, `original1` ... */
  readonly isTensor: boolean;
  readonly ntensors: number;

  /** @throws ValueError when the parametrizations do not fit the tensor, unless `unsafe`. */
  constructor(modules: readonly Parametrization[], original: Tensor, options: { unsafe?: boolean } = {}) {
    if (modules.length === 0) throw valueError('ParametrizationList requires one or more modules.');
    super(modules);
    this.unsafe = options.unsafe ?? false;
    const { shape, dtype } = original;
    const inverse = noGrad(() => {
      let value: unknown = original;
      for (const module of [...this].reverse())
        value = tryRightInverse(module as Parametrization, value as Tensor) ?? value;
      return value;
    });
    this.isTensor = inverse instanceof Tensor;
    this.ntensors = Array.isArray(inverse) ? inverse.length : 1;
    if (inverse instanceof Tensor) this._keepOne(original, inverse);
    else this._keepSeveral(original, inverse);
    if (!this.unsafe) checkResult(this.forward(), shape, dtype);
  }

  private _keepOne(original: Tensor, inverse: Tensor): void {
    for (const what of ['dtype', 'device'] as const) {
      if (original[what] === inverse[what]) continue;
      throw valueError(
        `When \`right_inverse\` outputs one tensor, it may not change the ${what}.\noriginal.${what}: ` +
          `${original[what]}\nright_inverse(original).${what}: ${inverse[what]}`,
      );
    }
    noGrad(() => aten.set_(original, inverse));
    registerTensor(this, 'original', original);
  }

  private _keepSeveral(original: Tensor, inverse: unknown): void {
    const wanted = "'right_inverse' must return a Tensor or a Sequence of tensors";
    if (!Array.isArray(inverse)) throw valueError(`${wanted} (list, tuple...). Got ${typeName(inverse)}`);
    inverse.forEach((value: unknown, i) => {
      if (!(value instanceof Tensor)) {
        throw valueError(
          `${wanted} (list, tuple...). Got element ${i} of the sequence with type ${typeName(value)}.`,
        );
      }
      const own = original instanceof Parameter ? new Parameter(value, original.requiresGrad) : value;
      registerTensor(this, `original${i}`, own.requiresGrad_(original.requiresGrad));
    });
  }

  private _originals(): Tensor[] {
    if (this.isTensor) return [getField(this, 'original') as Tensor];
    return Array.from({ length: this.ntensors }, (_, i) => getField(this, `original${i}`) as Tensor);
  }

  /** Changes the originals so that the parametrized tensor becomes `value`. */
  rightInverse(value: Tensor): void {
    noGrad(() => {
      let inverse: unknown = value;
      for (const module of [...this].reverse() as Parametrization[]) {
        if (!module.rightInverse)
          throw new TorchError(`parametrization ${module._getName()} does not implement right_inverse.`);
        inverse = module.rightInverse(inverse as Tensor);
      }
      if (this.isTensor) this._setOne(inverse);
      else this._setSeveral(inverse);
    });
  }

  private _setOne(inverse: unknown): void {
    if (!(inverse instanceof Tensor))
      throw valueError(`\`right_inverse\` should return a tensor. Got ${typeName(inverse)}`);
    const [original] = this._originals();
    if (inverse.dtype !== original.dtype) {
      throw valueError(
        `The tensor returned by \`right_inverse\` has dtype ${inverse.dtype} while \`original\` has dtype ` +
          String(original.dtype),
      );
    }
    aten.set_(original, inverse);
  }

  private _setSeveral(inverse: unknown): void {
    if (!Array.isArray(inverse))
      throw valueError(`'right_inverse' must return a sequence of tensors. Got ${typeName(inverse)}.`);
    if (inverse.length !== this.ntensors) {
      throw valueError(
        `'right_inverse' must return a sequence of tensors of length ${this.ntensors}. Got a sequence of ` +
          `length ${inverse.length}.`,
      );
    }
    this._originals().forEach((original, i) => {
      const value: unknown = inverse[i];
      if (!(value instanceof Tensor)) {
        throw valueError(
          "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element " +
            `${i} of type ${typeName(value)}.`,
        );
      }
      if (original.dtype !== value.dtype) {
        throw valueError(
          `Tensor ${i} returned by \`right_inverse\` has dtype ${value.dtype} while \`original${i}\` has dtype ` +
            String(original.dtype),
        );
      }
      aten.set_(original, value);
    });
  }

  /** The parametrized tensor. */
  override forward(): never {
    const [first, ...rest] = this;
    let value: unknown = first(...this._originals());
    for (const module of rest) value = module(value);
    // A list of modules is not meant to be called; this one is.
    return value as never;
  }
}
checkMethods('ParametrizationList', ParametrizationList, 'rightInverse(value)');

function checkResult(result: unknown, shape: readonly number[], dtype: Tensor['dtype']): void {
  if (!(result instanceof Tensor))
    throw valueError(`A parametrization must return a tensor. Got ${typeName(result)}.`);
  const refuse = (what: string, before: unknown, after: unknown): TypeError =>
    valueError(
      `Registering a parametrization may not change the ${what} of the tensor, unless \`unsafe\` flag is ` +
        `enabled.\nunparametrized ${what}: ${String(before)}\nparametrized ${what}: ${String(after)}`,
    );
  if (result.dtype !== dtype) throw refuse('dtype', dtype, result.dtype);
  const [before, after] = [sizeText(shape), sizeText(result.shape)];
  if (before !== after) throw refuse('shape', before, after);
}
