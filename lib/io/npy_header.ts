// The head of a .npy file: a Python dict, as text, that says how the numbers behind it are to be read.
import type { DType } from '../core/dtype';
import { TorchTypeError, valueError } from '../core/errors';
import { isMap } from '../core/realm';
import { NumpyDType } from '../serialization/pickle/numpy';

const MAGIC = '\x93NUMPY';
/** Magic, version, and the longest of the two lengths. */
export const PREFIX = 12;
const MOST = 10_000; // as numpy has it: a longer one is no header
const ALIGNMENT = 64;
const GROWTH = 21; // numpy leaves room for the digits of the longest first dimension
const MOST_DIMS = 64;

/** What a header says. */
export interface NpyHeader {
  readonly dtype: DType;
  /** Whether the highest byte comes first. */
  readonly isBigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Where a header's text begins and ends, of the first {@link PREFIX} bytes of a file. */
export function placeOfHeader(prefix: Buffer): [start: number, end: number] {
  if (prefix.toString('latin1', 0, 6) !== MAGIC)
    throw valueError('it is no .npy file: it does not begin as one');
  const [major, minor] = [prefix[6], prefix[7]];
  if (major < 1 || major > 3 || minor !== 0) throw valueError(`its version ${major}.${minor} is not known`);
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (length > MOST) throw valueError(`its header of ${length} bytes is too long`);
  return [start, start + length];
}

/** @throws ValueError for a header that is damaged, and for arrays of objects; TypeError for what no tensor can hold. */
export function parseHeader(text: string): NpyHeader {
  const header = parseLiteral(text);
  if (!isMap(header) || header.size !== 3) throw damaged(text);
  const [descr, fortranOrder, shape] = ['descr', 'fortran_order', 'shape'].map((key) => header.get(key));
  const isShape = Array.isArray(shape) && shape.length <= MOST_DIMS && shape.every(isSize);
  if (typeof fortranOrder !== 'boolean' || !isShape) throw damaged(text);
  return { ...typeOf(descr), fortranOrder, shape: shape as number[] };
}

const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 0;
const damaged = (text: string) => valueError(`its header is damaged: ${JSON.stringify(text.slice(0, 80))}`);

function typeOf(descr: Literal | undefined): { dtype: DType; isBigEndian: boolean } {
  if (Array.isArray(descr)) throw new TorchTypeError('it holds records of several fields, not numbers');
  if (typeof descr !== 'string') throw damaged(String(descr));
  const [, order, name] = /^([<>|=])?(.*)$/s.exec(descr)!;
  if (name.startsWith('O')) throw valueError('Object arrays cannot be loaded: they hold a pickle');
  const dtype = /^[biufc]\d{1,2}$/.test(name) ? known(name) : undefined;
  if (!dtype) throw new TorchTypeError(`a tensor cannot hold numpy's '${descr.slice(0, 40)}'`);
  return { dtype, isBigEndian: order === '>' };
}

function known(name: string): DType | undefined {
  try {
    return new NumpyDType(name).dtype;
  } catch {
    return undefined;
  }
}

const names: Record<string, string> = {
  bool: '|b1',
  uint8: '|u1',
  int8: '|i1',
  uint16: '<u2',
  int16: '<i2',
  uint32: '<u4',
  int32: '<i4',
  uint64: '<u8',
  int64: '<i8',
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
  complex64: '<c8',
  complex128: '<c16',
};

/**
 * The bytes that numpy puts before such an array.
 *
 * @throws TypeError for a dtype that numpy does not have.
 */
export function writeHeader(dtype: DType, fortranOrder: boolean, shape: readonly number[]): Buffer {
  if (!Object.hasOwn(names, dtype.name)) throw new TorchTypeError(`numpy has no such dtype as ${dtype}`);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const order = fortranOrder ? 'True' : 'False';
  const dict = `{'descr': '${names[dtype.name]}', 'fortran_order': ${order}, 'shape': (${sizes}), }`;
  const growing = shape.length === 0 ? '' : String(fortranOrder ? shape.at(-1) : shape[0]);
  const text = dict + ' '.repeat(shape.length === 0 ? 0 : GROWTH - growing.length);
  const rest = ALIGNMENT - ((10 + text.length + 1) % ALIGNMENT);
  const length = text.length + rest + 1;
  const header = Buffer.alloc(10 + length, ' ');
  header.write(`${MAGIC}\x01\x00`, 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, 10, 'latin1');
  header.write('\n', 10 + length - 1);
  return header;
}

// ---- Python's literals: strings, numbers, True and False, tuples, lists and dicts ----

type Literal = string | number | boolean | Literal[] | Map<Literal, Literal>;

const TOKEN = /\s*(?:'([^'\\\n]*)'|"([^"\\\n]*)"|(True|False)\b|(\d{1,16})L?\b|([[\](){},:]))/y;
const DEEPEST = 16;

function parseLiteral(text: string): Literal {
  TOKEN.lastIndex = 0;
  const next = (): [value?: Literal, mark?: string] => {
    const found = TOKEN.exec(text);
    if (!found) throw damaged(text);
    const [, single, double, truth, digits, mark] = found;
    if (mark !== undefined) return [undefined, mark];
    if (truth !== undefined) return [truth === 'True'];
    return [digits !== undefined ? Number(digits) : (single ?? double)];
  };
  const read = (depth: number, [value, mark] = next()): Literal => {
    if (mark === undefined) return value!;
    if (depth > DEEPEST) throw damaged(text);
    if (mark === '{') return new Map(items(depth, '}', true) as [Literal, Literal][]);
    if (mark !== '(' && mark !== '[') throw damaged(text);
    return items(depth, mark === '(' ? ')' : ']', false);
  };
  const items = (depth: number, end: string, isDict: boolean): Literal[] => {
    const list: Literal[] = [];
    for (let token = next(); token[1] !== end; token = next()) {
      const item = read(depth + 1, token);
      if (!isDict) list.push(item);
      else if (next()[1] === ':') list.push([item, read(depth + 1)]);
      else throw damaged(text);
      const [, mark] = next();
      if (mark === end) break;
      if (mark !== ',') throw damaged(text);
    }
    return list;
  };
  const value = read(0);
  if (text.slice(TOKEN.lastIndex).trim() !== '') throw damaged(text);
  return value;
}
