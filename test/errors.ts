// Python's class of an error and its message, as the fixtures store them.
import { TorchError } from 'nodetorch';

/** `'ValueError: groups must be a positive integer'`, of what `call` throws. */
export function classAndMessage(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof TorchError) return `${error.kind}: ${error.message}`;
    return `not ours: ${String(error)}`;
  }
  return 'nothing';
}
