// examples/train: a job that is killed and ended at seeded moments gives the bits of one that is left alone.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import torch from 'nodetorch';
import { Checkpoints } from '../../../examples/train/checkpoints';
import { defaults, readConfig } from '../../../examples/train/config';
import { Metrics, Progress } from '../../../examples/train/log';
import { makeProject, train } from './job';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-train-'));
const at = (...parts: string[]) => path.join(folder, ...parts);
let project: string;
beforeAll(() => (project = makeProject()));
afterAll(() => {
  for (const one of [project, folder]) fs.rmSync(one, { recursive: true });
});

// 23 batches of an epoch in groups of 3: eight steps, the last of two batches.
const flags =
  '--epochs 2 --batch 64 --accumulate 3 --warmup 4 --workers 1 --log-every 1 --save-every 3 --keep 2'.split(
    ' ',
  );
const run = (name: string, ...rest: [watch?: Parameters<typeof train>[2], change?: string]) =>
  train(project, ['--out', at(name), ...flags], ...rest);

/** What a run left: the bytes of its weights and of its last checkpoint, which is all of its state, and its metrics. */
function left(name: string) {
  const last = new Checkpoints(at(name, 'checkpoints'), 2).latest()!;
  const digest = (file: string): string =>
    crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  return {
    last: path.basename(last.file),
    state: digest(last.file),
    weights: digest(at(name, 'model.safetensors')),
    metrics: fs.readFileSync(at(name, 'metrics.jsonl'), 'utf8').split('\n'),
  };
}

test('killed and ended at any moment, it goes on to the same bits', async () => {
  const whole = await run('whole');
  expect([whole.code, whole.err, whole.lines.at(-1)]).toEqual([0, '', expect.stringMatching(/^trained;/)]);

  torch.manualSeed(5);
  const moments = torch.randint(2, 7, [3]).tolist<number[]>();
  const signals = ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const;
  for (const [i, signal] of signals.entries()) {
    const ended = await run('parts', (lines, kill) => {
      if (lines.length === moments[i]) kill(signal);
    });
    const told = signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal };
    expect(ended).toMatchObject({ ...told, err: '' });
    if (signal === 'SIGTERM') expect(ended.lines.at(-1)).toMatch(/^stopped at step \d+; the same command/);
  }
  // In the middle of writing a checkpoint.
  const killed = await run('parts', undefined, at('parts/checkpoints'));
  expect(killed).toMatchObject({ code: null, signal: 'SIGKILL', err: '' });

  const end = await run('parts');
  expect([end.code, end.err, end.lines[0]]).toEqual([0, '', expect.stringMatching(/^going on from step-/)]);
  expect(left('parts')).toEqual(left('whole'));
  expect(left('whole').metrics).toHaveLength(16 + 2 + 1);

  const other = await train(project, ['--out', at('whole'), ...flags, '--lr', '1', '--keep', '9']);
  expect(other.code).toBe(1);
  expect(other.err).toContain('has a run with other options (lr): give another --out');
}, 900_000);

test('the last checkpoints stay, and the best', () => {
  const checkpoints = new Checkpoints(at('keep'), 2);
  expect([checkpoints.latest(), checkpoints.best()]).toEqual([null, null]);
  const scores = [0.5, null, 0.75, 0.75, null, 0.25];
  scores.forEach((score, i) => checkpoints.save({ i }, 10 * i, score));
  checkpoints.save({ i: 6 }, 50); // without a score, at a step that has one
  expect(fs.readdirSync(at('keep')).sort()).toEqual([
    'step-000020.score-0.75.pt',
    'step-000050.pt',
    'step-000050.score-0.25.pt',
  ]);
  expect(checkpoints.best()).toEqual({ file: at('keep/step-000020.score-0.75.pt'), step: 20, score: 0.75 });
  expect(checkpoints.latest()!.score).toBe(0.25);
});

test('metrics go on after the line of the checkpoint', () => {
  const file = at('metrics.jsonl');
  fs.writeFileSync(file, '{"step":1}\n{"step":2,"loss":0.5}\n{"step":3}\n{"st');
  new Metrics(file, 2).write({ step: 3, loss: 0.25 });
  expect(fs.readFileSync(file, 'utf8')).toBe('{"step":1}\n{"step":2,"loss":0.5}\n{"step":3,"loss":0.25}\n');
});

test('options are defaults, then a file, then flags', () => {
  const file = at('config.json');
  fs.writeFileSync(file, '{"epochs":3,"lr":0.5,"bf16":true}');
  const read = readConfig(['--config', file, '--lr', '0.25', '--save-every', '7', '--no-bf16']);
  expect(read).toEqual({ ...defaults, epochs: 3, lr: 0.25, saveEvery: 7, bf16: false });
  expect(() => readConfig(['--lr', 'fast'])).toThrow('\'lr\' must be a number, and is "fast"');
  fs.writeFileSync(file, '{"epoch":3}');
  expect(() => readConfig(['--config', file])).toThrow("there is no option 'epoch'");
});

test('a terminal has a bar, and a log has lines', () => {
  const print = jest.spyOn(console, 'log').mockImplementation(() => {});
  const row = { step: 4, loss: 0.5 };
  for (const isTTY of [true, false]) {
    let shown = '';
    const write = (text: Buffer, _: string, done: () => void) => ((shown += String(text)), done());
    const own = { isTTY, columns: 80, cursorTo: (x: number) => (shown += `<${x}>`), clearLine: () => {} };
    const stream = Object.assign(new Writable({ write }), own) as unknown as NodeJS.WriteStream;
    const progress = new Progress(2, stream);
    progress.start(1, 10, 2);
    progress.update(4, row);
    progress.update(5, { ...row, step: 5 });
    progress.stop();
    if (isTTY) expect(shown).toMatch(/epoch 1 .*2\/10/);
    else expect(shown).toBe('');
  }
  expect(print.mock.calls).toEqual([['step 4  loss 0.5000']]);
  print.mockRestore();
});
