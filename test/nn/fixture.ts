// What Python computed (test/fixtures/nn/*.json, made by the scripts beside them), and comparisons bit by bit.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { Tensor } from 'nodetorch';

// As rows.py: some kernels sum in another order with more threads.
torch.setNumThreads(1);

export interface StoredTensor {
  dtype: string;
  shape: number[];
  /** Row by row, whatever the strides; where there is a digest, the first ones. */
  data: (number | boolean | string)[];
  /** Where not contiguous. */
  stride?: number[];
  /** Needs a gradient. */
  leaf?: boolean;
  digest?: string;
  /** The class of a lazy module's parameter that has no shape yet. */
  uninitialized?: string;
}
export type Named<T> = [name: string, value: T][];
export type Nested<T> = T | Nested<T>[];
/** None, a number, a boolean or a string stand for themselves. */
export type Plain = null | number | boolean | string;
export type StoredInputs = Nested<StoredTensor | Plain>[];

/** A line for a tensor: dtype, shape, strides where not contiguous, a hash of the bytes. */
export type Digest = string | null;
export interface VariantFixture {
  error?: string;
  outputs?: Digest[];
  grads?: Digest[];
  buffers?: Digest[];
  parameters?: Digest[];
}
export interface CallFixture {
  inputs: StoredInputs;
  outputs: (StoredTensor | Plain)[];
  /** How many outputs a gradient can flow from. */
  roots: number;
  inputGrads: (StoredTensor | null)[];
  variants: Record<string, VariantFixture>;
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
  evalOutputs?: (StoredTensor | Plain)[];
}
export interface FamilyFixture {
  torch: string;
  seed: number;
  modules: Record<string, ModuleFixture>;
  functionals: Record<string, CallFixture>;
  errors: Record<string, string>;
}

/** The stored rows of a family. */
export function fixtureOf<T = object>(family: string): FamilyFixture & T {
  const file = join(__dirname, `../fixtures/nn/${family}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as FamilyFixture & T;
}

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

export function mapNested<T, R>(values: Nested<T>, change: (value: T) => R): Nested<R> {
  return Array.isArray(values) ? values.map((value) => mapNested(value, change)) : change(values);
}

/** Inputs as Python had them. */
export function decodeInputs(stored: StoredInputs): unknown[] {
  return mapNested(stored as Nested<StoredTensor | Plain>, (value) =>
    typeof value === 'object' && value !== null ? decode(value).requiresGrad_(value.leaf ?? false) : value,
  ) as unknown[];
}

function values(tensor: Tensor): number[] {
  let plain = tensor.detach();
  if (plain.isSparse) plain = plain.toDense();
  if (isHalf(plain.dtype.name)) plain = plain.float();
  return Array.from(plain.contiguous().toTypedArray() as ArrayLike<number | bigint>, Number);
}

/** Dtype, shape and every bit of every element; -0 is not 0. What is no tensor is compared as it is. */
export function expectTensor(actual: unknown, stored: StoredTensor | Plain, what = 'tensor'): void {
  if (typeof stored !== 'object' || stored === null || !(actual instanceof Tensor)) {
    expect([what, actual]).toEqual([what, stored]);
    return;
  }
  if (stored.uninitialized) {
    expect([what, actual.constructor.name]).toEqual([what, stored.uninitialized]);
    return;
  }
  expect([what, actual.dtype.name, [...actual.shape]]).toEqual([what, stored.dtype, stored.shape]);
  if (stored.stride && !actual.isSparse) expect([what, [...actual.stride()]]).toEqual([what, stored.stride]);
  const found = values(actual);
  const wanted = numbers(stored);
  const wrong = wanted.findIndex((value, i) => !Object.is(value, found[i]));
  if (wrong >= 0) {
    throw new Error(
      `${what}: element ${wrong} is ${found[wrong]}, not ${wanted[wrong]} (of ${found.length})`,
    );
  }
  if (stored.digest) expect([what, digest(actual)]).toEqual([what, stored.digest]);
}

/** A tensor as variants.py writes it; anything else as it is. */
export function digest(value: unknown): Digest {
  if (!(value instanceof Tensor)) return value as Digest;
  const tensor = value.detach().isSparse ? value.detach().toDense() : value.detach();
  const strides = tensor.isContiguous() ? '' : ` ${tensor.stride().join('x')}`;
  const bytes = tensor.contiguous().reshape([-1]).toTypedArray();
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `${tensor.dtype.name} ${tensor.shape.join('x')}${strides} ${hash}`;
}

const MANY = 6;

/** One for each tensor; one for all where they are many. */
export function digests(values: unknown[]): Digest[] {
  const lines = values.map(digest);
  if (lines.length <= MANY) return lines;
  const whole = createHash('sha256').update(lines.map((line) => line ?? '').join('\n'));
  return [`${lines.length} tensors ${whole.digest('hex').slice(0, 16)}`];
}

/** What is in lists, one after the other. */
export function leavesOf(values: unknown): unknown[] {
  return Array.isArray(values) ? values.flatMap(leavesOf) : [values];
}

/** Those that a gradient can flow from. */
export function differentiable(outputs: unknown): Tensor[] {
  return leavesOf(outputs).filter(
    (output): output is Tensor => output instanceof Tensor && output.requiresGrad,
  );
}

export const gradOf = (value: unknown): Tensor | null => (value instanceof Tensor ? value.grad : null);
