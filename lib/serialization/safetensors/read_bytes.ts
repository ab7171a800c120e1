// The tensors of a .safetensors file that is in memory.
import { withJson } from '../../core/conversions';
import type { Tensor } from '../../tensor';
import { addon } from '../addon';
import { type Entry, SafetensorError, headerLength, naming, parseHeader } from './header';

/** Reads the tensors from the bytes of a file; copies them. */
export function readBytes(data: Uint8Array): Map<string, Tensor> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const [start, entries] = naming(bytes, () => {
    const end = 8 + headerLength(bytes.subarray(0, 8), bytes.length);
    return [end, parseHeader(bytes.subarray(8, end), bytes.length - end).entries] as const;
  });
  return withJson(new Map(entries.map((entry) => [entry.name, copy(entry, bytes.subarray(start))])));
}

function copy({ name, label, dtype, shape, begin, end }: Entry, data: Buffer): Tensor {
  if (!dtype) throw new SafetensorError(`Dtype not understood: ${label} (tensor ${name})`);
  const tensor = addon.aten.empty(shape, { dtype, device: 'cpu' });
  if (end > begin) new Uint8Array(addon.native.viewBuffer(tensor)).set(data.subarray(begin, end));
  return tensor;
}
