// What an installation and a run of the program are held to.
import type { Outcome } from './machine';

/** The program of `project`. */
export const train = [process.execPath, 'train.mjs'];
/** Where npm puts the packages of the platform. */
export const addonsFolder = 'node_modules/@nodetorch/';

/** What a run of train.mjs prints whose addon and libraries lie under `folder`. */
export function expectTrained({ code, text }: Outcome, folder: string): void {
  const [learned, ...files] = text.split('\n');
  expect({ code, learned, text }).toMatchObject({ code: 0, learned: 'learned 3.0 1.0' });
  expect(files).toHaveLength(3);
  for (const file of files) {
    expect(file).toContain(folder);
    expect(file).not.toContain('|'); // one of each
  }
}

export function expectInstalled({ code, text }: Outcome): void {
  expect([code, text]).toEqual([0, expect.not.stringMatching(/warn|gyp|cmake/i)]);
}
