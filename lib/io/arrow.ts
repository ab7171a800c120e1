// Arrow's tables, by apache-arrow: columns of numbers become tensors over the same memory.
import { readFileSync } from 'node:fs';
import { float16 } from '../core/dtype';
import { TorchError, argumentError, valueError } from '../core/errors';
import { isURL, isUint8Array } from '../core/realm';
import { value } from '../core/kinds';
import { signature } from '../core/signature';
import { fromBlob } from '../tensor/creation';
import { peer } from './peer';
import { type Column, type Table, columnOf, emptyTable, joined } from './table';

/** A chunk of a column, as apache-arrow has it. */
interface ArrowData {
  readonly type: ArrowType;
  readonly length: number;
  readonly nullCount: number;
  readonly values: ArrayBufferView & { subarray(start: number, end: number): ArrayBufferView };
  readonly children: readonly ArrowData[];
}
interface ArrowType {
  readonly typeId: number;
  readonly precision?: number;
  readonly listSize?: number;
}
/** A column: `Vector` of apache-arrow. */
export interface ArrowVector extends Iterable<unknown> {
  readonly type: ArrowType;
  readonly data: readonly ArrowData[];
}
/** `Table` of apache-arrow. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChild(name: string): ArrowVector | null;
}
interface Arrow {
  tableFromIPC(bytes: Uint8Array): ArrowTable;
}

/** Options of `torch.io.readArrow`. */
export interface ArrowOptions {
  /** Which columns to read. Default: all. */
  columns?: readonly string[] | null;
}
type ArrowSource = string | URL | Uint8Array | ArrowTable;
const READ = signature(
  'torch.io.readArrow',
  [value<ArrowSource>()('source')],
  { columns: null } as Required<ArrowOptions>,
  [],
);

// Of apache-arrow's enum Type.
const [INT, FLOAT, FIXED_SIZE_LIST] = [2, 3, 16];
const HALF = 0;

/**
 * The columns of an Arrow file or stream (Feather, too), of its bytes, or of a `Table` of apache-arrow: numbers without
 * gaps as tensors over the memory of the table, (rows) or, of lists of a fixed size, (rows, size), without a copy where the
 * column lies in one piece; floats with gaps with NaN there; everything else as an array of values. Needs the package
 * `apache-arrow`, except for a table.
 *
 * @throws ModuleNotFoundError where `apache-arrow` is not installed; ValueError for a column that is not there, and for bytes
 * that are no table.
 *
 * @example
 * const { features, label } = torch.io.readArrow('train.arrow');
 */
export function readArrow(...args: [source: ArrowSource, options?: ArrowOptions]): Table {
  const [source, { columns }] = READ.bind(args);
  const table = tableOf(source);
  const names = table.schema.fields.map(({ name }) => name);
  const result = emptyTable();
  for (const name of columns ?? names) {
    const vector = names.includes(name) ? table.getChild(name) : null;
    if (vector === null)
      throw valueError(`readArrow(): there is no column '${name}': there are ${names.join(', ')}`);
    result[name] = columnOfVector(vector);
  }
  return result;
}

function tableOf(source: ArrowSource): ArrowTable {
  const isFile = typeof source === 'string' || isURL(source);
  if (!isFile && !isUint8Array(source)) {
    if (typeof (source as ArrowTable | null)?.getChild === 'function') return source as ArrowTable;
    throw argumentError('readArrow', 'source', 'a path, a Uint8Array or a Table', source);
  }
  const { tableFromIPC } = peer<Arrow>('apache-arrow', 'torch.io.readArrow');
  const bytes = isFile ? readFileSync(source as string | URL) : (source as Uint8Array);
  try {
    const table = tableFromIPC(bytes);
    if (bytes.length > 0 && table.schema.fields.length > 0) return table;
  } catch (error) {
    throw valueError(`readArrow(): it is no table of Arrow: ${(error as Error).message}`);
  }
  throw new TorchError('readArrow(): it is no table of Arrow: no column is in it', 'ValueError');
}

function columnOfVector(vector: ArrowVector): Column {
  const parts = vector.data.filter(({ length }) => length > 0).map(tensorOf);
  if (parts.length === 0 || parts.includes(null)) return columnOf([...vector]);
  return joined(parts as Column[]);
}

/** A tensor over the memory of a chunk; null where it does not hold numbers without gaps. */
function tensorOf({ type, length, nullCount, values, children }: ArrowData): Column | null {
  if (nullCount > 0) return null;
  if (type.typeId === FIXED_SIZE_LIST) {
    const size = type.listSize ?? 0;
    const items = size > 0 && children[0].length === length * size ? tensorOf(children[0]) : null;
    return items === null || Array.isArray(items) ? null : items.reshape([length, size]);
  }
  if (type.typeId !== INT && type.typeId !== FLOAT) return null;
  const own = values.subarray(0, length);
  return type.typeId === FLOAT && type.precision === HALF ? fromBlob(own, { dtype: float16 }) : fromBlob(own);
}
