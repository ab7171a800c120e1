/** torch.classes: classes that libraries have registered, and their objects. */
import { inspect } from 'node:util';
import { checkMethods } from '../core/calls';
import { jsonOf, primitiveOf, uncloneable } from '../core/conversions';
import { TorchError, TorchTypeError, argumentError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { camelCase } from '../core/names';
import { native } from '../native';
import { type OperatorFunction, operator, registerScriptObjects } from '../native/dispatch';
import { HANDLE } from '../native/handle';
import type { Handle } from '../../typings/native';

const UNCLONEABLE = uncloneable('a ScriptObject stays in the thread that it was made in');
const ROOT = '__torch__.torch.classes.';

/**
 * An object of a class that a library has registered: packed weights, what `torch.classes.ns.Name` makes. Its methods
 * have PyTorch's names and those in camelCase, `output_padding()` and `outputPadding()`; they take keywords as operators
 * do.
 *
 * @example
 * const weight = torch.quantizePerTensor(torch.randn([4, 3]), 0.1, 0, torch.qint8);
 * const packed = torch.ops.quantized.linear_prepack(weight, torch.zeros([4]));
 * const [unpacked, bias] = packed.unpack();
 */
export class ScriptObject {
  /** @internal */
  readonly [HANDLE]: unknown;
  /** @internal */
  declare readonly uncloneable: symbol;
  /** The methods and properties of its class. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- known only at run time
  [name: string]: any;

  /** @internal */
  constructor(handle: Handle) {
    if (typeof handle !== 'object') throw new TorchTypeError('ScriptObject: No constructor defined!');
    own(this, handle);
  }

  /** PyTorch's name of the class: `'__torch__.torch.classes.quantized.LinearPackedParamsBase'`. */
  get qualifiedName(): string {
    return (this.constructor as ScriptClass).qualifiedName;
  }
  /** Whether both are one object in C++. An operator may give an object that is there already as a new one of JavaScript. */
  isSame(other: ScriptObject): boolean {
    return native.isSameObject(this, other);
  }
  /** Whether it was freed by hand. */
  get isDisposed(): boolean {
    return native.isDisposed(this[HANDLE] as Handle);
  }
  /** Frees what it holds now, and not when it is garbage. */
  dispose(): void {
    native.dispose(this[HANDLE] as Handle);
  }
  /** `using packed = ...` */
  [Symbol.dispose](): void {
    native.dispose(this[HANDLE] as Handle);
  }

  /** The text that its class gives, or Python's: `ScriptObject <__torch__.torch.classes.ns.Name>`. */
  toString(): string {
    return textOf(this, '__str__');
  }
  [inspect.custom](): string {
    return textOf(this, '__repr__');
  }
  /** Throws a TypeError for `x + 1`, as Python does. */
  [Symbol.toPrimitive](hint: string): string {
    return primitiveOf(this, hint, 'A ScriptObject', 'call its methods');
  }
  /** Throws a TypeError for `JSON.stringify`: what is inside is known to its class alone. */
  toJSON(...args: unknown[]): unknown {
    return jsonOf(this, args, 'A ScriptObject', 'what it holds, its methods give');
  }
}
compareByIdentity(ScriptObject);
checkMethods('ScriptObject', ScriptObject, 'isSame(other)', 'dispose()', 'toString()');

/** A class of `torch.classes`. Static methods of the C++ class are its properties. */
export interface ScriptClass {
  new (...args: unknown[]): ScriptObject;
  readonly prototype: ScriptObject;
  /** PyTorch's name. */
  readonly qualifiedName: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [method: string]: any;
}

function own(object: ScriptObject, handle: unknown): void {
  Object.assign(object, { [HANDLE]: handle, uncloneable: UNCLONEABLE });
}

function textOf(object: ScriptObject, method: '__str__' | '__repr__'): string {
  if (object.isDisposed) return `ScriptObject <${object.qualifiedName}, disposed>`;
  const made: unknown = typeof object[method] === 'function' ? (object[method] as () => unknown)() : null;
  return typeof made === 'string' ? made : `ScriptObject <${object.qualifiedName}>`;
}

const classes_ = new Map<string, ScriptClass>();

/** @internal The class of that name, which is made when it is first seen; undefined where there is none (yet). */
export function classNamed(qualifiedName: string): ScriptClass | undefined {
  let found = classes_.get(qualifiedName);
  if (found) return found;
  const description = native.customClass(qualifiedName);
  if (!description) return undefined;
  const { methods, properties } = description;
  found = withStaticMethods(newClass(qualifiedName, methods), new Set(methods));
  defineMethods(found.prototype, qualifiedName, methods);
  for (const [property, getter, setter] of properties) {
    const get = operator(`${qualifiedName}.${getter}`, null, false);
    const set = setter === null ? undefined : operator(`${qualifiedName}.${setter}`, null, false);
    for (const name of new Set([property, camelCase(property)])) {
      Object.defineProperty(found.prototype, name, {
        get(this: ScriptObject) {
          return get(this);
        },
        ...(set && {
          set(this: ScriptObject, value: unknown) {
            set(this, value);
          },
        }),
        configurable: true,
      });
    }
  }
  classes_.set(qualifiedName, found);
  return found;
}

function newClass(qualifiedName: string, methods: readonly string[]): ScriptClass {
  const name = qualifiedName.slice(qualifiedName.lastIndexOf('.') + 1);
  const init = methods.includes('__init__') ? operator(`${qualifiedName}.__init__`, null, false) : undefined;
  const made = {
    [name]: class extends ScriptObject {
      static readonly qualifiedName = qualifiedName;
      constructor(...args: unknown[]) {
        if (!init) {
          throw new TorchError(
            `Custom C++ class: '${qualifiedName}' does not have an '__init__' method bound. ` +
              "Did you forget to add '.def(torch::init<...>)' to its registration?",
          );
        }
        super(native.makeObject(qualifiedName));
        init(this, ...args);
      }
    },
  };
  return made[name] as unknown as ScriptClass;
}

function defineMethods(prototype: ScriptObject, qualifiedName: string, methods: readonly string[]): void {
  const define = (name: string, call: OperatorFunction): void => {
    const value = function (this: ScriptObject, ...args: unknown[]): unknown {
      // What reads a file makes an object without its constructor, and gives it its state.
      if (name === '__setstate__' && this[HANDLE] === undefined) own(this, native.makeObject(qualifiedName));
      return call(this, ...args);
    };
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  };
  for (const method of methods) {
    if (method === '__init__') continue; // `new` calls it
    const call = operator(`${qualifiedName}.${method}`, null, false);
    define(method, call);
    const camel = camelCase(method);
    if (camel !== method && !methods.includes(camel)) define(camel, call);
  }
}

// libtorch has no list of them, but finds them by name.
function withStaticMethods(Class: ScriptClass, methods: ReadonlySet<string>): ScriptClass {
  const found = new Map<string, OperatorFunction>();
  return new Proxy(Class, {
    get(target, key, receiver): unknown {
      if (typeof key !== 'string' || Reflect.has(target, key) || methods.has(key)) {
        return Reflect.get(target, key, receiver) as unknown;
      }
      const method = `${target.qualifiedName}.${key}`;
      if (!found.has(key) && native.signatures(method, null, false).length > 0) {
        found.set(key, operator(method, null, false));
      }
      return found.get(key);
    },
  });
}

type OtherMaker = (qualifiedName: string, handle: Handle) => object;
let newOther: OtherMaker | undefined;

/** lib/jit hands over what makes objects of classes that no library has registered: TorchScript brings its own. */
export function registerOtherObjects(make: OtherMaker): void {
  newOther = make;
}

registerScriptObjects((qualifiedName, handle) => {
  const Class = classNamed(qualifiedName);
  if (!Class) return (newOther as OtherMaker)(qualifiedName, handle);
  const object = Object.create(Class.prototype) as ScriptObject;
  own(object, handle);
  return object;
});

// Python's words.
const noClass = (name: string): TorchError =>
  new TorchError(
    `Tried to instantiate class '${name}', but it does not exist! Ensure that it is registered via torch::class_`,
  );

/** torch.classes: by namespace and name. */
export type Classes = {
  /** Loads a shared library that registers classes and operators; then they are in `torch.classes` and `torch.ops`. */
  loadLibrary(path: string): void;
} & { readonly [namespace: string]: ClassNamespace };

/** `torch.classes.quantized`. What is in it is known only at run time. */
export type ClassNamespace = Readonly<Record<string, ScriptClass>>;

function namespaceOf(namespace: string): ClassNamespace {
  return new Proxy({} as Record<string, ScriptClass>, {
    get(_, name) {
      // A promise that gives the namespace asks whether it has a `then`.
      if (typeof name !== 'string') return undefined;
      const Class = classNamed(`${ROOT}${namespace}.${name}`);
      if (!Class && name !== 'then') throw noClass(`${namespace}.${name}`);
      return Class;
    },
  });
}

export function loadLibrary(path: string): void {
  if (typeof path !== 'string') throw argumentError('torch.ops.loadLibrary', 'path', 'a string', path);
  native.loadLibrary(path);
}

/** Classes of libraries: `new torch.classes.ns.Name(...)`. */
export const classes: Classes = new Proxy({} as Record<string, unknown>, {
  get(made, key) {
    if (typeof key !== 'string') return undefined;
    if (key === 'loadLibrary') return loadLibrary;
    return (made[key] ??= namespaceOf(key));
  },
}) as Classes;
