// Modules that are called one after the other.
import { TorchError, TorchRangeError, TorchTypeError, valueError } from '../../core/errors';
import { checkMethods } from '../../core/calls';
import { isGradEnabled } from '../../autograd/mode';
import { isMap, isPlainObject } from '../../core/realm';
import { Tensor } from '../../tensor';
import { hasCallHooks } from '../module/call';
import { isModule } from '../module/fields';
import { Module } from '../module/module';
import { Indexed, type ModulesByName } from './container';
import type { RNNBase } from './recurrent/rnn_base';
import { retainsNothing } from './retains_nothing';
import { typeName } from '../../tensor/repr';
import { pairs, sliceIndices, type Named } from './slice';

/** What runs the modules; {@link Sequential} has their types. */
class SequentialBase<M extends Module, In, Out> extends Indexed<M, [input: In], Out, Module> {
  static override readonly name: string = 'Sequential';

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
      if (module === null) throw new TorchTypeError("'NoneType' object is not callable"); // which addModule takes
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
    return new Sequential(
      new Map<string, Module>(sliceIndices(entries.length, start, stop, step).map((i) => entries[i])),
    );
  }
  insert(index: number, module: Module): this {
    const modules: Module[] = [...this];
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
    return new Sequential<Module[]>(...this, ...other);
  }
  /** The same modules several times: Python's `a * times`. */
  repeat(times: number): Sequential {
    if (!Number.isInteger(times))
      throw new TorchTypeError(`repeat(): times must be a whole number, not ${String(times)}`);
    if (times <= 0) throw valueError(`Non-positive multiplication factor ${times} for Sequential`);
    return new Sequential<Module[]>(...Array.from({ length: times }, () => [...this]).flat());
  }
}
checkMethods(
  'Sequential',
  SequentialBase,
  'slice(start?, stop?, step?)',
  'insert(index, module)',
  'concat(other)',
  'repeat(times)',
);

/* eslint-disable @typescript-eslint/no-explicit-any */
type FirstOf<Modules> = Modules extends readonly [infer M, ...any[]] ? M : AnyOf<Modules>;
type LastOf<Modules> = Modules extends readonly [...any[], infer M] ? M : AnyOf<Modules>;
type AnyOf<Modules> = Modules extends readonly (infer M)[] ? M : Modules[keyof Modules];
type InputOf<M> = M extends (input: infer In, ...more: any[]) => any ? OrTensor<In> : Tensor;
// Of the calls of a recurrent module the one with a tensor: inference would look at the last.
type OutputOf<M> =
  M extends RNNBase<infer Hidden>
    ? [output: Tensor, hidden: Hidden]
    : M extends (...args: any[]) => infer Out
      ? OrTensor<Out>
      : Tensor;
// `Tensor` instead of `any`: a module whose types are not known takes and gives tensors where it is in a Sequential.
type OrTensor<T> = 0 extends 1 & T ? Tensor : T;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Its modules are a tuple, `nn.Sequential<[nn.Linear, nn.ReLU]>`, or have names, `nn.Sequential<{ fc: nn.Linear }>`. */
export type Sequential<Modules = Module[]> = SequentialBase<
  Extract<AnyOf<Modules>, Module>,
  InputOf<FirstOf<Modules>>,
  OutputOf<LastOf<Modules>>
> & {
  // For a tuple: the names of its elements ('0', '1' ...), but not the methods of arrays.
  [
    Name in Exclude<keyof Modules, Modules extends readonly unknown[] ? keyof unknown[] : never>
  ]: Modules[Name];
};

export interface SequentialConstructor {
  new (): Sequential;
  new <Modules extends Module[]>(...modules: Modules): Sequential<Modules>;
  new <Modules extends ModulesByName<Modules>>(modules: Modules): Sequential<Modules>;
  new (modules: ReadonlyMap<string, Module>): Sequential;
  new (...modules: Module[]): Sequential;
  readonly prototype: Sequential;
}

/**
 * Modules one after the other: each gets what the one before it gave.
 *
 * Made of modules, which are named `'0'`, `'1'`, ..., or of a Map or plain object, which names them.
 *
 * @example
 * const m = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU());
 * const n = new nn.Sequential({ fc: new nn.Linear(2, 3), act: new nn.ReLU() });
 */
export const Sequential = SequentialBase as unknown as SequentialConstructor;
