// The bytes of a pickle while it grows.
import { Op } from './opcodes';
import { encodeLong, encodeText } from './text';

export class PickleOutput {
  #bytes = Buffer.alloc(4096);
  #length = 0;

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  op(...codes: number[]): void {
    let at = this.#room(codes.length);
    for (const code of codes) this.#bytes[at++] = code;
  }
  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** One opcode with an unsigned number behind it. */
  short(code: number, value: number): void {
    this.op(code, value);
  }
  long(code: number, value: number): void {
    this.op(code);
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  int(value: number | bigint): void {
    if (value >= 0 && value < 0x100) return this.short(Op.BININT1, Number(value));
    if (value >= 0 && value < 0x10000) {
      const number = Number(value);
      return this.op(Op.BININT2, number & 0xff, number >> 8);
    }
    if (value >= -0x80000000 && value < 0x80000000) {
      this.op(Op.BININT);
      const at = this.#room(4);
      this.#bytes.writeInt32LE(Number(value), at);
      return;
    }
    const bytes = encodeLong(BigInt(value));
    if (bytes.length < 0x100) this.short(Op.LONG1, bytes.length);
    else this.long(Op.LONG4, bytes.length);
    this.raw(bytes);
  }
  float(value: number): void {
    this.op(Op.BINFLOAT);
    const at = this.#room(8);
    this.#bytes.writeDoubleBE(value, at);
  }
  text(value: string): void {
    const bytes = encodeText(value);
    this.long(Op.BINUNICODE, bytes.length);
    this.raw(bytes);
  }
  global(module: string, name: string): void {
    this.op(Op.GLOBAL);
    this.raw(Buffer.from(`${module}\n${name}\n`, 'utf8'));
  }
  put(index: number): void {
    if (index < 0x100) this.short(Op.BINPUT, index);
    else this.long(Op.LONG_BINPUT, index);
  }
  get(index: number): void {
    if (index < 0x100) this.short(Op.BINGET, index);
    else this.long(Op.LONG_BINGET, index);
  }
}
