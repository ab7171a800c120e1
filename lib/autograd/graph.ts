/** `torch.autograd.graph`: what the graph keeps, and hooks on several tensors. */
import { wrap } from '../native/dispatch';
import { TorchError, argumentError, valueError, checkFunction, checkText } from '../core/errors';
import { callable, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { asCallback } from '../native/recording';
import { type Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import type { Device } from '../core/device';
import { bindArguments } from '../core/calls';
import { Scope, settled, within } from '../native/scope';
import { RemovableHandle } from '../core/hooks';
import { registered } from './hooks';

export { GradFn as Node } from './node';

let disabled: string | null = null;
let depth = 0;

/**
 * Runs `body`; what its operators save for backward goes through `pack`, and through `unpack` when
 * backward needs it (`torch.autograd.graph.saved_tensors_hooks`).
 *
 * @example
 * graph.savedTensorsHooks((x) => x.half(), (x) => x.float(), () => model(input));
 */
export function savedTensorsHooks<Packed, T>(
  ...args: [pack: (tensor: Tensor) => Packed, unpack: (packed: Packed) => Tensor, body: () => T]
): T {
  const [pack, unpack, body] = bindArguments('savedTensorsHooks(pack, unpack, body)', args);
  for (const [name, value] of Object.entries({ pack, unpack, body })) {
    if (typeof value !== 'function') throw argumentError('savedTensorsHooks', name, 'a function', value);
  }
  if (disabled !== null) throw new TorchError(disabled);
  const before = depth;
  try {
    depth = before + 1;
    return within(
      'savedTensorsHooks',
      Scope.savedHooks,
      body,
      (handle: unknown) => asCallback(() => pack(wrap(handle) as Tensor)),
      (packed: unknown) => asCallback(() => unpack(packed as Packed)),
    );
  } finally {
    depth = before;
  }
}

const SAVE_ON_CPU = signature('saveOnCpu', [callable<() => unknown>()('body')], {
  pinMemory: false,
  deviceType: 'cuda',
});

/**
 * Keeps what `body`'s operators save for backward on the CPU (`save_on_cpu`). With `pinMemory`, and where there are
 * devices of `deviceType`, in page-locked memory, so that the device goes on meanwhile.
 */
export function saveOnCpu<T>(
  ...args: Call<typeof SAVE_ON_CPU, [body: () => T], [pinMemory: boolean, deviceType: string]>
): T {
  const [body, { pinMemory, deviceType }] = SAVE_ON_CPU.bind(args);
  const pack = (tensor: Tensor): [Device, Tensor] => {
    if (!pinMemory) return [tensor.device, tensor.cpu()];
    const isPinned = native.hasDevice(deviceType) && !tensor.isSparse;
    const { dtype, layout } = tensor;
    const packed = aten.empty(tensor.shape, { dtype, layout, pinMemory: isPinned });
    packed.copy_(tensor, isPinned);
    return [tensor.device, packed];
  };
  return savedTensorsHooks(
    pack,
    ([device, tensor]) => tensor.to(device, { nonBlocking: pinMemory }),
    body as () => T,
  );
}

/** Makes {@link savedTensorsHooks} an error with that message inside of `body`. */
export function disableSavedTensorsHooks<T>(...args: [message: string, body: () => T]): T {
  const [message, body] = bindArguments('disableSavedTensorsHooks(message, body)', args);
  checkText('disableSavedTensorsHooks', 'message', message);
  checkFunction('disableSavedTensorsHooks', 'body', body);
  if (depth > 0) throw new TorchError(message);
  const before = disabled;
  let result: T;
  try {
    disabled = message;
    result = body();
  } finally {
    disabled = before;
  }
  return settled('disableSavedTensorsHooks', result);
}

type MultiGradHook = ((grads: (Tensor | null)[]) => void) | ((grad: Tensor) => void);

/** Options of `torch.autograd.graph.registerMultiGradHook`. */
export interface MultiGradHookOptions {
  /** `'all'`: when all gradients are there; `'any'`: at the first. Default: `'all'`. */
  mode?: 'all' | 'any';
}

const REGISTER_MULTI_GRAD_HOOK = signature(
  'registerMultiGradHook',
  [value<readonly Tensor[]>()('tensors'), callable<MultiGradHook>()('fn')],
  { mode: 'all' } as Required<MultiGradHookOptions>,
  [],
);

/**
 * Calls `fn` once for each backward pass: with the gradients of all `tensors`, null for those that
 * get none, or with the first one (`register_multi_grad_hook`).
 */
export function registerMultiGradHook(
  tensors: readonly Tensor[],
  fn: (grads: (Tensor | null)[]) => void,
  options?: { mode?: 'all' },
): RemovableHandle;
export function registerMultiGradHook(
  tensors: readonly Tensor[],
  fn: (grad: Tensor) => void,
  options: { mode: 'any' },
): RemovableHandle;
export function registerMultiGradHook(...args: unknown[]): RemovableHandle {
  const [tensors, hook, { mode }] = REGISTER_MULTI_GRAD_HOOK.bind(args);
  if (mode !== 'all' && mode !== 'any') {
    throw valueError(`Expects mode to be one of ('all', 'any') but got ${String(mode)}`);
  }
  return registered('registerMultiGradHook()', [tensors, hook] as const, (on, fn) => {
    const hooks =
      mode === 'all'
        ? whenAll(on, fn as (grads: (Tensor | null)[]) => void)
        : whenAny(on, fn as (grad: Tensor) => void);
    const handles = hooks.map(([tensor, one]) => tensor.registerHook(one));
    return new RemovableHandle(() => handles.forEach((handle) => handle.remove()));
  });
}

type Hooks = [Tensor, (grad: Tensor) => void][];

function whenAll(tensors: readonly Tensor[], hook: (grads: (Tensor | null)[]) => void): Hooks {
  const passes = new Map<number, { grads: (Tensor | null)[]; missing: number }>();
  return tensors.map((tensor, i) => [
    tensor,
    (grad) => {
      const task = native.graphTask();
      let pass = passes.get(task);
      if (!pass) {
        const expected = tensors.filter((one) => native.willReceiveGradient(one)).length;
        passes.set(task, (pass = { grads: tensors.map(() => null), missing: expected }));
      }
      pass.grads[i] = grad;
      if (--pass.missing > 0) return;
      passes.delete(task);
      hook(pass.grads);
    },
  ]);
}

function whenAny(tensors: readonly Tensor[], hook: (grad: Tensor) => void): Hooks {
  let last = -1;
  return tensors
    .filter((tensor) => tensor.requiresGrad)
    .map((tensor) => [
      tensor,
      (grad) => {
        const task = native.graphTask();
        if (task === last) return;
        last = task;
        hook(grad);
      },
    ]);
}
