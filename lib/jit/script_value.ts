// Objects of TorchScript that are neither tensors nor modules: of classes that an archive brings, and members of enums.
import { inspect } from 'node:util';
import { TorchTypeError } from '../core/errors';
import { compareByIdentity } from '../core/identity';
import { camelCase } from '../core/names';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { HANDLE } from '../native/handle';
import type { Handle } from '../../typings/native';
import { scriptFunction } from './script_function';

/**
 * An object of TorchScript: of a class that was scripted, with its attributes and methods, or a member of an enum, with
 * `name` and `value`. Functions give it, and take it back; for a member of an enum they take its name, too.
 */
export class ScriptValue {
  /** @internal */
  declare readonly [HANDLE]: Handle;
  /** PyTorch's name of its class: `'__torch__.Color'`. */
  readonly className: string;
  /** The attributes and methods of its class. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- known only at run time
  [name: string]: any;

  /** @internal */
  constructor(className: string, handle: Handle) {
    if (typeof className !== 'string' || typeof handle !== 'object')
      throw new TorchTypeError('ScriptValue: functions of TorchScript make it');
    this.className = className;
    Object.defineProperty(this, HANDLE, { value: handle });
    const description = native.scriptDescribe(handle);
    if (description.kind === 'enum') {
      Object.assign(this, { name: description.name, value: wrap(description.value) });
      return;
    }
    for (const { name } of description.attributes) {
      Object.defineProperty(this, name, {
        get: () => wrap(native.scriptGet(handle, name)),
        set: (value: unknown) => native.scriptSet(handle, name, value),
        enumerable: true,
      });
    }
    for (const name of description.methods) {
      const method = scriptFunction(name, () => native.scriptFunction(handle, name), false);
      for (const each of new Set([name, camelCase(name)]))
        if (!(each in this)) Object.defineProperty(this, each, { value: method });
    }
  }

  /** `Color.RED`, or the name of the class. */
  toString(): string {
    const Class = this.className.replace(/^__torch__\./, '');
    return typeof this.name === 'string' && 'value' in this ? `${Class}.${this.name}` : `<${Class} object>`;
  }
  [inspect.custom](): string {
    return this.toString();
  }
}
compareByIdentity(ScriptValue);
