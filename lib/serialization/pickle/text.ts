// Strings and ints as pickle writes them.
import { isUtf8 } from 'node:buffer';
import { damaged } from '../io/errors';

/** UTF-8 in which half of a surrogate pair may stand alone, as in Python's strings. */
export function decodeText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  let from = 0;
  for (let at = 0; at + 3 <= bytes.length; at++) {
    if (
      bytes[at] !== 0xed ||
      bytes[at + 1] < 0xa0 ||
      bytes[at + 1] > 0xbf ||
      (bytes[at + 2] & 0xc0) !== 0x80
    ) {
      continue;
    }
    text += plainText(bytes.subarray(from, at));
    text += String.fromCharCode(0xd000 | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f));
    at += 2;
    from = at + 1;
  }
  return text + plainText(bytes.subarray(from));
}

function plainText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw damaged('a string in it is not UTF-8');
  return bytes.toString('utf8');
}

const ALONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export function encodeText(text: string): Buffer {
  if (!ALONE.test(text)) return Buffer.from(text, 'utf8');
  const parts = text.split(new RegExp(`(${ALONE.source})`));
  return Buffer.concat(
    parts.map((part) => {
      if (!ALONE.test(part)) return Buffer.from(part, 'utf8');
      const unit = part.charCodeAt(0);
      return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
    }),
  );
}

const SMALLEST = BigInt(Number.MIN_SAFE_INTEGER);
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** A number where it can hold the value, else a bigint. */
export function narrow(value: bigint): number | bigint {
  return value >= SMALLEST && value <= LARGEST ? Number(value) : value;
}

/** Two's complement, lowest byte first, no longer than needed; zero has no bytes. */
export function decodeLong(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length);
  const magnitude = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const negative = bytes[bytes.length - 1] >= 0x80;
  return narrow(negative ? magnitude - (1n << BigInt(8 * bytes.length)) : magnitude);
}

export function encodeLong(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const digits = (value < 0n ? -value - 1n : value).toString(16);
  const length = Math.floor((digits.length * 4 + 8) / 8);
  const hex = BigInt.asUintN(8 * length, value)
    .toString(16)
    .padStart(2 * length, '0');
  const bytes = Buffer.from(hex, 'hex').reverse();
  // One byte too many where the sign fits into the one before.
  const last = length - 1;
  const spare =
    length > 1 && bytes[last] === (value < 0n ? 0xff : 0) && bytes[last - 1] >= 0x80 === value < 0n;
  return spare ? bytes.subarray(0, last) : bytes;
}
