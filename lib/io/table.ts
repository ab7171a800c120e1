// Columns of a table as tensors, where they hold numbers.
import { bool, type DTypeLike, int64 } from '../core/dtype';
import * as aten from '../tensor/aten';
import {
  type TensorData,
  type TensorOptions,
  fromBlob,
  getDefaultDtype,
  isTensor,
  tensor,
} from '../tensor/creation';
import { dtypeOfArray } from '../tensor/values';
import type { Tensor } from '../tensor';

/** Numbers and booleans as a tensor, (rows, ...); everything else, such as text, as it is. */
export type Column = Tensor | unknown[];
/** Columns by their names. */
export type Table = Record<string, Column>;

/** On the CPU, whatever the default device: a program moves batches, not the data. */
export const onCpu = (values: TensorData, dtype?: TensorOptions['dtype']): Tensor =>
  tensor(values, { dtype: dtype ?? null, device: 'cpu' });

/** A table without a prototype: a column may be called `constructor`. */
export const emptyTable = <T = Column>(): Record<string, T> => Object.create(null) as Record<string, T>;

/**
 * The column of such values: numbers are floats and where there is none NaN, bigints int64, booleans bool; arrays of numbers
 * that are all as long become a tensor, too. `dtype` is for numbers.
 */
export function columnOf(values: readonly unknown[] | ArrayBufferView, dtype?: DTypeLike | null): Column {
  if (ArrayBuffer.isView(values)) return overMemory(values, dtype);
  if (values.length === 0) return [];
  const isGap = (value: unknown): boolean => value === null || value === undefined;
  const kinds = new Set(values.map((value) => (isGap(value) ? 'gap' : typeof value)));
  const [first] = kinds;
  if (kinds.size === 1 && first === 'boolean') return onCpu(values as boolean[], dtype ?? bool);
  if (kinds.size === 1 && first === 'bigint') return onCpu(values as bigint[], dtype ?? int64);
  if (kinds.has('number') && [...kinds].every((kind) => kind === 'number' || kind === 'gap')) {
    const numbers = kinds.has('gap') ? values.map((value) => (isGap(value) ? NaN : value)) : values;
    return onCpu(numbers as number[], dtype ?? getDefaultDtype());
  }
  return isRegular(values) ? onCpu(values as TensorData, dtype) : [...values];
}

function overMemory(values: ArrayBufferView, dtype?: DTypeLike | null): Column {
  const known = dtypeOfArray(values);
  if (!known) return Array.from(values as unknown as ArrayLike<unknown>);
  const found = fromBlob(values);
  return dtype == null ? found : found.to({ dtype });
}

// Arrays of numbers, all of one length.
function isRegular(values: readonly unknown[]): boolean {
  const [first] = values;
  const size = Array.isArray(first) || ArrayBuffer.isView(first) ? (first as unknown as unknown[]).length : 0;
  return (
    size > 0 &&
    values.every(
      (row) =>
        (Array.isArray(row) || ArrayBuffer.isView(row)) &&
        (row as unknown[]).length === size &&
        Array.from(row as unknown[]).every((one) => typeof one === 'number'),
    )
  );
}

/** The parts of a column, one behind the other. */
export function joined(parts: readonly Column[]): Column {
  if (parts.length === 1) return parts[0];
  if (parts.every(isTensor)) return aten.cat(parts as Tensor[]);
  return parts.flatMap((part) => (isTensor(part) ? (part.tolist() as unknown[]) : part));
}

/** The rows of several tables that have the same columns. */
export function joinedTables(tables: readonly Table[]): Table {
  const table = emptyTable();
  for (const name of Object.keys(tables[0] ?? {})) table[name] = joined(tables.map((one) => one[name]));
  return table;
}

/** Rows, as objects, to columns. A row that lacks a name has a gap there. */
export class Rows {
  readonly #columns = new Map<string, unknown[]>();
  #count = 0;

  add(row: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(row)) {
      let column = this.#columns.get(name);
      if (!column) this.#columns.set(name, (column = []));
      while (column.length < this.#count) column.push(null);
      column.push(row[name]);
    }
    this.#count++;
  }

  table(make: (name: string, values: unknown[]) => Column): Table {
    const table = emptyTable();
    for (const [name, values] of this.#columns) {
      while (values.length < this.#count) values.push(null);
      table[name] = make(name, values);
    }
    return table;
  }
}
