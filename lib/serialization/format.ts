// Which of the formats a file of tensors is in. Needs no addon.
import fs from 'node:fs';
import { openRegular } from './io/regular';
import { HEAD, isSafetensors } from './foreign';
import { SafetensorError, whatIs } from './safetensors/header';
import { findCheckpoint, isIndex } from './safetensors/sharded_index';

export type Format = 'safetensors' | 'index' | 'pt';

/** The checkpoint that `target` names, also as a folder, and its format: by what is in it, not by its name. */
export function findFormat(target: string): { file: string; format: Format } {
  const file = findCheckpoint(target);
  if (isIndex(file)) return { file, format: 'index' };
  const start = firstBytes(file);
  if (isSafetensors(start)) return { file, format: 'safetensors' };
  const isZip = start.subarray(0, 2).toString('latin1') === 'PK';
  if (isZip || start[0] === 0x80) return { file, format: 'pt' };
  if (/\.(pt|pth|bin|ckpt|pkl)$/i.test(file)) return { file, format: 'pt' };
  // What is no such file after all gets the format's own error.
  if (file.endsWith('.safetensors')) return { file, format: 'safetensors' };
  const what = whatIs(file);
  const named = what ? `'${file}' is ${what}: it` : `'${file}'`;
  throw new SafetensorError(`${named} holds neither safetensors nor a pickle`);
}

function firstBytes(file: string): Buffer {
  const { fd } = openRegular(file);
  try {
    const buffer = Buffer.alloc(HEAD);
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, HEAD, 0));
  } finally {
    fs.closeSync(fd);
  }
}
