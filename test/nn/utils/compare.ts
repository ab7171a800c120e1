// What the cases share: what Python stored (test/fixtures/nn_utils.json), and comparisons with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { Tensor, nn } from 'nodetorch';
import { expectTensor, type StoredTensor } from '../fixture';

/** The twins of the cases in test/fixtures/nn_utils.py, by name. */
export interface UtilsCases {
  cases: Record<string, () => unknown>;
  errors?: Record<string, () => unknown>;
}

export const fixture = JSON.parse(readFileSync(join(__dirname, '../../fixtures/nn_utils.json'), 'utf8')) as {
  torch: string;
  seed: number;
  cases: Record<string, unknown>;
  errors: Record<string, string>;
};

const isStored = (value: object): value is StoredTensor => 'dtype' in value && 'data' in value;
const isList = (value: unknown): value is unknown[] => Array.isArray(value);

/** Bit by bit; keys of objects and Maps in order, too. */
export function expectSame(actual: unknown, stored: unknown, path = ''): void {
  if (typeof stored !== 'object' || stored === null) {
    expect([path, actual]).toEqual([path, stored]);
  } else if (isList(stored)) {
    const list = isList(actual) ? actual : [actual];
    expect([path, list.length]).toEqual([path, stored.length]);
    stored.forEach((item, i) => expectSame(list[i], item, `${path}[${i}]`));
  } else if (isStored(stored)) {
    const real = actual instanceof Tensor && actual.isComplex() ? torch.viewAsReal(actual) : actual;
    expectTensor(real, stored, path);
  } else {
    const entries = actual instanceof Map ? [...actual] : Object.entries(actual as object);
    expect([path, entries.map(([name]) => name as string)]).toEqual([path, Object.keys(stored)]);
    Object.entries(stored).forEach(([name, item], i) => expectSame(entries[i][1], item, `${path}.${name}`));
  }
}

export const linear = (): nn.Linear => new nn.Linear(3, 3);
export const rows = (): Tensor => torch.randn([2, 3]);
export const image = (): Tensor => torch.randn([2, 2, 5, 5]);

/** What a module is: its print, its state in order, and the names of its parameters and buffers. */
export function moduleOf(module: nn.Module): Record<string, unknown> {
  return {
    repr: String(module),
    state: new Map([...module.stateDict()].map(([name, tensor]) => [name, tensor.clone()])),
    parameters: [...module.namedParameters()].map(([name]) => name),
    buffers: [...module.namedBuffers()].map(([name]) => name),
  };
}

/** The output of a call, and the gradients of its sum of squares. */
export function learned(module: nn.Module, ...inputs: unknown[]): Record<string, unknown> {
  const output = module(...inputs) as Tensor;
  module.zeroGrad();
  output.mul(output).sum().backward();
  return { output, grads: new Map([...module.namedParameters()].map(([name, param]) => [name, param.grad])) };
}

export function of(module: nn.Module, ...inputs: unknown[]): unknown[] {
  return [moduleOf(module), learned(module, ...inputs), moduleOf(module)];
}
