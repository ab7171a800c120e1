// Libraries that print what they compute.
import { TorchError, argumentError } from '../core/errors';
import { native } from '../native';
import { settled } from '../native/scope';

/** @internal Runs `body` while a library prints what it does, to the standard output of the process. */
export function whileVerbose<T>(library: 'mkl' | 'mkldnn', most: number, level: unknown, body: () => T): T {
  if (typeof level !== 'number' || ![0, 1, most].includes(level)) {
    throw argumentError('verbose', 'level', `a level from 0 to ${most}`, level);
  }
  if (typeof body !== 'function') throw argumentError('verbose', 'body', 'a function', body);
  if (level === 0) return settled('verbose', body());
  if (!native.setVerbose(library, level)) {
    throw new TorchError(
      `Failed to set ${library.toUpperCase()} into verbose mode. Please consider to disable this verbose scope.`,
      'AssertionError',
    );
  }
  try {
    return settled('verbose', body());
  } finally {
    native.setVerbose(library, 0);
  }
}
