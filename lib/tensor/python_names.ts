// What Python has and JavaScript takes without a word: `weight.requires_grad = false` would be a new field without a
// meaning, and the weight be trained; a loop up to `x.length` would not run; `x[0] = 1` would change nothing.
import { TorchTypeError } from '../core/errors';
import { snakeCase } from '../core/names';

/** Has an error name the field that was meant, where Python's name of one is read or set. */
export function refusePythonNames(Class: { prototype: object }): void {
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Class.prototype))) {
    const python = snakeCase(name);
    if (!get || !/[a-z][A-Z][a-z]/.test(name) || python in Class.prototype) continue;
    refuse(Class, python, `A Tensor has no ${python} here: write x.${name}`);
  }
  refuse(Class, 'length', 'A Tensor has no length here: write x.size(0), or x.numel() for all its elements');
  for (const index of FIRST_INDICES) {
    refuse(Class, index, `x[${index}] is nothing here: write x.at(${index}), or x.setAt(${index}, value)`);
  }
}

// Those that a program writes first. Only a Proxy, too slow for each tensor, could refuse all.
const FIRST_INDICES = ['-1', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

function refuse(Class: { prototype: object }, name: string, sentence: string): void {
  const fail = (): never => {
    throw new TorchTypeError(sentence);
  };
  Object.defineProperty(Class.prototype, name, { get: fail, set: fail, configurable: true });
}
