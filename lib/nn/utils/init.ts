import type { DeviceLike } from '../../core/device';
import { TorchError } from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { Module } from '../module/module';
import { isTypeError } from '../../core/realm';

/* eslint-disable @typescript-eslint/no-explicit-any -- any module's constructor */
/**
 * Makes a module without drawing its initial values; its memory holds anything.
 *
 * @throws TorchError when the module does not take a `device`.
 *
 * @example
 * const m = nn.utils.skipInit(nn.Linear, 10, 5);
 */
export function skipInit<Class extends new (...args: any[]) => Module<any[], any>>(
  moduleCls: Class,
  ...args: ConstructorParameters<Class>
): InstanceType<Class> {
  if (typeof moduleCls !== 'function' || !(moduleCls.prototype instanceof Module)) {
    throw new TorchError(`Expected a Module; got ${String(moduleCls)}`);
  }
  const last: unknown = args.at(-1);
  const options = isPlainObject(last) ? last : {};
  const rest: unknown[] = isPlainObject(last) ? args.slice(0, -1) : args;
  const device = (options.device ?? 'cpu') as DeviceLike;
  return construct(moduleCls, [...rest, { ...options, device: 'meta' }]).toEmpty({
    device,
  }) as InstanceType<Class>;
}

function construct(moduleCls: new (...args: any[]) => Module, args: unknown[]): Module {
  try {
    return new moduleCls(...args);
  } catch (error) {
    if (!isTypeError(error) || !error.message.includes("unexpected keyword argument 'device'")) throw error;
    throw new TorchError("Module must support a 'device' arg to skip initialization");
  }
}
