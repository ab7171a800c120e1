/**
 * Whether `arg` is one number or two.
 *
 * @throws AssertionError otherwise: `message`, with `argName` in the place of `{}`.
 */
import { TorchError, checkSize } from '../core/errors';
export function assertIntOrPair(arg: number | readonly number[], argName: string, message: string): void {
  checkSize('assertIntOrPair', 'arg', arg);
  if (typeof arg === 'number' || arg.length === 2) return;
  throw new TorchError(String(message).replaceAll('{}', argName), 'AssertionError');
}
