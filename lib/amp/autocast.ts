import { privateUse1 } from '../core/device';
import * as cuda from '../cuda';
import { type DType, type DTypeLike, asDType, bfloat16, dtypeOfCode, float16, float64 } from '../core/dtype';
import { TorchError, TorchTypeError, checkText, valueError } from '../core/errors';
import { callable, value } from '../core/kinds';
import { signature, withDefaults } from '../core/signature';
import { native } from '../native';
import { isMap } from '../core/realm';
import { Scope, within } from '../native/scope';
import { Tensor } from '../tensor';
import { warn } from '../core/warn';
import { bindArguments } from '../core/calls';
import { repr } from '../tensor/repr';

/** Options of `torch.autocast`. */
export interface AutocastOptions {
  /** What operators of the lower-precision list run in. Default: bfloat16 on the CPU, float16 on CUDA. */
  dtype?: DTypeLike | null;
  /** `false` turns autocast off inside of an enabled one. Default: `true`. */
  enabled?: boolean;
  /** Whether weights are cast once for all of their uses inside. Default: `true`. */
  cacheEnabled?: boolean | null;
}

const AUTOCAST: Required<AutocastOptions> = { dtype: null, enabled: true, cacheEnabled: null };

const availableTypes = ['cpu', 'cuda', 'mtia', 'maia', 'xpu', 'hpu', 'xla', 'mps', 'privateuseone'];
const supported = [bfloat16, float16];

/** Whether libtorch has autocast for that type of device. */
export function isAutocastAvailable(...args: [deviceType: string]): boolean {
  const [deviceType] = bindArguments('isAutocastAvailable(deviceType)', args);
  return availableTypes.includes(deviceType) || deviceType === privateUse1();
}

/** Whether autocast is on, for a type of device. */
export function isAutocastEnabled(...args: [deviceType?: string]): boolean {
  const [deviceType = 'cuda'] = bindArguments('isAutocastEnabled(deviceType?)', args);
  checkText('isAutocastEnabled', 'deviceType', deviceType);
  return native.autocast(deviceType)[0];
}

/** What autocast would cast to. */
export function getAutocastDtype(...args: [deviceType: string]): DType {
  const [deviceType] = bindArguments('getAutocastDtype(deviceType)', args);
  checkText('getAutocastDtype', 'deviceType', deviceType);
  return dtypeOfCode(native.autocast(deviceType)[1]);
}

/** Whether weights are cast once for all of their uses inside of autocast. */
export function isAutocastCacheEnabled(...args: []): boolean {
  bindArguments('isAutocastCacheEnabled()', args);
  return native.autocast('cpu')[2];
}

/** Forgets the weights that were cast. */
export function clearAutocastCache(...args: []): void {
  bindArguments('clearAutocastCache()', args);
  native.clearAutocastCache();
}

// Python's checks: what cannot be had turns autocast off with a warning.
function usable(deviceType: string, dtype: DType): boolean {
  if (deviceType === 'cuda') {
    if (cuda.isAvailable()) return true;
    warn('CUDA is not available or torch_xla is imported. Disabling autocast.');
    return false;
  }
  if (supported.includes(dtype)) return true;
  const name = deviceType.toUpperCase();
  warn(
    `In ${name} autocast, but the target dtype is not supported. Disabling autocast.\n` +
      `${name} Autocast only supports dtypes of ${supported.join(', ')} currently.`,
  );
  return false;
}

/**
 * Runs `body` so that operators choose their dtype: matrix products and convolutions run in the lower
 * precision, reductions and losses in float32 (`torch.autocast`). The backward pass belongs outside.
 *
 * Differs from PyTorch: `torch.autocast` takes a synchronous function; there is no `with` and no decorator.
 *
 * @example
 * const loss = torch.autocast('cpu', { dtype: torch.bfloat16 }, () => lossFn(model(x), y));
 * loss.backward();
 * @throws TorchError for a type of device that has no autocast.
 */
export function autocast<T>(deviceType: string, body: () => T): T;
export function autocast<T>(deviceType: string, options: AutocastOptions, body: () => T): T;
export function autocast<T>(
  ...args: [deviceType: string, optionsOrBody: AutocastOptions | (() => T), given?: () => T]
): T {
  const isShort = typeof args[1] === 'function' || args.length < 2;
  const [deviceType, optionsOrBody, given] = bindArguments(
    isShort ? 'autocast(deviceType, body)' : 'autocast(deviceType, options{}, body)',
    args,
  );
  const options = withDefaults(
    'autocast',
    AUTOCAST,
    typeof optionsOrBody === 'function' ? {} : optionsOrBody,
  );
  const body = typeof optionsOrBody === 'function' ? optionsOrBody : given;
  if (typeof deviceType !== 'string') {
    throw valueError(`autocast(): Expected \`deviceType\` of type \`string\`, got: \`${typeof deviceType}\``);
  }
  if (typeof body !== 'function')
    throw new TorchTypeError('autocast(): the last argument must be a function');
  if (!isAutocastAvailable(deviceType)) {
    throw new TorchError(`User specified an unsupported autocast device_type '${deviceType}'`);
  }
  const before = native.autocast(deviceType);
  const dtype = options.dtype == null ? dtypeOfCode(before[1]) : asDType(options.dtype);
  if (!dtype) throw new TorchTypeError(`autocast(): unknown dtype ${repr(options.dtype)}`);
  const enabled = options.enabled && usable(deviceType, dtype);
  const cacheEnabled = options.cacheEnabled ?? before[2];
  return within('autocast', Scope.autocast, body, deviceType, enabled, dtype, cacheEnabled);
}

function cast(value: unknown, deviceType: string, dtype: DType): unknown {
  if (value instanceof Tensor) {
    const eligible = value.isFloatingPoint() && value.device.type === deviceType && value.dtype !== float64;
    return eligible ? value.to(dtype) : value;
  }
  if (Array.isArray(value)) return value.map((item) => cast(item, deviceType, dtype));
  if (isMap(value)) {
    return new Map(
      [...value].map(([key, item]) => [cast(key, deviceType, dtype), cast(item, deviceType, dtype)]),
    );
  }
  return value;
}

/** Options of `torch.amp.customFwd`. */
export interface CustomForwardOptions {
  deviceType: string;
  /** Inside autocast, casts floating-point inputs to this and runs `forward` without autocast. */
  castInputs?: DTypeLike | null;
}

interface AmpContext {
  [field: string]: unknown;
}

const deviceKind = value<string>()('deviceType');
type Wrapped = (ctx: AmpContext, ...values: unknown[]) => unknown;
const CUSTOM_FWD = signature(
  'customFwd',
  [callable<Wrapped>()('forward'), deviceKind],
  { castInputs: null as DTypeLike | null },
  [],
);
const CUSTOM_BWD = signature('customBwd', [callable<Wrapped>()('backward'), deviceKind], {}, []);

const remembered = new WeakMap<object, { dtype: DType; enabled: boolean }>();

/**
 * Wraps the `forward` of a `torch.autograd.Function` for autocast
 * (`torch.amp.custom_fwd`); use {@link customBwd} on its `backward`.
 */
export function customFwd<Ctx extends AmpContext, Args extends unknown[], Out>(
  ...given: [forward: (ctx: Ctx, ...args: Args) => Out, options: CustomForwardOptions]
): (ctx: Ctx, ...args: Args) => Out {
  const [wrapped, deviceType, { castInputs }] = CUSTOM_FWD.bind(given);
  const forward = wrapped as unknown as (ctx: Ctx, ...args: Args) => Out;
  const castTo = castInputs == null ? null : asDType(castInputs);
  return function (this: unknown, ctx, ...args) {
    const enabled = isAutocastEnabled(deviceType);
    remembered.set(ctx, { dtype: getAutocastDtype(deviceType), enabled: enabled && !castTo });
    if (!castTo || !enabled) return forward.call(this, ctx, ...args);
    return autocast(deviceType, { enabled: false }, () =>
      forward.call(this, ctx, ...(args.map((arg) => cast(arg, deviceType, castTo)) as Args)),
    );
  };
}

/** Runs a `backward` in the autocast state that its `forward` had (`torch.amp.custom_bwd`). */
export function customBwd<Ctx extends AmpContext, Args extends unknown[], Out>(
  ...given: [backward: (ctx: Ctx, ...grads: Args) => Out, options: { deviceType: string }]
): (ctx: Ctx, ...grads: Args) => Out {
  const [wrapped, deviceType] = CUSTOM_BWD.bind(given);
  const backward = wrapped as unknown as (ctx: Ctx, ...grads: Args) => Out;
  return function (this: unknown, ctx, ...grads) {
    const { dtype, enabled } = remembered.get(ctx) ?? { dtype: null, enabled: false };
    return autocast(deviceType, { enabled, dtype }, () => backward.call(this, ctx, ...grads));
  };
}
