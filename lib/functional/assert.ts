import { TorchError } from '../core/errors';
import { size, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';

const text = value<string>();
const ASSERT = signature('assertIntOrPair', [size('arg'), text('argName'), text('message')], {});

/**
 * Whether `arg` is one number or two.
 *
 * @throws AssertionError otherwise: `message`, with `argName` in the place of `{}`.
 */
export function assertIntOrPair(
  ...args: Call<typeof ASSERT, [arg: number | readonly number[], argName: string, message: string]>
): void {
  const [arg, argName, message] = ASSERT.bind(args);
  if (typeof arg === 'number' || arg.length === 2) return;
  throw new TorchError(String(message).replaceAll('{}', argName), 'AssertionError');
}
