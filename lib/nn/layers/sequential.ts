// Modules that are called one after the other.
import { TorchError, TorchRangeError, TorchTypeError, valueError } from '../../core/errors';
import { isGradEnabled } from '../../autograd/mode';
import { isMap, isPlainObject } from '../../core/realm';
import { Tensor } from '../../tensor';
import { hasCallHooks } from '../module/call';
import { isModule } from '../module/fields';
import { Module } from '../module/module';
import { Indexed } from './container';
import { retainsNothing } from './retains_nothing';
import { typeName } from '../../tensor/repr';
import { pairs, sliceIndices, type Named } from './slice';

/**
 * Modules one after the other: each gets what the one before it gave.
 *
 * Made of modules, which are named `'0'`, `'1'`, ..., or of a Map or plain object, which names them.
 *
 * @example
 * const m = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU());
 * const n = new nn.Sequential({ fc: new nn.Linear(2, 3), act: new nn.ReLU() });
 */
export class Sequential<In = Tensor, Out = Tensor> extends Indexed<[input: In], Out> {
  constructor(modules: ReadonlyMap<string, Module> | Readonly<Record<string, Module>>);
  constructor(...modules: Module[]);
  constructor(...args: unknown[]) {
    super();
    const [first] = args;
    if (args.length === 1 && (isMap(first) || isPlainObject(first))) {
      for (const [name, module] of pairs('Sequential', first as Named<Module>)) this.addModule(name, module);
    } else {
      args.forEach((module, i) => this.addModule(String(i), module as Module));
    }
  }

  // Without a graph, what passes between two modules that do not keep it is freed at once: the next result gets
  // its memory while that is still in the processor's cache.
  override forward(input: In): Out {
    const frees = !isGradEnabled();
    let value: unknown = input;
    let isOurs = false; // nobody else has `value`
    for (const module of this) {
      const keepsNothing = frees && retainsNothing(module) && !hasCallHooks(module);
      const next: unknown = module(value);
      if (next === value) {
        isOurs &&= keepsNothing;
        continue;
      }
      if (isOurs && keepsNothing) (value as Tensor).dispose();
      isOurs = keepsNothing && next instanceof Tensor;
      value = next;
    }
    return value as Out;
  }

  /** A Sequential of some of the modules, under their names: Python's `m[start:stop:step]`. */
  slice(start?: number | null, stop?: number | null, step?: number): Sequential {
    const entries = this._entries();
    return new Sequential(new Map(sliceIndices(entries.length, start, stop, step).map((i) => entries[i])));
  }
  insert(index: number, module: Module): this {
    const modules = [...this];
    if (!isModule(module)) throw new TorchError(`module should be of type: ${Module.name}`, 'AssertionError');
    if (index < -modules.length || index > modules.length)
      throw new TorchRangeError(`Index out of range: ${index}`, 'IndexError');
    modules.splice(index, 0, module);
    this._replace(modules);
    return this;
  }
  /** Python's `a + b`. */
  concat(other: Sequential): Sequential {
    if (!(other instanceof Sequential)) {
      throw valueError(
        `add operator supports only objects of Sequential class, but ${typeName(other)} is given.`,
      );
    }
    return new Sequential(...this, ...other);
  }
  /** The same modules several times: Python's `a * times`. */
  repeat(times: number): Sequential {
    if (!Number.isInteger(times))
      throw new TorchTypeError(`repeat(): times must be a whole number, not ${String(times)}`);
    if (times <= 0) throw valueError(`Non-positive multiplication factor ${times} for Sequential`);
    return new Sequential(...Array.from({ length: times }, () => [...this]).flat());
  }
}
