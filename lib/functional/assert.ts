/**
 * Whether `arg` is one number or two.
 *
 * @throws TypeError otherwise: `message`, with `argName` in the place of `{}`.
 */
export function assertIntOrPair(arg: number | readonly number[], argName: string, message: string): void {
  if (typeof arg === 'number' || arg.length === 2) return;
  throw new TypeError(message.replaceAll('{}', argName));
}
