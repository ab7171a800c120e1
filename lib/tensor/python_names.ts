// `weight.requires_grad = false`, left from Python, would be a new field without a meaning, and the weight be trained.
import { TorchTypeError } from '../core/errors';
import { snakeCase } from '../core/names';

/** Has an error name the field that was meant, where Python's name of one is read or set. */
export function refusePythonNames(Class: { prototype: object }): void {
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Class.prototype))) {
    const python = snakeCase(name);
    if (!get || !/[a-z][A-Z][a-z]/.test(name) || python in Class.prototype) continue;
    const refuse = (): never => {
      throw new TorchTypeError(`A Tensor has no ${python} here: write x.${name}`);
    };
    Object.defineProperty(Class.prototype, python, { get: refuse, set: refuse, configurable: true });
  }
}
