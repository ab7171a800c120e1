// An error on its way from a worker thread to the loop.
import { TorchError, TorchRangeError, TorchTypeError } from '../../core/errors';
import { isError } from '../../core/realm';

export interface PackedError {
  readonly name: string;
  /** The name of Python's class, where it is an error of this package. */
  readonly kind: string | null;
  readonly message: string;
  readonly stack: string;
  readonly code: unknown;
}

export function packError(error: unknown): PackedError {
  if (!isError(error)) {
    return { name: 'Error', kind: null, message: String(error), stack: String(error), code: undefined };
  }
  const { name, message, stack, kind, code } = error as Error & { kind?: unknown; code?: unknown };
  return {
    name,
    kind: typeof kind === 'string' ? kind : null,
    message,
    stack: stack ?? `${name}: ${message}`,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
  };
}

/** The error as the loop gets it: of the same kind, with the worker's own stack in its text and the first error as cause. */
export function unpackError(packed: PackedError, worker: number): Error {
  const { name, kind, message, stack, code } = packed;
  const text = `Caught ${kind ?? name} in DataLoader worker thread ${worker}.\nOriginal ${stack}`;
  const error = make(name, kind, text);
  const cause = Object.assign(new TorchError(message, kind ?? name), { name, stack, code });
  return Object.assign(error, { cause });
}

function make(name: string, kind: string | null, text: string): Error {
  if (name === 'TypeError') return new TorchTypeError(text);
  if (name === 'RangeError')
    return kind === null ? new TorchRangeError(text) : new TorchRangeError(text, kind);
  return new TorchError(text, kind ?? name);
}
