// What Python computed (test/fixtures/nn.json, made by nn.py), and comparisons with it bit by bit.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { type Tensor } from 'nodetorch';

export interface StoredTensor {
  dtype: string;
  shape: number[];
  /** Row by row, whatever the strides. */
  data: (number | boolean | string)[];
  /** Where not contiguous. */
  stride?: number[];
}
export type Named<T> = [name: string, value: T][];

export interface CallFixture {
  inputs: StoredTensor[];
  outputs: StoredTensor[];
  cotangents: StoredTensor[];
  inputGrads: (StoredTensor | null)[];
}
export interface ModuleFixture extends Partial<CallFixture> {
  repr: string;
  state: Named<StoredTensor>;
  metadata: Named<number>;
  parameters: string[];
  buffers: string[];
  modules: string[];
  parameterGrads?: Named<StoredTensor | null>;
  buffersAfter?: Named<StoredTensor>;
  evalOutputs?: StoredTensor[];
}

export const fixture = JSON.parse(readFileSync(join(__dirname, '../fixtures/nn.json'), 'utf8')) as {
  torch: string;
  seed: number;
  modules: Record<string, ModuleFixture>;
  functionals: Record<string, CallFixture>;
  init: Record<string, StoredTensor>;
  gains: [string, number | null, number][];
  errors: Record<string, string>;
  hooks: {
    a: StoredTensor;
    b: StoredTensor;
    seen: unknown[][];
    aGrad: StoredTensor;
    weightGrad: StoredTensor;
  };
};

/** The names of `rows` and those of the fixtures must be the same. */
export function expectSameRows(rows: readonly string[], fixtures: object): void {
  expect([...rows].sort()).toEqual(Object.keys(fixtures).sort());
}

const isHalf = (dtype: string): boolean => dtype === 'bfloat16' || dtype === 'float16';

function numbers(stored: StoredTensor): number[] {
  const values = stored.data.map((value) =>
    value === 'inf' ? Infinity : value === '-inf' ? -Infinity : Number(value),
  );
  return stored.dtype === 'float32' || isHalf(stored.dtype) ? values.map(Math.fround) : values;
}

export function decode(stored: StoredTensor): Tensor {
  const flat = torch.tensor(Float64Array.from(numbers(stored)));
  const tensor = flat.to({ dtype: stored.dtype as 'float32' }).reshape(stored.shape);
  if (!stored.stride) return tensor;
  return torch.emptyStrided(stored.shape, stored.stride, { dtype: tensor.dtype }).copy_(tensor);
}

/** An input as Python had it: floats need a gradient where Python recorded one. */
export function decodeInput(stored: StoredTensor, grad: StoredTensor | null): Tensor {
  return decode(stored).requiresGrad_(grad !== null);
}

function values(tensor: Tensor): number[] {
  let plain = tensor.detach();
  if (plain.isSparse) plain = plain.toDense();
  if (isHalf(plain.dtype.name)) plain = plain.float();
  return Array.from(plain.contiguous().toTypedArray() as ArrayLike<number | bigint>, Number);
}

/** Dtype, shape and every bit of every element; -0 is not 0. */
export function expectTensor(actual: Tensor | null, stored: StoredTensor | null, what = 'tensor'): void {
  if (stored === null || actual === null) {
    expect([what, actual]).toEqual([what, stored]);
    return;
  }
  expect([what, actual.dtype.name, [...actual.shape]]).toEqual([what, stored.dtype, stored.shape]);
  if (stored.stride && !actual.isSparse) expect([what, [...actual.stride()]]).toEqual([what, stored.stride]);
  const found = values(actual);
  const wanted = numbers(stored);
  const wrong = wanted.findIndex((value, i) => !Object.is(value, found[i]));
  if (wrong >= 0) {
    throw new Error(
      `${what}: element ${wrong} is ${found[wrong]}, not ${wanted[wrong]} (of ${wanted.length})`,
    );
  }
}

export function listOf(outputs: unknown): Tensor[] {
  return Array.isArray(outputs) ? (outputs as Tensor[]) : [outputs as Tensor];
}

/** Backward from the outputs that need it, with the cotangents that Python drew. */
export function backward(outputs: Tensor[], cotangents: StoredTensor[]): void {
  const roots = outputs.filter((output) => output.requiresGrad);
  expect(roots.length).toBe(cotangents.length);
  if (roots.length > 0) torch.autograd.backward(roots, cotangents.map(decode));
}
