/** Equality by value for whoever compares any two objects: test runners and node:assert. */
import { noGrad } from '../autograd/mode';
import type { Tensor } from '../tensor';
import { isTensor } from '../native/tensor_base';
import { addTester, setComparison } from '../tensor/comparison';
import { tidy } from '../tensor/memory';
import { EXACT_OPTIONS } from './assert_close';
import { pairsOf } from './pairs';
import { exactText } from './text';

function equal(a: Tensor, b: Tensor): boolean {
  if (a === b) return true;
  try {
    if (a.isDisposed || b.isDisposed) return false;
    return tidy(() =>
      noGrad(() => pairsOf(a, b, EXACT_OPTIONS, []).every(({ mismatch }) => mismatch() === null)),
    );
  } catch {
    return false; // of other classes, or of layouts that have no comparison
  }
}

// What is compared is alive: tensors of the comparison before may be forgotten.
const MOST = 1000;
let known: WeakRef<Tensor>[] = [];

function representative(tensor: Tensor): Tensor {
  for (const reference of known) {
    const other = reference.deref();
    if (other && equal(other, tensor)) return other;
  }
  if (known.length >= MOST) known = [];
  known.push(new WeakRef(tensor));
  return tensor;
}

/**
 * From now on `assert.deepEqual`, `toEqual` and the like compare tensors as assertEqual does, and show all digits where
 * they differ.
 */
export function compareByValue(): void {
  setComparison({ equal, representative, text: exactText });
  addTester();
}

const EXPECT_OF_VITEST = Symbol.for('expect-global');

interface Expect {
  addSnapshotSerializer?(serializer: {
    test(value: unknown): boolean;
    serialize(value: unknown): string;
  }): void;
}

/** {@link compareByValue}, and snapshots show values, where a test runner with `expect` runs this. */
export function setUpRunner(): void {
  compareByValue();
  const { expect, [EXPECT_OF_VITEST]: ofVitest } = globalThis as Record<string | symbol, unknown>;
  const found = (ofVitest ?? expect) as Expect | undefined;
  found?.addSnapshotSerializer?.({ test: isTensor, serialize: (tensor) => exactText(tensor as Tensor) });
}
