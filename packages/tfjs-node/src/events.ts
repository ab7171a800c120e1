/** The files that TensorBoard reads: records of protocol buffers (tensorboard/compat/proto/event.proto). */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { buf as crc32c } from 'crc-32/crc32c';

/** A message, by the number of its field in another. */
const field = (writer: BinaryWriter, number: number, bytes: Uint8Array): BinaryWriter =>
  writer.tag(number, WireType.LengthDelimited).bytes(bytes);
const text = (writer: BinaryWriter, number: number, value: string): BinaryWriter =>
  writer.tag(number, WireType.LengthDelimited).string(value);

// TensorFlow turns and shifts a sum, since one of data that has sums in it would say little.
function maskedSum(bytes: Uint8Array): number {
  const sum = crc32c(bytes, 0) >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

/** A record: its length, a sum of that, the data, and a sum of those. */
export function recordOf(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedSum(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedSum(data), true);
  return record;
}

/** An event of a step, with a summary of one value. */
export function eventOf(wallTime: number, step: number, value: Uint8Array): Uint8Array {
  const event = new BinaryWriter().tag(1, WireType.Bit64).double(wallTime);
  if (step !== 0) event.tag(2, WireType.Varint).int64(step);
  return field(event, 5, field(new BinaryWriter(), 1, value).finish()).finish();
}

/** A number, by its tag. */
export function scalarValue(tag: string, value: number): Uint8Array {
  return text(new BinaryWriter(), 1, tag).tag(2, WireType.Bit32).float(value).finish();
}

/** Of a histogram: rows of left edge, right edge and count. */
export function histogramValue(tag: string, buckets: Float32Array, description = ''): Uint8Array {
  const plugin = text(new BinaryWriter(), 1, 'histograms').finish();
  const metadata = field(new BinaryWriter(), 1, plugin);
  if (description !== '') text(metadata, 3, description);
  const size = (count: number): Uint8Array => {
    const dim = new BinaryWriter();
    if (count !== 0) dim.tag(1, WireType.Varint).int64(count);
    return dim.finish();
  };
  const shape = field(field(new BinaryWriter(), 2, size(buckets.length / 3)), 2, size(3)).finish();
  const FLOAT = 1; // of DataType
  const tensor = field(new BinaryWriter().tag(1, WireType.Varint).int32(FLOAT), 2, shape);
  field(tensor, 4, new Uint8Array(buckets.buffer, buckets.byteOffset, buckets.byteLength));
  const value = text(new BinaryWriter(), 1, tag);
  return field(field(value, 8, tensor.finish()), 9, metadata.finish()).finish();
}

/** A new file of events in `folder`, which is made where it is missing. */
export class EventFile {
  readonly #path: string;

  constructor(folder: string, suffix: string) {
    fs.mkdirSync(folder, { recursive: true });
    const name = `events.out.tfevents.${Math.floor(Date.now() / 1e3)}.${os.hostname()}.${process.pid}${suffix}`;
    this.#path = path.join(folder, name);
    const version = new BinaryWriter().tag(1, WireType.Bit64).double(Date.now() / 1e3);
    fs.appendFileSync(this.#path, recordOf(text(version, 3, 'brain.Event:2').finish()));
  }

  /** Written at once: a program that ends loses nothing. */
  add(step: number, value: Uint8Array): void {
    fs.appendFileSync(this.#path, recordOf(eventOf(Date.now() / 1e3, step, value)));
  }
}
