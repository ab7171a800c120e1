/** A tensor with its values exactly, for differences and snapshots: Python's layout, but no digit is left out. */
import { createHash } from 'node:crypto';
import { noGrad } from '../autograd/mode';
import type { Complex } from '../core/complex';
import { bool, complex128, complex64, type DType, float32, float64, int64 } from '../core/dtype';
import { strided } from '../core/layout';
import { getDefaultDtype } from '../tensor/creation';
import type { Nested } from '../tensor/indexing';
import { tidy } from '../tensor/memory';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { formatTensor, isNested } from '../tensor/print';
import { shortest } from '../tensor/print/number';

/** More elements are shortened, and a sum of all the bytes follows. */
const MOST = 1000;
const LINE = 80;
const START = 'tensor(';

export function exactText(tensor: Tensor): string {
  if (tensor.isDisposed) return String(tensor);
  return tidy(() => noGrad(() => textOf(tensor.detach())));
}

function textOf(tensor: Tensor): string {
  if (isNested(tensor) || tensor.isMeta) return formatTensor(tensor);
  const { dtype, layout, shape } = tensor;
  const sum = (): string => `sha256=${checksum(tensor)}`;
  if (layout !== strided || dtype.kind === 'quantized' || tensor.numel() > MOST)
    return formatTensor(tensor).replace(/\)$/, `, ${sum()})`);
  const remarks: string[] = [];
  if (tensor.device.type !== 'cpu') remarks.push(`device='${tensor.device}'`);
  if (tensor.numel() === 0 && shape.length !== 1) remarks.push(`size=(${shape.join(', ')})`);
  if (!isTold(dtype) || (tensor.numel() === 0 && dtype !== getDefaultDtype())) remarks.push(`dtype=${dtype}`);
  const values = layOut(tensor.tolist(), writerOf(dtype), START.length);
  return `${START}${[values, ...remarks].join(', ')})`;
}

function isTold(dtype: DType): boolean {
  const real = getDefaultDtype();
  return [real, real === float64 ? complex128 : complex64, int64, bool].includes(dtype);
}

/** Of what the tensor holds, part by part where its layout has parts. */
function checksum(tensor: Tensor): string {
  const hash = createHash('sha256');
  for (const part of partsOf(tensor)) {
    const { buffer, byteOffset, byteLength } = part.toTypedArray();
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}

function partsOf(tensor: Tensor): Tensor[] {
  if (tensor.dtype.kind === 'quantized') return [tensor.dequantize()];
  if (tensor.isSparse) return [aten._indices(tensor), aten._values(tensor)];
  return [tensor.layout === strided ? tensor : tensor.toDense()];
}

type Value = Exclude<Nested, Nested[]>;
type Write = (value: Value) => string;

function layOut(values: Nested, write: Write, indent: number): string {
  if (!Array.isArray(values)) return write(values);
  const space = ' '.repeat(indent + 1);
  if (Array.isArray(values[0])) {
    const depth = depthOf(values) - 1;
    return `[${values.map((row) => layOut(row, write, indent + 1)).join(`,${'\n'.repeat(depth)}${space}`)}]`;
  }
  const lines = [''];
  for (const item of (values as Value[]).map(write)) {
    const line = lines[lines.length - 1];
    if (line !== '' && indent + line.length + item.length > LINE) lines.push(item);
    else lines[lines.length - 1] = line === '' ? item : `${line}, ${item}`;
  }
  return `[${lines.join(`,\n${space}`)}]`;
}

const depthOf = (values: Nested): number => (Array.isArray(values) ? 1 + depthOf(values[0] ?? 0) : 0);

function writerOf(dtype: DType): Write {
  if (dtype.isComplex) {
    const write = floatWriter(dtype.itemsize / 2);
    return (value) => {
      const { re, im } = value as Complex;
      const imaginary = write(im);
      return `${write(re)}${imaginary.startsWith('-') ? '' : '+'}${imaginary}j`;
    };
  }
  if (dtype.isFloatingPoint) return floatWriter(dtype === float32 ? 4 : dtype.itemsize);
  return (value) => (value === true ? 'True' : value === false ? 'False' : String(value));
}

/** With the fewest digits from which the float of so many bytes comes back; 5 tell all of 2 bytes apart. */
function floatWriter(bytes: number): Write {
  return (value) => {
    const x = value as number;
    const exact = x === 0 || !Number.isFinite(x) || bytes === 8;
    const short = exact ? x : bytes === 4 ? shortFloat32(x) : Number(x.toPrecision(5));
    return shortest(short).replace(/\.0$/, '.');
  };
}

function shortFloat32(x: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return short;
  }
  return Number(x.toPrecision(9));
}
