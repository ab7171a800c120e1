// The header of a .safetensors file: 8 bytes of length, little-endian, then JSON, then the data.
import * as dtypes from '../dtype';
import type { DType } from '../dtype';

/** Something in a file that does not follow the format. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

export const MAX_HEADER = 100_000_000; // bytes
const METADATA = '__metadata__';

// In the order in which the reference implementation lays data out, last first: wide ones are aligned.
const table: readonly (readonly [string, DType])[] = [
  ['BOOL', dtypes.bool],
  ['U8', dtypes.uint8],
  ['I8', dtypes.int8],
  ['F8_E5M2', dtypes.float8_e5m2],
  ['F8_E4M3', dtypes.float8_e4m3fn],
  ['F8_E8M0', dtypes.float8_e8m0fnu],
  ['F8_E4M3FNUZ', dtypes.float8_e4m3fnuz],
  ['F8_E5M2FNUZ', dtypes.float8_e5m2fnuz],
  ['I16', dtypes.int16],
  ['U16', dtypes.uint16],
  ['F16', dtypes.float16],
  ['BF16', dtypes.bfloat16],
  ['I32', dtypes.int32],
  ['U32', dtypes.uint32],
  ['F32', dtypes.float32],
  ['C64', dtypes.complex64],
  ['F64', dtypes.float64],
  ['I64', dtypes.int64],
  ['U64', dtypes.uint64],
];
const byName = new Map(table);
const rank = new Map(table.map(([name, dtype], i) => [dtype, { name, i }]));

export interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes, from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of the file's data. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

type Unplaced = Omit<Entry, 'begin' | 'end'>;

/** Lays the tensors out and writes the header, padded so that the data is aligned to 8 bytes. */
export function writeHeader(tensors: readonly Unplaced[], metadata?: Record<string, string>) {
  for (const { name, dtype } of tensors) {
    if (name === METADATA) throw new SafetensorsError(`a tensor cannot be called '${METADATA}'`);
    if (!rank.has(dtype))
      throw new SafetensorsError(`tensor '${name}': ${dtype} has no place in safetensors`);
  }
  const order = (t: Unplaced) => rank.get(t.dtype)!.i;
  const sorted = [...tensors].sort(
    (a, b) => order(b) - order(a) || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  let next = 0;
  const entries = sorted.map((tensor): Entry => {
    const begin = next;
    next += tensor.shape.reduce((product, size) => product * size, tensor.dtype.itemsize);
    return { ...tensor, begin, end: next };
  });
  const parts = entries.map(({ name, dtype, shape, begin, end }) => {
    const info = { dtype: rank.get(dtype)!.name, shape, data_offsets: [begin, end] };
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`;
  });
  if (metadata) parts.unshift(`"${METADATA}":${JSON.stringify(checkMetadata(metadata))}`);
  const json = Buffer.from(`{${parts.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER)
    throw new SafetensorsError(`header too large: ${length} bytes, at most ${MAX_HEADER}`);
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length));
  json.copy(head, 8);
  return { head, entries, size: next };
}

/** The length that the first 8 bytes name, checked against the file's. */
export function headerLength(prefix: Buffer, fileSize: number): number {
  if (fileSize < 8)
    throw new SafetensorsError(`header too small: the file has ${fileSize} bytes, not even 8`);
  const length = prefix.readBigUInt64LE();
  if (length > BigInt(MAX_HEADER)) {
    throw new SafetensorsError(`header too large: ${length} bytes, at most ${MAX_HEADER}`);
  }
  if (8 + Number(length) > fileSize) {
    throw new SafetensorsError(`invalid header length: ${length} bytes, and the file has ${fileSize} in all`);
  }
  return Number(length);
}

/** Reads a header; its tensors must cover the `dataSize` bytes after it, without overlap or hole. */
export function parseHeader(bytes: Buffer, dataSize: number): Header {
  const json = parseJson(bytes);
  let metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, info] of Object.entries(json)) {
    if (name === METADATA) metadata = checkMetadata(info);
    else entries.push(parseEntry(name, info));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let next = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== next) {
      const what = begin < next ? 'overlaps the one before' : 'leaves a hole before it';
      throw new SafetensorsError(`tensor '${name}': data at ${begin} ${what}, which ends at ${next}`);
    }
    next = end;
  }
  if (next !== dataSize) {
    throw new SafetensorsError(
      `incomplete file: the header describes ${next} bytes of data, ${dataSize} are there`,
    );
  }
  return { entries, metadata };
}

function parseEntry(name: string, info: unknown): Entry {
  const fail = (why: string): never => {
    throw new SafetensorsError(`tensor '${name}': ${why}`);
  };
  const { dtype: label, shape, data_offsets: offsets } = Object(info) as Record<string, unknown>;
  const dtype = byName.get(label as string) ?? fail(`unknown dtype ${JSON.stringify(label)}`);
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail('shape must be an array of sizes');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail('data_offsets must be two positions');
  }
  // In bigints: the format's sizes have 64 bits. A zero does not excuse an overflow before it.
  let size = BigInt(dtype.itemsize);
  for (const each of shape as number[]) {
    size *= BigInt(each);
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) return fail(`shape [${shape.join(', ')}] overflows`);
  }
  const [begin, end] = offsets as [number, number];
  if (BigInt(end) - BigInt(begin) !== size) {
    return fail(
      `data_offsets [${begin}, ${end}] do not fit shape [${shape.join(', ')}] of ${dtype}: ${size} bytes`,
    );
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

function checkMetadata(value: unknown): Record<string, string> {
  const valid = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!valid || Object.values(value).some((text) => typeof text !== 'string')) {
    throw new SafetensorsError('metadata must map strings to strings');
  }
  return value as Record<string, string>;
}

function parseJson(bytes: Buffer): object {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError(`invalid header: ${(error as Error).message}`);
  }
  if (text[0] !== '{' || typeof json !== 'object' || json === null) {
    throw new SafetensorsError("invalid header: it must start with '{'");
  }
  refuseDuplicates(text);
  return json;
}

// JSON.parse keeps the last of equal keys. `text` is known to be valid JSON.
function refuseDuplicates(text: string): void {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) throw new SafetensorsError(`invalid header: duplicate key '${key}'`);
      keys.add(key);
    }
  }
}
