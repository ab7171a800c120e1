// examples/train_and_serve.ts answers while it trains.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';

const example = path.join(__dirname, '..', '..', 'examples', 'train_and_serve.ts');
// The first row of examples/data/digits.csv.gz, a zero.
const zero = [
  0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8, 8, 0, 0,
  5, 8, 0, 0, 9, 8, 0, 0, 4, 11, 0, 1, 12, 7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13, 10, 0, 0, 0,
];

test('it answers while it trains, better and better, and refuses what is no digit', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', example, '--epochs', '100000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const [address] = (await once(readline.createInterface({ input: child.stdout }), 'line')) as [string];
    const post = (body: unknown) => fetch(address, { method: 'POST', body: JSON.stringify(body) });
    const state = async () => (await (await fetch(address)).json()) as { epoch: number; answers: number };
    for (let trained = await state(); trained.epoch < 3; trained = await state()) await post(zero);
    expect(await (await post(zero)).json()).toEqual({ digit: 0 });
    expect((await state()).answers).toBeGreaterThan(1);
    const refused = await post([1, 2]);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      "shape '[1, 1, 8, 8]' is invalid for input of size 2\n",
    ]);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}, 120_000);
