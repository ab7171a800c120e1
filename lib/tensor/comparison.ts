/**
 * How whoever compares any two objects sees tensors: node:assert, util.isDeepStrictEqual, test runners. They look at
 * the fields, and a tensor has its values in none: all would be equal. But all of them first compare what
 * `Object.prototype.toString` gives, so that is another text for each tensor.
 */
import { HANDLE } from '../native/handle';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '.';

/** When two tensors are equal. lib/testing changes it to equal values. */
export interface Comparison {
  equal(a: Tensor, b: Tensor): boolean;
  /** The same tensor for all that are equal. */
  representative(tensor: Tensor): Tensor;
  /** How a tensor is shown where it differs. */
  text(tensor: Tensor): string;
}

const identity: Comparison = {
  equal: (a, b) => a === b,
  representative: (tensor) => tensor,
  text: String,
};
let comparison = identity;

export function setComparison(given: Comparison): void {
  comparison = given;
}

const numbers = new WeakMap<Tensor, number>();
let count = 0;

/** A text that is the same for equal tensors only, and readable where an assertion shows it. */
export function tagOf(tensor: Tensor): string {
  try {
    // The fields come next: the number of its slot is nobody's business, and no two tensors have the same.
    if (Object.hasOwn(tensor, HANDLE)) Object.defineProperty(tensor, HANDLE, { enumerable: false });
    const representative = comparison.representative(tensor);
    let number = numbers.get(representative);
    if (number === undefined) numbers.set(representative, (number = ++count));
    return `${readable(representative)} #${number}`;
  } catch {
    return 'Tensor'; // the class's prototype, or a copy that has nothing of a tensor but that
  }
}

// Without values where getting them means waiting for a device.
function readable(tensor: Tensor): string {
  if (tensor.isDisposed || tensor.isCpu) return comparison.text(tensor);
  return `tensor(..., device='${tensor.device}', size=(${tensor.shape.join(', ')}), dtype=${tensor.dtype})`;
}

/** For printers of test runners, which show what differs. */
export const textOf = (tensor: Tensor): string => comparison.text(tensor);

/**
 * A tester of equality as Jest and Vitest take it. Without it they compare what can be iterated over element by
 * element, and a tensor without dimensions cannot.
 */
export function testTensors(a: unknown, b: unknown): boolean | undefined {
  return isTensor(a) && isTensor(b) ? comparison.equal(a, b) : undefined;
}

/** Gives {@link testTensors} to the test runner that runs this process, if there is one and it has none yet. */
export function addTester(): void {
  const runner = (globalThis as Record<symbol, unknown>)[Symbol.for('$$jest-matchers-object')];
  const testers = (runner as { customEqualityTesters?: unknown[] } | undefined)?.customEqualityTesters;
  if (Array.isArray(testers) && !testers.includes(testTensors)) testers.push(testTensors);
}
addTester();
