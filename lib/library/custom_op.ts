import type { FunctionContext } from '../autograd/function_context';
import { checkMethods } from '../core/calls';
import type { DType } from '../core/dtype';
import { argumentError, checkFunction, TorchError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { value } from '../core/kinds';
import { type Call, method, signature } from '../core/signature';
import * as tree from '../func/tree';
import { Tensor } from '../tensor';
import { implementAutocast } from './autocast_kernel';
import { type Formula, implementAutograd } from './autograd_kernel';
import { addDispatchRule, type DispatchRule } from './dispatch_rules';
import { type AutogradOptions, type Kernel, keysOf, Library } from './library';
import { implement, type Overload, overloadOf, splitName, userKernel } from './operators';
import type { Tag } from './tags';
import { implementVmap, type VmapRule } from './vmap_kernel';

/** Options of `torch.library.customOp`. */
export interface CustomOpOptions {
  /** `'(Tensor x, *, float factor) -> Tensor'`: JavaScript does not say the types of a function. */
  schema?: string | null;
  /** For which devices the function is. Default: null, all. */
  deviceTypes?: string | readonly string[] | null;
  /** Of `torch.Tag`. Default: none. */
  tags?: Tag | readonly Tag[];
}
const CUSTOM_OP = signature(
  'customOp',
  [value<string>()('name'), value<Kernel>()('fn')],
  { schema: null, deviceTypes: null, tags: [] } as Required<CustomOpOptions>,
  [],
);
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Backward = (ctx: FunctionContext, ...grads: any[]) => unknown;
const REGISTER_AUTOGRAD = method('registerAutograd', [value<Backward>()('backward')], {
  setupContext: null,
} as Required<AutogradOptions>);

// Returns a function whose prototype is the class's: nothing of Function.prototype is inherited.
function Callable(this: unknown): unknown {
  const self = ((...args: unknown[]) => (self as unknown as CustomOpDef)._call(args)) as unknown as {
    name?: string;
    length?: number;
  };
  delete self.name;
  delete self.length;
  return Object.setPrototypeOf(self, (new.target as unknown as { prototype: object }).prototype);
}
Callable.prototype = Object.prototype;

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unused-vars --
   its constructor returns a function */
/** An operator that {@link customOp} made: it is called, and is under `torch.ops`. */
export interface CustomOpDef<Args extends unknown[] = any[], Out = any> {
  (...args: Args): Out;
}
export class CustomOpDef<
  Args extends unknown[] = any[],
  Out = any,
> extends (Callable as unknown as new () => object) {
  /* eslint-enable */
  readonly #op: Overload;
  readonly #formula: Formula = { backward: null, setupContext: null };
  #fake: Kernel | null = null;

  /** @internal */
  constructor(
    readonly name: string,
    fn: Kernel,
    schema: string,
    { deviceTypes, tags }: Required<CustomOpOptions>,
  ) {
    super();
    const [full] = splitName('customOp', name);
    const [namespace, opName] = full.split('::', 2);
    new Library(namespace, 'FRAGMENT').define(`${opName}${schema}`, { tags });
    const op = (this.#op = overloadOf(full, ''));
    this.registerKernel(deviceTypes, fn);
    implement(op, 'Meta', (args) => {
      if (this.#fake) return userKernel(op, this.#fake)(args);
      throw new TorchError(
        `There was no fake impl registered for ${String(this)}. This is necessary for torch.compile/export/fx ` +
          'tracing to work. Please use `custom_op.register_fake` to add an fake impl.',
      );
    });
    implementAutograd(op, this.#formula);
  }

  /** @internal */
  _call(args: unknown[]): unknown {
    return this.#op.call(...args);
  }
  /** Gives the operator a kernel for types of devices, or for all with null. */
  registerKernel(deviceTypes: string | readonly string[] | null, fn: Kernel): this {
    checkFunction('registerKernel', 'fn', fn);
    const run = userKernel(this.#op, fn);
    for (const key of keysOf('registerKernel', deviceTypes)) {
      implement(this.#op, key, (args) => {
        const result = run(args);
        refuseAliases(this.name, args, result);
        return result;
      });
    }
    return this;
  }
  /** Says what the operator gives for tensors without values. */
  registerFake(fn: Kernel): this {
    checkFunction('registerFake', 'fn', fn);
    this.#fake = fn;
    return this;
  }
  /** Gives the operator a backward; `setupContext` keeps what it needs. */
  registerAutograd(...args: Call<typeof REGISTER_AUTOGRAD, [backward: Backward]>): this {
    const [backward, { setupContext }] = REGISTER_AUTOGRAD.bind(args);
    checkFunction('registerAutograd', 'backward', backward);
    Object.assign(this.#formula, { backward, setupContext });
    return this;
  }
  /** Gives the operator a batching rule. */
  registerVmap(func: VmapRule): this {
    checkFunction('registerVmap', 'func', func);
    implementVmap(this.#op, func);
    return this;
  }
  /** Says what autocast casts floating-point tensors to before the operator runs, without autocast. */
  registerAutocast(deviceType: string, castInputs: DType): this {
    implementAutocast(this.#op, deviceType, castInputs);
    return this;
  }
  /** Says what a class of modes does with the operator, in the place of its `torchDispatch`. */
  registerTorchDispatch(torchDispatchClass: { name: string }, fn: DispatchRule): this {
    checkFunction('registerTorchDispatch', 'torchDispatchClass', torchDispatchClass);
    checkFunction('registerTorchDispatch', 'fn', fn);
    addDispatchRule(this.name, torchDispatchClass, fn);
    return this;
  }
  /** As Python's repr. */
  override toString(): string {
    return `<CustomOpDef(${this.name})>`;
  }
}
compareByIdentity(CustomOpDef);
checkMethods(
  'CustomOpDef',
  CustomOpDef,
  'registerKernel(deviceTypes, fn)',
  'registerFake(fn)',
  'registerVmap(func)',
  'registerAutocast(deviceType, castInputs)',
  'registerTorchDispatch(torchDispatchClass, fn)',
);

const tensorsOf = (given: unknown): Tensor[] =>
  tree.flatten(given).leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor);

function refuseAliases(name: string, args: unknown[], result: unknown): void {
  const seen = tensorsOf(args);
  for (const output of tensorsOf(result)) {
    if (seen.some((one) => one.is(output) || sharesMemory(one, output))) {
      throw new TorchError(
        `${name}: The output of this custom operator (1) must not also be an input to this custom operator and (2) ` +
          'may not alias any inputs to this custom operator or other returns. The most common way to trigger this ' +
          'error is if we have y = custom_op(x) and y and x are the same Tensor. Please instead return a clone of the ' +
          'offending output tensor(s) (e.g. return x.clone()) or refactor the custom operator to not return y.',
      );
    }
    seen.push(output);
  }
}

function sharesMemory(a: Tensor, b: Tensor): boolean {
  const plain = (tensor: Tensor) => tensor.layout.name === 'strided' && tensor.device.type !== 'meta';
  if (!plain(a) || !plain(b) || a.numel() === 0 || b.numel() === 0) return false;
  return a.storage().id === b.storage().id;
}

/**
 * Makes an operator of a function (`torch.library.custom_op`): one of libtorch's dispatcher, which `torch.ops`, autograd,
 * the transforms of `torch.func`, modes and exported programs know. Arguments that go by name alone come to the function
 * in a last object.
 *
 * @throws TypeError without a schema; TorchError for a name that is taken.
 *
 * @example
 * const scale = torch.library.customOp('mylib::scale', (x: Tensor, factor: number) => x.mul(factor), {
 *   schema: '(Tensor x, float factor) -> Tensor',
 * });
 * scale.registerAutograd((ctx, grad: Tensor) => [grad.mul(ctx.factor as number), null], {
 *   setupContext: (ctx, [, factor]) => void (ctx.factor = factor),
 * });
 * scale(torch.ones([2]), 3);
 * torch.ops.mylib.scale(torch.ones([2]), 3);
 */
export function customOp<Args extends unknown[], Out>(
  ...args: Call<typeof CUSTOM_OP, [name: string, fn: (...args: Args) => Out]>
): CustomOpDef<Args, Out> {
  const [name, fn, options] = CUSTOM_OP.bind(args);
  const { schema } = options;
  checkFunction('customOp', 'fn', fn);
  if (typeof schema !== 'string') throw argumentError('customOp', 'schema', 'a string', schema);
  return new CustomOpDef<Args, Out>(name, fn, schema, options);
}
