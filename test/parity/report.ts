/** Prints values so that equal bits give equal lines: report.py, in TypeScript. */
import crypto from 'node:crypto';
import torch, { Tensor } from 'nodetorch';
import { begin } from '../gpu/device';

begin(torch);

function number(value: number): string {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return `${bits.toString('hex')} ${value.toExponential()}`;
}

function tensor(value: Tensor): string {
  const flat = value.detach().cpu().contiguous().reshape([-1]);
  const digest = crypto.createHash('sha256').update(flat.toTypedArray()).digest('hex').slice(0, 16);
  const first = (flat.at(':3').tolist() as number[]).map((entry) => Number(entry).toExponential());
  return `${value.dtype.name} [${value.shape.join(', ')}] ${digest} ${first.join(' ')}`;
}

/** A line for a tensor or number; one line an entry for a Map, object or array. */
export function report(name: string, value: unknown): void {
  if (value instanceof Tensor) console.log(`${name}: ${tensor(value)}`);
  else if (value instanceof Map) for (const [key, entry] of value) report(`${name}.${key}`, entry);
  else if (Array.isArray(value)) value.forEach((entry, i) => report(`${name}.${i}`, entry));
  else if (typeof value === 'number') console.log(`${name}: ${number(value)}`);
  else if (typeof value === 'object' && value !== null) report(name, new Map(Object.entries(value)));
  else console.log(`${name}: ${String(value)}`);
}
