// Which of the formats a file of tensors is in. Needs no addon.
import fs from 'node:fs';
import { SafetensorError } from './safetensors_header';
import { findCheckpoint, isIndex } from './sharded_index';

export type Format = 'safetensors' | 'index' | 'pt';

/** The checkpoint that `target` names, also as a folder, and its format: by what is in it, not by its name. */
export function findFormat(target: string): { file: string; format: Format } {
  const file = findCheckpoint(target);
  if (isIndex(file)) return { file, format: 'index' };
  const start = firstBytes(file, 9);
  // A header's length, then the header; neither a zip nor a pickle has a brace there.
  if (start[8] === '{'.charCodeAt(0) && start.readUInt32LE(4) === 0) return { file, format: 'safetensors' };
  const isZip = start.subarray(0, 2).toString('latin1') === 'PK';
  if (isZip || start[0] === 0x80) return { file, format: 'pt' };
  if (/\.(pt|pth|bin|ckpt|pkl)$/i.test(file)) return { file, format: 'pt' };
  // What is no such file after all gets the format's own error.
  if (file.endsWith('.safetensors')) return { file, format: 'safetensors' };
  throw new SafetensorError(`'${file}' holds neither safetensors nor a pickle`);
}

function firstBytes(file: string, count: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(count);
    return fs.readSync(fd, buffer, 0, count, 0) < count ? Buffer.alloc(count) : buffer;
  } finally {
    fs.closeSync(fd);
  }
}
