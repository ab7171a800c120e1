// Parquet files, by hyparquet.
import { fileURLToPath } from 'node:url';
import type { DTypeLike } from '../core/dtype';
import { valueError } from '../core/errors';
import { value } from '../core/kinds';
import { signature } from '../core/signature';
import { importPeer } from './peer';
import { type Column, type Table, columnOf, emptyTable, joined, joinedTables } from './table';
import { type TableFile, checkFile } from './text_files';

/** Options of `torch.io.parquetBatches` and `readParquet`. */
export interface ParquetOptions {
  /** Which columns to read. Default: all. */
  columns?: readonly string[] | null;
}
const PARQUET: Required<ParquetOptions> = { columns: null };
const file = value<TableFile>()('file');
const BATCHES = signature('torch.io.parquetBatches', [file], PARQUET, []);
const READ = signature('torch.io.readParquet', [file], PARQUET, []);

interface Metadata {
  readonly schema: readonly {
    readonly name: string;
    readonly type?: string;
    readonly converted_type?: string;
    readonly num_children?: number;
  }[];
  readonly row_groups: readonly { readonly num_rows: bigint }[];
}
interface Chunk {
  readonly columnName: string;
  readonly columnData: unknown[] | ArrayBufferView;
  readonly rowStart: number;
}
interface Hyparquet {
  asyncBufferFromFile(path: string): Promise<unknown>;
  parquetMetadataAsync(file: unknown): Promise<Metadata>;
  parquetRead(options: object): Promise<void>;
}

// What Parquet calls its types, where a value is the number itself.
const dtypes: Record<string, DTypeLike> = {
  BOOLEAN: 'bool',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT: 'float32',
  DOUBLE: 'float64',
};

/**
 * The row groups of a Parquet file, one after the other, each as columns: numbers without gaps have the file's dtype, floats
 * with gaps NaN there, other columns are arrays. Needs the package `hyparquet`, and for other compressions than snappy and
 * none `hyparquet-compressors`.
 *
 * @throws ModuleNotFoundError where a package is missing; ValueError for a column that is not there, and a damaged file.
 *
 * @example
 * for await (const { features, label } of torch.io.parquetBatches('train.parquet')) console.log(label.length);
 */
export function parquetBatches(
  ...args: [file: TableFile, options?: ParquetOptions]
): AsyncGenerator<Table, void, undefined> {
  const [from, { columns }] = BATCHES.bind(args);
  checkFile('parquetBatches', from);
  return batchesOf(typeof from === 'string' ? from : fileURLToPath(from), columns);
}

async function* batchesOf(
  path: string,
  columns: readonly string[] | null,
): AsyncGenerator<Table, void, undefined> {
  const library = await importPeer<Hyparquet>('hyparquet', 'torch.io.parquetBatches');
  const source = await library.asyncBufferFromFile(path);
  const explained = (error: unknown): Error =>
    valueError(`parquetBatches(): '${path}' cannot be read: ${(error as Error).message}`);
  const metadata = await library.parquetMetadataAsync(source).catch((error: unknown) => {
    throw explained(error);
  });
  const names = topLevel(metadata);
  const wrong = columns?.find((name) => !names.includes(name));
  if (wrong !== undefined)
    throw valueError(
      `parquetBatches(): there is no column '${wrong}' in '${path}': it has ${names.join(', ')}`,
    );
  const wanted = [...(columns ?? names)];
  const compressors = await compressorsOf(metadata);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const chunks: Chunk[] = [];
    await library
      .parquetRead({
        file: source,
        metadata,
        columns: wanted,
        rowStart,
        rowEnd,
        compressors,
        onChunk: (chunk: Chunk) => void chunks.push(chunk),
      })
      .catch((error: unknown) => {
        throw explained(error);
      });
    yield tableOf(wanted, chunks, metadata);
    rowStart = rowEnd;
  }
}

/** The names of the columns, those of parts of a column left out. */
function topLevel({ schema }: Metadata): string[] {
  const names: string[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let i = 0; i < (schema[at].num_children ?? 0); i++) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at].name);
  return names;
}

async function compressorsOf({ row_groups }: Metadata): Promise<unknown> {
  const groups = row_groups as unknown as { columns: { meta_data?: { codec?: string } }[] }[];
  const codecs = new Set(groups.flatMap(({ columns }) => columns.map((one) => one.meta_data?.codec)));
  const builtin = ['UNCOMPRESSED', 'SNAPPY', undefined];
  if ([...codecs].every((codec) => builtin.includes(codec))) return undefined;
  const name = 'hyparquet-compressors';
  return (await importPeer<{ compressors: unknown }>(name, 'torch.io.parquetBatches')).compressors;
}

function tableOf(names: readonly string[], chunks: readonly Chunk[], { schema }: Metadata): Table {
  const table = emptyTable();
  for (const name of names) {
    const field = schema.find((one) => one.name === name);
    const isNumber = field?.num_children === undefined && field?.converted_type === undefined;
    const dtype = isNumber ? dtypes[field?.type ?? ''] : undefined;
    const own = chunks
      .filter(({ columnName }) => columnName === name)
      .sort((a, b) => a.rowStart - b.rowStart);
    table[name] = joined(own.map(({ columnData }) => partOf(columnData, dtype)));
  }
  return table;
}

// A gap is no whole number, and no boolean: such a column stays as it is.
function partOf(values: unknown[] | ArrayBufferView, dtype: DTypeLike | undefined): Column {
  if (ArrayBuffer.isView(values)) return columnOf(values, dtype);
  const hasGap = values.some((one) => one === null || one === undefined);
  if (hasGap && dtype !== 'float32' && dtype !== 'float64') return values;
  return columnOf(values, dtype);
}

/**
 * All columns of a Parquet file: {@link parquetBatches}, one behind the other.
 *
 * @throws as {@link parquetBatches}.
 */
export function readParquet(...args: [file: TableFile, options?: ParquetOptions]): Promise<Table> {
  const [from, options] = READ.bind(args);
  return joinedBatches(parquetBatches(from, options));
}

async function joinedBatches(batches: AsyncIterable<Table>): Promise<Table> {
  const tables: Table[] = [];
  for await (const batch of batches) tables.push(batch);
  return joinedTables(tables);
}
