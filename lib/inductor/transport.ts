// Tensors between processes: what they are goes as a message, their bytes through memory.
import { type DTypeName, asDType } from '../core/dtype';
import { TorchError } from '../core/errors';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import { read, write } from './memory';

export interface Part {
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly device: string;
}

const ALIGNED = 64; // bytes
const MOST_DIMENSIONS = 64;

export const partOf = (tensor: Tensor): Part => ({
  dtype: tensor.dtype.name as DTypeName,
  shape: [...tensor.shape],
  stride: [...tensor.stride()],
  device: String(tensor.device),
});

/** How many elements lie from the first to the last one. */
const spanOf = ({ shape, stride }: Part): number =>
  shape.includes(0) ? 0 : shape.reduce((span, size, i) => span + (size - 1) * stride[i], 1);
const bytesOf = (part: Part): number => spanOf(part) * asDType(part.dtype)!.itemsize;

/** One behind the other; how many bytes all take. */
export function layout(parts: readonly Part[]): { places: number[]; size: number } {
  let size = 0;
  const places = parts.map((part) => {
    const place = size;
    size += Math.ceil(bytesOf(part) / ALIGNED) * ALIGNED;
    return place;
  });
  return { places, size };
}

export function writeParts(fd: number, at: number, tensors: readonly Tensor[]): void {
  const parts = tensors.map(partOf);
  const { places } = layout(parts);
  tensors.forEach((tensor, i) => {
    const plain = aten.resolveNeg(aten.resolveConj(tensor.detach().cpu()));
    const flat = aten.asStrided(plain, [spanOf(parts[i])], [1]);
    write(fd, at + places[i], aten.view(flat, 'uint8'));
  });
}

/** Copies on the devices that the parts say. */
export function readParts(fd: number, at: number, parts: readonly Part[]): Tensor[] {
  const { places } = layout(parts);
  return parts.map((part, i) => {
    let bytes = read(fd, at + places[i], bytesOf(part));
    // Whatever has been written there, a boolean is 0 or 1.
    if (part.dtype === 'bool') bytes = aten.ne(bytes, 0);
    const tensor = aten.asStrided(aten.view(bytes, part.dtype), part.shape, part.stride);
    return part.device === 'cpu' ? tensor : tensor.to(part.device);
  });
}

/** What another process says that its tensors are. @throws TorchError where there are no such ones. */
export function checkParts(parts: unknown, count: number, device: string): Part[] {
  if (!Array.isArray(parts) || parts.length !== count) throw unlikely(`${count} tensors`, parts);
  return (parts as unknown[]).map((part) => checkPart(part, device));
}

function checkPart(part: unknown, itsDevice: string): Part {
  const { dtype, shape, stride, device } = (part ?? {}) as Record<keyof Part, unknown>;
  const isSizes = (sizes: unknown): sizes is number[] =>
    Array.isArray(sizes) &&
    sizes.length <= MOST_DIMENSIONS &&
    sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
  const known = typeof dtype === 'string' ? asDType(dtype) : undefined;
  if (known === undefined || known.kind === 'quantized' || known.name !== dtype)
    throw unlikely('a dtype', dtype);
  if (!isSizes(shape) || !isSizes(stride) || shape.length !== stride.length) throw unlikely('sizes', shape);
  const isPlace = typeof device === 'string' && /^\w+(:\d{1,3})?$/.test(device);
  if (!isPlace || !['cpu', itsDevice].includes(device.split(':')[0])) throw unlikely('a device', device);
  const checked: Part = { dtype: known.name as DTypeName, shape: [...shape], stride: [...stride], device };
  if (!Number.isSafeInteger(bytesOf(checked))) throw unlikely('sizes', shape);
  return checked;
}

const unlikely = (expected: string, got: unknown): TorchError =>
  new TorchError(`the process of the compiled model was to say ${expected}, and said ${String(JSON.stringify(got)).slice(0, 80)}`); // prettier-ignore
