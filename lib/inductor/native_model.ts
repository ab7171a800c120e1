// The model in this process.
import * as fs from 'node:fs';
import { TorchError } from '../core/errors';
import { native } from '../native';
import type { Handle } from '../../typings/native';
import { unpack } from './package';

/** Unpacked for the moment in which its library is opened, into a folder that is `named` by who removes it after a crash. */
export function loadNative(
  file: string,
  model: string,
  runners: number,
  device: number,
  named?: string,
): Handle {
  if (!native.versions().takesFolders) return native.inductorLoad(file, model, runners, device);
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
