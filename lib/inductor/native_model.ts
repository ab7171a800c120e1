// The model in this process.
import * as fs from 'node:fs';
import { TorchError } from '../core/errors';
import { native } from '../native';
import type { Handle } from '../../typings/native';
import { unpack } from './package';

// Since 2.13 libtorch takes a folder; before, it unpacks the file itself, into a folder that it keeps while the model lives.
const takesFolder = (): boolean => {
  const [major, minor] = native.versions().libtorch.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 13);
};

/** Unpacked for the moment in which its library is opened, into a folder that is `named` by who removes it after a crash. */
export function loadNative(
  file: string,
  model: string,
  runners: number,
  device: number,
  named?: string,
): Handle {
  if (!takesFolder()) return native.inductorLoad(file, model, runners, device);
  const folder = unpack(file, named);
  try {
    return native.inductorLoad(folder, model, runners, device);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Errors of the compiled code have the stack in their message. */
export function withoutStack(error: unknown): unknown {
  if (!(error instanceof TorchError)) return error;
  return new TorchError(error.message.replace(/\s*Exception raised from [^]*/, ''), error.kind);
}
