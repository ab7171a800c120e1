// The values of a dense tensor as text: `[[1., 2.],\n [3., 4.]]`.
import type { Complex } from '../../core/complex';
import { operator } from '../../native/dispatch';
import { float4_e2m1fn_x2, float8_e8m0fnu, uint8 } from '../../core/dtype';
import type { Nested } from '../indexing';
import type { Tensor } from '..';
import { fixed, scientific } from './number';
import { options } from './options';

type Value = number | bigint | boolean | Complex;

/** How the elements are written; chosen from the ones that are shown. */
interface Cells {
  readonly width: number;
  text(value: Value): string;
}

const cat = operator('aten::cat');

/** The values, for a place `indent` characters from the left. Reads only what it shows. */
export function contents(tensor: Tensor, indent: number): string {
  if (tensor.numel() === 0) return '[]';
  const shortened = tensor.numel() > options.threshold;
  if (shortened && options.edgeitems === 0 && tensor.dim() > 0) return '[...]';
  // Packed pairs of 4-bit floats print as the bytes that hold them.
  const plain = tensor.dtype === float4_e2m1fn_x2 ? tensor.view(uint8) : tensor.detach();
  const cut = plain.shape.map((size) => shortened && size > 2 * options.edgeitems);
  const values = edges(plain, cut).tolist();
  return layOut(values, cut, indent, cellsOf(tensor, leaves(values)));
}

/** Both ends of the dimensions in `cut`. All are narrowed before any is copied: the tensor may be huge. */
function edges(tensor: Tensor, cut: readonly boolean[], dim = 0): Tensor {
  if (!cut.includes(true, dim)) return tensor;
  if (!cut[dim]) return edges(tensor, cut, dim + 1);
  const { edgeitems } = options;
  const starts = [0, tensor.size(dim) - edgeitems];
  return cat(
    starts.map((start) => edges(tensor.narrow(dim, start, edgeitems), cut, dim + 1)),
    dim,
  ) as Tensor;
}

function leaves(values: Nested): Value[] {
  return Array.isArray(values) ? values.flatMap(leaves) : [values as Value];
}

function layOut(values: Nested, cut: readonly boolean[], indent: number, cells: Cells): string {
  if (!Array.isArray(values)) return cells.text(values as Value);
  const [shortened, ...inner] = cut;
  if (inner.length === 0)
    return vector(
      values.map((value) => cells.text(value as Value)),
      shortened,
      indent,
      cells.width,
    );
  const rows = values.map((row) => layOut(row as Nested, inner, indent + 1, cells));
  if (shortened) rows.splice(options.edgeitems, 0, '...');
  return `[${rows.join(`,${'\n'.repeat(inner.length)}${' '.repeat(indent + 1)}`)}]`;
}

function vector(items: string[], shortened: boolean, indent: number, width: number): string {
  if (shortened) items.splice(options.edgeitems, 0, ' ...');
  const perLine = Math.max(1, Math.floor((options.linewidth - indent) / (width + ', '.length)));
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
}

function cellsOf({ dtype }: Tensor, values: readonly Value[]): Cells {
  if (dtype.isComplex) return complexCells(values as readonly Complex[]);
  if (!dtype.isFloatingPoint) return plainCells(values);
  // To PyTorch a NaN of this dtype, which has no infinities, is finite.
  return floatCells(values as readonly number[], dtype === float8_e8m0fnu ? () => true : Number.isFinite);
}

/** Ints and bools. */
function plainCells(values: readonly Value[]): Cells {
  const text = (value: Value) => (value === true ? 'True' : value === false ? 'False' : String(value));
  return aligned(values, text);
}

/**
 * Floats: scientific where the sizes are far apart, above 1e8 or below 1e-4; `1.` where all are whole;
 * else with `precision` digits. Zeros and non-finite values have no say, in the width neither.
 */
function floatCells(
  values: readonly number[],
  isFinite: (value: number) => boolean = Number.isFinite,
): Cells {
  const { precision, sciMode } = options;
  const telling = values.filter((value) => isFinite(value) && value !== 0);
  const whole = (value: number) => fixed(value, 0) + (Number.isFinite(value) ? '.' : '');
  if (telling.length === 0) return aligned([], whole);
  if (sciMode ?? spreads(telling)) return aligned(telling, (value) => scientific(value, precision));
  if (telling.every(Number.isInteger)) return aligned(telling, whole);
  return aligned(telling, (value) => fixed(value, precision));
}

function spreads(values: readonly number[]): boolean {
  let [least, most] = [Infinity, 0];
  for (const value of values) {
    least = Math.min(least, Math.abs(value));
    most = Math.max(most, Math.abs(value));
  }
  return most / least > 1000 || most > 1e8 || least < 1e-4;
}

function complexCells(values: readonly Complex[]): Cells {
  const real = floatCells(values.map((value) => value.re));
  const imaginary = floatCells(values.map((value) => value.im));
  const text = ({ re, im }: Complex) => {
    const tail = `${imaginary.text(im)}j`.trimStart();
    return real.text(re) + (tail.startsWith('-') ? '' : '+') + tail;
  };
  return { width: real.width + imaginary.width + 'j'.length, text: text as Cells['text'] };
}

/** Cells as wide as the widest of `values`; others may stand out. */
function aligned<T extends Value>(values: readonly T[], write: (value: T) => string): Cells {
  let width = 1;
  for (const value of values) width = Math.max(width, write(value).length);
  return { width, text: (value) => write(value as T).padStart(width) };
}
