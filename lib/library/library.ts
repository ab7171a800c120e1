import { bindArguments, checkMethods } from '../core/calls';
import type { DType } from '../core/dtype';
import { argumentError, checkFunction, TorchError, valueError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import type { FunctionContext } from '../autograd/function_context';
import { type Call, method, signature } from '../core/signature';
import { value } from '../core/kinds';
import { native } from '../native';
import { implementAutocast } from './autocast_kernel';
import { implementAutograd } from './autograd_kernel';
import { dispatched, type DispatchedOperator, partCall } from './dispatched_operator';
import { addDispatchRule, type DispatchRule } from './dispatch_rules';
import { implement, implementFallback, overloadOf, splitName, userKernel } from './operators';
import { type Tag, tagList } from './tags';
import { implementVmap, type VmapRule } from './vmap_kernel';

/** A kernel: it gets the operator's arguments, and an object with those that go by name alone. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Kernel = (...args: any[]) => unknown;

/** Options of `torch.library.define` and `Library.define`. */
export interface DefineOptions {
  /** Of `torch.Tag`. Default: none. */
  tags?: Tag | readonly Tag[];
}
const TAGS: Required<DefineOptions> = { tags: [] };
const LIBRARY_DEFINE = method('define', [value<string>()('schema')], TAGS);
const DEFINE = signature('define', [value<string>()('qualname'), value<string>()('schema')], TAGS, []);

/**
 * Operators of one namespace (`torch.library.Library`). They are operators of libtorch's dispatcher, under `torch.ops`,
 * for as long as the process lives; their functions belong to the thread that gave them.
 *
 * Differs from PyTorch: `torch.library.Library` keeps its operators when it is gone. Each worker thread that calls an
 * operator of JavaScript gives it its own functions; one that another thread alone has given throws.
 *
 * @example
 * const lib = new torch.library.Library('mylib', 'DEF');
 * lib.define('twice(Tensor x) -> Tensor');
 * lib.impl('twice', (x: Tensor) => x.mul(2), 'CompositeExplicitAutograd');
 * torch.ops.mylib.twice(torch.ones([2]));
 */
export class Library {
  readonly ns: string;
  readonly kind: 'DEF' | 'IMPL' | 'FRAGMENT';
  readonly dispatchKey: string;

  /** `kind`: `'DEF'` or `'FRAGMENT'` to define operators, `'IMPL'` to give kernels to those that there are. */
  constructor(...args: [ns: string, kind: 'DEF' | 'IMPL' | 'FRAGMENT', dispatchKey?: string]) {
    const [ns, kind, dispatchKey] = bindArguments('Library(ns, kind, dispatchKey?)', args);
    if (!['DEF', 'IMPL', 'FRAGMENT'].includes(kind))
      throw valueError(`Unsupported library kind: ${String(kind)}`);
    if (typeof ns !== 'string' || !/^\w+$/.test(ns)) throw argumentError('Library', 'ns', 'a name', ns);
    if (kind === 'DEF' && ['aten', 'prim', 'prims', 'quantized'].includes(ns)) {
      throw valueError(`${ns} is a reserved namespace. Please try creating a library with another name.`);
    }
    this.ns = ns;
    this.kind = kind;
    this.dispatchKey = dispatchKey ?? '';
  }

  /** Defines an operator: `'name(Tensor x, int dim=0) -> Tensor'`. Returns its name. */
  define(...args: Call<typeof LIBRARY_DEFINE, [schema: string]>): string {
    const [schema, { tags }] = LIBRARY_DEFINE.bind(args);
    if (typeof schema !== 'string') throw argumentError('Library.define', 'schema', 'a string', schema);
    if (this.kind === 'IMPL') throw new TorchError('define() is of libraries of the kind DEF or FRAGMENT');
    return native
      .defineOperator(`${this.ns}::${schema}`, this, tagList('Library.define', tags))
      .split('::', 2)[1];
  }

  /** Gives an operator a kernel for a dispatch key: `'CPU'`, `'Autograd'`, `'CompositeImplicitAutograd'` ... */
  impl(opName: string, fn: Kernel, dispatchKey?: string): void {
    checkFunction('Library.impl', 'fn', fn);
    const key = dispatchKey ?? (this.dispatchKey || 'CompositeImplicitAutograd');
    const [name, overload] = splitName(
      'Library.impl',
      opName.includes('::') ? opName : `${this.ns}::${opName}`,
    );
    const op = overloadOf(name, overload);
    implement(op, key, userKernel(op, fn));
  }

  /**
   * Gives a dispatch key a kernel for all operators that have none of their own for it: `fn(op, ...args)`. Only of the
   * library `new Library('_', 'IMPL')`. It stays for as long as the process.
   */
  fallback(fn: (op: DispatchedOperator, ...args: never[]) => unknown, dispatchKey?: string): void {
    checkFunction('Library.fallback', 'fn', fn);
    if (this.ns !== '_') {
      throw new TorchError(
        `Fallback can only be registered using library fragment on the global namespace "_" but it is ${this.ns}`,
      );
    }
    const key = dispatchKey ?? this.dispatchKey;
    if (!key) throw new TorchError('dispatch_key must not be empty for fallback', 'AssertionError');
    implementFallback(key, (op, all) => {
      const [args, kwargs] = partCall(op, all);
      const call = fn as (op: DispatchedOperator, ...rest: unknown[]) => unknown;
      return call(dispatched(op), ...args, ...(Object.keys(kwargs).length > 0 ? [kwargs] : []));
    });
  }
}
compareByIdentity(Library);
checkMethods('Library', Library, 'impl(opName, fn, dispatchKey?)', 'fallback(fn, dispatchKey?)');

/** Defines an operator by its whole name: `define('mylib::twice', '(Tensor x) -> Tensor')`. */
export function define(...args: Call<typeof DEFINE, [qualname: string, schema: string]>): void {
  const [qualname, schema, { tags }] = DEFINE.bind(args);
  const [namespace] = splitName('define', qualname)[0].split('::', 1);
  new Library(namespace, 'FRAGMENT').define(`${qualname.slice(namespace.length + 2)}${schema}`, { tags });
}

const KEYS: Readonly<Record<string, string>> = { cpu: 'CPU', cuda: 'CUDA', meta: 'Meta' };

/** The dispatch keys of device types; null stands for all. */
export function keysOf(fn: string, types: unknown): string[] {
  if (types === null || types === 'default') return ['CompositeExplicitAutograd'];
  return (Array.isArray(types) ? types : [types]).map((type: unknown) => {
    if (typeof type === 'string' && Object.hasOwn(KEYS, type)) return KEYS[type];
    throw argumentError(fn, 'deviceTypes', `one of ${Object.keys(KEYS).join(', ')}`, type);
  });
}

/** Gives an operator a kernel for types of devices; `'default'` for all that have none of their own. */
export function impl(...args: [qualname: string, types: string | readonly string[], func: Kernel]): void {
  const [qualname, types, func] = bindArguments('impl(qualname, types, func)', args);
  checkFunction('impl', 'func', func);
  const op = overloadOf(...splitName('impl', qualname));
  for (const key of keysOf('impl', types)) implement(op, key, userKernel(op, func));
}

/** Gives an operator a kernel for one type of device, or for all with null. */
export function registerKernel(
  ...args: [op: string, deviceTypes: string | readonly string[] | null, func: Kernel]
): void {
  const [op, deviceTypes, func] = bindArguments('registerKernel(op, deviceTypes, func)', args);
  impl(op, deviceTypes ?? 'default', func);
}

/** Says what an operator gives for tensors without values: their shapes, dtypes and strides. */
export function registerFake(...args: [op: string, func: Kernel]): void {
  const [name, func] = bindArguments('registerFake(op, func)', args);
  checkFunction('registerFake', 'func', func);
  const op = overloadOf(...splitName('registerFake', name));
  implement(op, 'Meta', userKernel(op, func));
}

/** Options of `torch.library.registerAutograd`. */
export interface AutogradOptions {
  /** Fills the context: it gets the positional inputs, the output, and the inputs that go by name alone. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  setupContext?: ((ctx: FunctionContext, inputs: any, output: any, keywordOnlyInputs: any) => void) | null;
}
const REGISTER_AUTOGRAD = signature(
  'registerAutograd',
  [
    value<string>()('op'),
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    value<(ctx: FunctionContext, ...grads: any[]) => unknown>()('backward'),
  ],
  { setupContext: null } as Required<AutogradOptions>,
  [],
);

/** Gives an operator a backward: it returns a gradient for each positional argument. */
export function registerAutograd(
  ...args: Call<
    typeof REGISTER_AUTOGRAD,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    [op: string, backward: (ctx: FunctionContext, ...grads: any[]) => unknown]
  >
): void {
  const [name, backward, { setupContext }] = REGISTER_AUTOGRAD.bind(args);
  checkFunction('registerAutograd', 'backward', backward);
  implementAutograd(overloadOf(...splitName('registerAutograd', name)), { backward, setupContext });
}

/** Gives an operator a batching rule: `(info, inDims, ...args) => [output, outDims]`. */
export function registerVmap(...args: [op: string, func: VmapRule]): void {
  const [name, func] = bindArguments('registerVmap(op, func)', args);
  checkFunction('registerVmap', 'func', func);
  implementVmap(overloadOf(...splitName('registerVmap', name)), func);
}

/** Says what autocast casts floating-point tensors to before an operator runs, without autocast. */
export function registerAutocast(...args: [op: string, deviceType: string, castInputs: DType]): void {
  const [op, deviceType, castInputs] = bindArguments('registerAutocast(op, deviceType, castInputs)', args);
  implementAutocast(overloadOf(...splitName('registerAutocast', op)), deviceType, castInputs);
}

/**
 * Says what a class of modes does with an operator, in the place of its `torchDispatch`:
 * `func(mode, operator, types, args, kwargs)`.
 */
export function registerTorchDispatch(
  ...args: [op: string, torchDispatchClass: { name: string }, func: DispatchRule]
): void {
  const [op, torchDispatchClass, func] = bindArguments(
    'registerTorchDispatch(op, torchDispatchClass, func)',
    args,
  );
  checkFunction('registerTorchDispatch', 'torchDispatchClass', torchDispatchClass);
  checkFunction('registerTorchDispatch', 'func', func);
  const [name, overload] = splitName('registerTorchDispatch', op);
  addDispatchRule(overload ? `${name}.${overload}` : name, torchDispatchClass, func);
}
