// `npx nodetorch COMMAND` in this process.
import { main } from '../../lib/cli';

export function run(...argv: string[]): { code: number | Promise<number>; out: string; err: string } {
  const text = { out: '', err: '' };
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => Boolean((text.out += String(chunk)))),
    jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => Boolean((text.err += String(chunk)))),
  ];
  try {
    const code = main(argv);
    return { code, ...text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** What it prints; it must succeed. */
export function good(...argv: string[]): string {
  const { code, out, err } = run(...argv);
  expect([code, err]).toEqual([0, '']);
  return out;
}
