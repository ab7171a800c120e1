// Tables in text: CSV, and JSON line by line.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Duplex, pipeline } from 'node:stream';
import { type DTypeLike, int64 } from '../core/dtype';
import { argumentError, valueError } from '../core/errors';
import { value } from '../core/kinds';
import { isPlainObject, isURL } from '../core/realm';
import { signature } from '../core/signature';
import { getDefaultDtype } from '../tensor/creation';
import { peer } from './peer';
import { type Column, Rows, type Table, columnOf, onCpu } from './table';

/** Where a table lies. */
export type TableFile = string | URL;

export function checkFile(name: string, file: unknown): void {
  if (typeof file !== 'string' && !isURL(file)) throw argumentError(name, 'file', 'a path', file);
}

/** Options of `torch.io.csvRows` and `readCsv`. */
export interface CsvOptions {
  /** What stands between two cells. Default: a comma. */
  delimiter?: string;
  /** Whether the first row has the names of the columns, or these names. `false`: they are 0, 1, 2 ... Default: `true`. */
  header?: boolean | readonly string[];
  /** Of `readCsv`: the dtypes of columns, by name. */
  dtypes?: Readonly<Record<string, DTypeLike>>;
}
const CSV: Required<CsvOptions> = { delimiter: ',', header: true, dtypes: {} };
const file = value<TableFile>()('file');
const CSV_ROWS = signature('torch.io.csvRows', [file], CSV, []);
const READ_CSV = signature('torch.io.readCsv', [file], CSV, []);

interface CsvParse {
  parse(options: object): Duplex;
}

/**
 * The rows of a CSV file, one by one, each an object of text by the names of the columns. Needs the package `csv-parse`.
 *
 * @throws ModuleNotFoundError where `csv-parse` is not installed; ValueError for a file that is no CSV.
 *
 * @example
 * for await (const row of torch.io.csvRows('train.csv')) console.log(row.label);
 */
export function csvRows(
  ...args: [file: TableFile, options?: CsvOptions]
): AsyncGenerator<Record<string, string>, void, undefined> {
  const [from, options] = CSV_ROWS.bind(args);
  checkFile('csvRows', from);
  const { parse } = peer<CsvParse>('csv-parse', 'torch.io.csvRows');
  return rowsOf(from, parse, options);
}

async function* rowsOf(
  from: TableFile,
  parse: CsvParse['parse'],
  { delimiter, header }: Required<CsvOptions>,
): AsyncGenerator<Record<string, string>, void, undefined> {
  const columns = typeof header === 'boolean' ? header : [...header];
  const parser = parse({ bom: true, columns, delimiter, skip_empty_lines: true });
  // The parser passes on the errors of both; leaving the loop early closes the file.
  pipeline(createReadStream(from), parser, () => {});
  try {
    for await (const record of parser) {
      yield (header === false ? { ...(record as string[]) } : record) as Record<string, string>;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith('CSV_') ? valueError(`csvRows(): '${String(from)}': ${message}`) : error;
  }
}

const INTEGER = /^[+-]?\d{1,18}$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?inf(?:inity)?$|^nan$/i;

/**
 * The columns of a CSV file: int64 where all cells are whole numbers, the default dtype where all are numbers and empty
 * cells (NaN), else text. Needs the package `csv-parse`.
 *
 * @throws as {@link csvRows}; ValueError for a cell that is no number in a column of `dtypes`.
 *
 * @example
 * const { x, y } = await torch.io.readCsv('train.csv', { dtypes: { y: torch.float32 } });
 */
export function readCsv(...args: [file: TableFile, options?: CsvOptions]): Promise<Table> {
  const [from, options] = READ_CSV.bind(args);
  const { dtypes } = options;
  return collected(csvRows(from, options), (name, cells) =>
    columnOfText(name, cells as string[], Object.hasOwn(dtypes, name) ? dtypes[name] : null),
  );
}

async function collected(
  rows: AsyncIterable<unknown>,
  make: (name: string, values: unknown[]) => Column,
): Promise<Table> {
  const table = new Rows();
  for await (const row of rows) table.add(row as Record<string, unknown>);
  return table.table(make);
}

function columnOfText(name: string, given: readonly (string | null)[], dtype: DTypeLike | null): Column {
  const cells = given.map((cell) => cell?.trim() ?? '');
  if (dtype === null && cells.every((cell) => INTEGER.test(cell))) return onCpu(cells.map(BigInt), int64);
  const wrong = cells.find((cell) => cell !== '' && !NUMBER.test(cell));
  if (wrong === undefined && cells.some((cell) => cell !== '')) {
    const isWhole = dtype !== null && cells.every((cell) => INTEGER.test(cell));
    return onCpu(isWhole ? cells.map(BigInt) : cells.map(numberOf), dtype ?? getDefaultDtype());
  }
  if (dtype !== null)
    throw valueError(`readCsv(): column '${name}' has '${wrong ?? ''}', which is no number`);
  return given.map((cell) => cell ?? '');
}

function numberOf(cell: string): number {
  if (cell === '' || /nan/i.test(cell)) return NaN;
  if (/inf/i.test(cell)) return cell.startsWith('-') ? -Infinity : Infinity;
  return Number(cell);
}

const JSON_LINES = signature('torch.io.jsonLines', [file], {}, []);
const READ_JSON_LINES = signature('torch.io.readJsonLines', [file], {}, []);

/**
 * The values of a file with one JSON text a line, one by one. Empty lines are passed over.
 *
 * @throws ValueError for a line that is no JSON, with its number.
 *
 * @example
 * for await (const { text, label } of torch.io.jsonLines('train.jsonl')) console.log(text, label);
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as JSON.parse gives it
export function jsonLines<T = any>(...args: [file: TableFile]): AsyncGenerator<T, void, undefined> {
  const [from] = JSON_LINES.bind(args);
  checkFile('jsonLines', from);
  return linesOf<T>(from);
}

async function* linesOf<T>(from: TableFile): AsyncGenerator<T, void, undefined> {
  const stream = createReadStream(from);
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      const text = number === 1 ? line.replace(/^\uFEFF/, '') : line;
      if (text.trim() !== '') yield parsed(text, from, number) as T;
    }
  } finally {
    lines.close();
    stream.destroy();
  }
}

function parsed(text: string, from: TableFile, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw valueError(`jsonLines(): '${String(from)}', line ${number}: ${(error as Error).message}`);
  }
}

/**
 * The columns of a file with one JSON object a line: numbers, and arrays of them that are all as long, are tensors of the
 * default dtype, booleans of bool; a number that is missing is NaN.
 *
 * @throws ValueError for a line that is no JSON object.
 */
export function readJsonLines(...args: [file: TableFile]): Promise<Table> {
  const [from] = READ_JSON_LINES.bind(args);
  checkFile('readJsonLines', from);
  return collected(objectsOf(from), (_, values) => columnOf(values));
}

async function* objectsOf(from: TableFile): AsyncGenerator<object, void, undefined> {
  for await (const row of linesOf<unknown>(from)) {
    if (!isPlainObject(row))
      throw valueError(`readJsonLines(): '${String(from)}' has a line that is no object`);
    yield row;
  }
}
