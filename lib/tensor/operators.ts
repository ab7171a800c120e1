/** Every operator that libtorch has, as functions, as methods of Tensor, and under torch.ops. */
import { camelCase } from '../core/names';
import { operator, type OperatorFunction } from '../native/dispatch';
import { TorchError } from '../core/errors';
import { native } from '../native';
import { factories, onDefaultDevice } from './default_device';
import { Tensor } from '.';
import { loadLibrary } from './script_object';

type Table = Record<string, unknown>;

// V8 keeps an object's properties in a list, which it copies for each that is added: 34 ms for the operators. Once a
// property that is not the last has been deleted, it keeps them in a hash table, until one is looked up.
function makeHashTable(object: object): void {
  const names = [Symbol('first'), Symbol('last')];
  for (const name of names) Object.defineProperty(object, name, { configurable: true });
  for (const name of names) Reflect.deleteProperty(object, name);
}

/** Names that class Tensor defines itself; operators do not replace them. */
export const handWritten: ReadonlySet<string> = new Set(
  Object.getOwnPropertyNames(Tensor.prototype).concat(Object.getOwnPropertyNames(Tensor)),
);

// Python puts these prefixes into modules: linalg_inv is torch.linalg.inv.
const namespaces = ['linalg', 'fft', 'special'];

// Differs from PyTorch: `torch.klDiv`, `torch.hingeEmbeddingLoss` and the other losses on `torch` itself take the
// mean where `reduction` is left out, as their schemas and `torch.nn.functional` say; Python's parser reads that
// default as 0 there, which is no reduction.

/** torch.add, torch.linalg.inv ...: one function for each ATen name. */
export const functions: Table = {};
for (const namespace of namespaces) functions[namespace] = {};

const names = new Set<string>();
for (const full of native.operatorNames()) {
  if (!full.startsWith('aten::')) continue;
  const overload = full.indexOf('.', 6);
  names.add(overload < 0 ? full.slice(6) : full.slice(6, overload));
}
/** The names of properties that objects of this class have. */
function allNames(prototype: object): Set<string> {
  const above = Object.getPrototypeOf(prototype) as object | null;
  return new Set([...Object.getOwnPropertyNames(prototype), ...(above ? allNames(above) : [])]);
}
const taken = allNames(Tensor.prototype);
makeHashTable(Tensor.prototype);
for (const name of names) {
  const plain = operator(`aten::${name}`);
  const call = factories.has(name) ? onDefaultDevice(plain) : plain;
  const camel = camelCase(name);
  functions[camel] = call;
  for (const namespace of namespaces) {
    if (!name.startsWith(`${namespace}_`)) continue;
    (functions[namespace] as Table)[camelCase(name.slice(namespace.length + 1))] = call;
  }
  if (taken.has(camel)) continue;
  taken.add(camel);
  Object.defineProperty(Tensor.prototype, camel, {
    value(this: Tensor, a?: unknown, b?: unknown, ...rest: unknown[]) {
      return call(this, a, b, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

/** torch.ops: operators by their own names and overloads, of any library. */
export type Ops = {
  /** Loads a shared library that registers operators; then they are in `torch.ops`. */
  loadLibrary(path: string): void;
  /**
   * The same operators without the checks that libtorch's kernels leave out: wrong arguments end the process, or read
   * and write memory of others. `torch.ops.unsafe.aten._sparse_coo_tensor_unsafe(indices, values, size)` trusts indices.
   */
  readonly unsafe: { readonly [namespace: string]: OperatorNamespace };
} & { readonly [namespace: string]: OperatorNamespace };

/**
 * `torch.ops.aten.max_pool2d(x, 2)`, `torch.ops.aten['add.Tensor'](x, y)`. What is in it is known only
 * at run time, so its types say nothing; `torch.maxPool2d` has them.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type OperatorNamespace = Record<string, (...args: any[]) => any>;

function namespaceOf(library: string, unsafe: boolean): OperatorNamespace {
  const made: Record<string, OperatorFunction> = Object.create(null);
  return new Proxy(made, {
    get(_, key) {
      if (typeof key !== 'string') return undefined;
      const known = made[key];
      if (known) return known;
      const [name, overload] = key.split('.', 2);
      const full = `${library}::${name}`;
      if (native.signatures(full, overload ?? null, false).length === 0) {
        throw new TorchError(`torch.ops.${library}.${key}: no such operator`, 'AttributeError');
      }
      return (made[key] = operator(full, overload ?? null, false, unsafe));
    },
  });
}

function libraries(own: Record<string, unknown>, unsafe: boolean): Record<string, unknown> {
  return new Proxy(own, {
    get(made, key) {
      return typeof key === 'string' ? (made[key] ??= namespaceOf(key, unsafe)) : undefined;
    },
  });
}

/** Operators by their own names and overloads, of any library: `torch.ops.aten['add.Tensor'](x, y)`. */
export const ops: Ops = libraries({ loadLibrary, unsafe: libraries({}, true) }, false) as Ops;
