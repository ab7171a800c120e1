// Looks for what stays behind: `npm run soak -- [--minutes 30] [--only KIND]`.
//
// A child does the work of work.ts in turns, training, hooks, transforms, errors, files, workers, and tells 40 times what
// lives and how much memory it has. Ends with 1 where the last quarter never has as few tensors, or as little memory (by
// more than 3 % and 10 MB), as the second had at most.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { bundle, childEnvironment } from '../native/support/child';
import type { Sample } from './child';

const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, only: { type: 'string' } },
});

// What lags behind by a round or two goes up and down: what grows is never again as small as it was.
function verdict(samples: readonly Sample[]): number {
  const quarter = (i: number): readonly Sample[] =>
    samples.slice(Math.floor((samples.length * i) / 4), Math.floor((samples.length * (i + 1)) / 4));
  const all = (i: number, key: 'tensors' | 'megabytes'): number[] => quarter(i).map((one) => one[key]);
  const tensors = [Math.max(...all(1, 'tensors')), Math.min(...all(3, 'tensors'))];
  const memory = [Math.max(...all(1, 'megabytes')), Math.min(...all(3, 'megabytes'))];
  const grows = tensors[1] > tensors[0] || memory[1] > Math.max(memory[0] * 1.03, memory[0] + 10);
  console.log(
    `${grows ? 'grows' : 'flat'}: tensors ${tensors.join(' -> ')}, memory ${memory.join(' -> ')} MB ` +
      '(most of the second quarter, least of the last)',
  );
  return grows ? 1 : 0;
}

async function main(): Promise<number> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-soak-'));
  try {
    const args = [
      bundle('test/soak/child.ts'),
      options.minutes,
      folder,
      ...(options.only ? [options.only] : []),
    ];
    const child = spawn(process.execPath, args, {
      env: childEnvironment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | string>((resolve) =>
      child.once('exit', (code, signal) => resolve(signal ?? code ?? 1)),
    );
    const samples: Sample[] = [];
    for await (const line of readline.createInterface(child.stdout)) {
      samples.push(JSON.parse(line) as Sample);
      console.log(line);
    }
    const end = await ended;
    if (end === 0 && samples.length >= 8) return verdict(samples);
    console.log(`the child ended with ${end} after ${samples.length} samples`);
    return 1;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

void main().then((code) => (process.exitCode = code));
