// The header of a .safetensors file: 8 bytes of length, little-endian, then JSON, then the data.
// Needs no addon: the command line looks into files without it.
import * as dtypes from '../../core/dtype';
import type { DType } from '../../core/dtype';
import { TorchError } from '../../core/errors';
import { foreignFile } from '../foreign_file';
import { bytesSource, fileSource } from '../io/source';
import { parseJson } from './json';

/** Something in a file that does not follow the format, or that the format cannot hold. */
export class SafetensorError extends TorchError {
  override readonly name = 'SafetensorError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, 'SafetensorError', '', options);
  }
}

export const MAX_HEADER = 100_000_000; // bytes
const METADATA = '__metadata__';

// In the order in which the reference implementation lays data out, last first: wide ones are aligned.
// PyTorch has no six-bit types.
const table: readonly (readonly [label: string, bits: number, dtype: DType | null])[] = [
  ['BOOL', 8, dtypes.bool],
  ['F4', 4, dtypes.float4_e2m1fn_x2],
  ['F6_E2M3', 6, null],
  ['F6_E3M2', 6, null],
  ['U8', 8, dtypes.uint8],
  ['I8', 8, dtypes.int8],
  ['F8_E5M2', 8, dtypes.float8_e5m2],
  ['F8_E4M3', 8, dtypes.float8_e4m3fn],
  ['F8_E8M0', 8, dtypes.float8_e8m0fnu],
  ['F8_E4M3FNUZ', 8, dtypes.float8_e4m3fnuz],
  ['F8_E5M2FNUZ', 8, dtypes.float8_e5m2fnuz],
  ['I16', 16, dtypes.int16],
  ['U16', 16, dtypes.uint16],
  ['F16', 16, dtypes.float16],
  ['BF16', 16, dtypes.bfloat16],
  ['I32', 32, dtypes.int32],
  ['U32', 32, dtypes.uint32],
  ['F32', 32, dtypes.float32],
  ['C64', 64, dtypes.complex64],
  ['F64', 64, dtypes.float64],
  ['I64', 64, dtypes.int64],
  ['U64', 64, dtypes.uint64],
];
const byLabel = new Map(table.map(([label, bits, dtype]) => [label, { bits, dtype }]));
const rank = new Map(table.map(([label, , dtype], i) => [dtype, { label, i }]));

export interface Entry {
  readonly name: string;
  /** As the file spells it: `'F32'`. */
  readonly label: string;
  /** Null where PyTorch has no such type. */
  readonly dtype: DType | null;
  /** The tensor's; a four-bit type packs two numbers of the last dimension into one element. */
  readonly shape: readonly number[];
  /** Bytes, from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of the file's data. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>> | null;
}

interface Unplaced {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Lays the tensors out and writes the header, padded so that the data is aligned to 8 bytes. */
export function writeHeader(
  tensors: readonly Unplaced[],
  metadata?: Readonly<Record<string, string>> | null,
): { head: Buffer; entries: Entry[]; size: number } {
  for (const { name, dtype, shape } of tensors) {
    if (name === METADATA) throw new SafetensorError(`a tensor cannot be called '${METADATA}'`);
    const fits = rank.has(dtype) && (dtype !== dtypes.float4_e2m1fn_x2 || shape.length > 0);
    if (!fits) throw new SafetensorError(`tensor '${name}': ${dtype} has no place in safetensors`);
  }
  const order = ({ dtype }: Unplaced): number => rank.get(dtype)!.i;
  const sorted = [...tensors].sort((a, b) => order(b) - order(a) || compareNames(a.name, b.name));
  let next = 0;
  const entries = sorted.map(({ name, dtype, shape }): Entry => {
    const begin = next;
    next += shape.reduce((product, size) => product * size, dtype.itemsize);
    return { name, label: rank.get(dtype)!.label, dtype, shape, begin, end: next };
  });
  const parts = entries.map(({ name, label, dtype, shape, begin, end }) => {
    const info = { dtype: label, shape: storedShape(dtype!, shape), data_offsets: [begin, end] };
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`;
  });
  if (metadata != null && !isMetadata(metadata)) throw new SafetensorError(NOT_METADATA);
  if (metadata) parts.unshift(`"${METADATA}":${JSON.stringify(metadata)}`);
  const json = Buffer.from(`{${parts.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER)
    throw new SafetensorError(`header too large: ${length} bytes, at most ${MAX_HEADER}`);
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length));
  json.copy(head, 8);
  return { head, entries, size: next };
}

/** The order of the names in a file: that of their UTF-8 bytes. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const storedShape = (dtype: DType, shape: readonly number[]): readonly number[] =>
  dtype === dtypes.float4_e2m1fn_x2 ? [...shape.slice(0, -1), shape[shape.length - 1] * 2] : shape;

function invalid(why: string): never {
  throw new SafetensorError(`Error while deserializing header: ${why}`);
}

/** Runs `read`; what it finds wrong is said of `file`, a path or bytes, and what that is. */
export function naming<T>(file: string | Uint8Array, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SafetensorError) {
      const what = whatIs(file);
      if (what) error.message = `the file is ${what}: ${error.message}`;
      if (typeof file === 'string') error.message += ` (${file})`;
    }
    throw error;
  }
}

/** What a file is, if it is no .safetensors file. */
export function whatIs(file: string | Uint8Array): string | null {
  const source = typeof file === 'string' ? fileSource(file, false) : bytesSource(file);
  try {
    return foreignFile(source, 'safetensors');
  } finally {
    source.close();
  }
}

/** The length that the first 8 bytes name, checked against the file's. */
export function headerLength(prefix: Buffer, fileSize: number): number {
  if (fileSize < 8) return invalid(`header too small: the file has ${fileSize} bytes, not even 8`);
  const length = prefix.readBigUInt64LE();
  if (length > BigInt(MAX_HEADER)) return invalid(`header too large: ${length} bytes, at most ${MAX_HEADER}`);
  if (8 + Number(length) > fileSize) {
    return invalid(`invalid header length: ${length} bytes, and the file has ${fileSize} in all`);
  }
  return Number(length);
}

/** Reads a header; its tensors must cover the `dataSize` bytes after it, without overlap or hole. */
export function parseHeader(bytes: Uint8Array, dataSize: number): Header {
  const json = parseJson(bytes, invalid);
  let metadata: Readonly<Record<string, string>> | null = null;
  const found: Entry[] = [];
  for (const [name, info] of Object.entries(json)) {
    if (name !== METADATA) found.push(parseEntry(name, info));
    else if (info !== null)
      metadata = isMetadata(info) ? info : invalid(`invalid JSON in header: ${NOT_METADATA}`);
  }
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let next = 0;
  const entries = found.map((entry) => {
    checkPlace(entry, next);
    next = entry.end;
    return checkSize(entry);
  });
  if (next === dataSize) return { entries, metadata };
  return invalid(
    `incomplete metadata, file not fully covered: the header describes ${next} bytes of data, ` +
      `${dataSize} are there${next > dataSize ? ': it is cut short' : ''}`,
  );
}

function parseEntry(name: string, info: unknown): Entry {
  const fail = (why: string): never => invalid(`invalid JSON in header: tensor \`${name}\`: ${why}`);
  if (typeof info !== 'object' || info === null || Array.isArray(info)) return fail('not an object');
  const { dtype: label, shape, data_offsets: offsets } = info as Record<string, unknown>;
  const type = byLabel.get(label as string);
  if (!type) {
    const labels = table.map(([each]) => `\`${each}\``).join(', ');
    return fail(`unknown variant ${JSON.stringify(label) ?? 'undefined'}, expected one of ${labels}`);
  }
  const isCount = (n: unknown): boolean =>
    Number.isInteger(n) && (n as number) >= 0 && (n as number) < 2 ** 64;
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail('shape must be an array of sizes');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail('data_offsets must be two positions');
  }
  const [begin, end] = offsets as [number, number];
  return { name, label: label as string, dtype: type.dtype, shape: shape as number[], begin, end };
}

function checkPlace({ name, begin, end }: Entry, next: number): void {
  if (begin === next && end >= begin) return;
  const why =
    end < begin
      ? `it ends at ${end}, before its begin at ${begin}`
      : `data at ${begin} ${begin < next ? 'overlaps the one before' : 'leaves a hole before it'}, which ends at ${next}`;
  invalid(`invalid offset for tensor \`${name}\`: ${why}`);
}

// In bigints: the format's sizes have 64 bits. A zero does not excuse an overflow before it.
function checkSize(entry: Entry): Entry {
  const { name, label, dtype, shape, begin, end } = entry;
  const what = `tensor \`${name}\` of shape [${shape.join(', ')}] and type ${label}`;
  const limit = 2n ** 64n - 1n;
  let bits = 1n;
  for (const factor of [...shape, byLabel.get(label)!.bits]) {
    bits *= BigInt(factor);
    if (bits > limit)
      return invalid(`overflow computing buffer size from shape and/or element type: ${what}`);
  }
  if (bits % 8n !== 0n) {
    return invalid(
      'The slice is slicing for subbytes dtypes, and the slice does not end up at a byte boundary, this is ' +
        `invalid.: ${what}`,
    );
  }
  if (bits / 8n !== BigInt(end - begin)) {
    return invalid(
      `invalid shape, data type, or offset for tensor: ${what} does not have the ${end - begin} bytes ` +
        `of its data_offsets, but ${bits / 8n}`,
    );
  }
  if (dtype !== dtypes.float4_e2m1fn_x2) return entry;
  // Two numbers an element: rows of an odd length have no tensor.
  const last = shape.at(-1) ?? 1;
  return last % 2 === 0 ? { ...entry, shape: [...shape.slice(0, -1), last / 2] } : { ...entry, dtype: null };
}

const NOT_METADATA = 'metadata must map strings to strings';

function isMetadata(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}
