// Random programs with and without capture.
import { traceOf } from './support';
import { programFrom } from './random_program';

const CALLS = 6;
const WATCHED = 10; // the inspector takes longer than the program

/** How many programs were replayed, and how many were refused. */
export interface Outcome {
  replayed: number;
  refused: number;
}

/** Runs the programs of so many seeds; throws what the first program does otherwise when it is captured. */
export function comparePrograms(first: number, count: number): Outcome {
  const outcome: Outcome = { replayed: 0, refused: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const plain = traceOf(() => programFrom(seed), CALLS, false).lines;
    const lines: string[] = [];
    let replays = 0;
    try {
      replays = traceOf(() => programFrom(seed), CALLS, true, lines, seed % WATCHED === 0).replays;
    } catch (error) {
      if (!(error as Error).message.startsWith('torch.capture: ')) throw error;
    }
    const wrong = lines.findIndex((line, i) => line !== plain[i]);
    if (wrong >= 0)
      throw new Error(`seed ${seed}: call ${wrong} differs\n${plain[wrong]}\n--\n${lines[wrong]}`);
    if (lines.length < plain.length) outcome.refused++;
    else if (replays > 0) outcome.replayed++;
    else throw new Error(`seed ${seed}: neither replayed nor refused`);
  }
  return outcome;
}
