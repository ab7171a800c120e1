// .pt files between Python and here, both ways: what run.js calls with the path of a Python.
//     tsx test/parity/pt.ts PYTHON
// Also the program that it calls itself for training: tsx test/parity/pt.ts train PART FILE
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { type Tensor, nn, optim, serialization } from 'nodetorch';
import { describeAll } from '../fixtures/pt/describe';
import { made } from '../fixtures/pt/made';
import { report } from './report';

type Described = Record<string, string>;
type Values = Map<unknown, unknown>;
let failed = 0;

function run(command: string, args: string[]): string {
  const env = { ...process.env, PYTHONPATH: __dirname, PYTHONWARNINGS: 'ignore' };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stderr}`);
  return stdout;
}

function compare(name: string, got: Described, expected: Described): void {
  const keys = Object.keys(expected);
  const wrong = keys.filter((key) => got[key] !== expected[key]);
  const equal = wrong.length === 0 && Object.keys(got).join('\n') === keys.join('\n');
  if (!equal) failed++;
  console.log(`parity: ${name}: ${equal ? 'equal' : 'DIFFERENT'} (${keys.length} values)`);
  for (const key of wrong.slice(0, 5)) console.log(`  ${key}\n    ${got[key]}\n    ${expected[key]}`);
}

function matrix(python: string, folder: string): void {
  const script = path.join(__dirname, 'pt.py');
  const written = JSON.parse(run(python, ['-B', script, 'write', folder])) as Record<string, Described>;
  const again: string[] = [];
  for (const [name, expected] of Object.entries(written)) {
    const file = path.join(folder, `${name}.pt`);
    compare(`${name}.pt of Python, here`, describeAll(torch.load<Values>(file)), expected);
    again.push(path.join(folder, `${name}_again.pt`));
    torch.save(torch.load(file), again.at(-1)!);
  }
  const own = path.join(folder, 'made.pt');
  torch.save(made(), own);
  const described = JSON.parse(run(python, ['-B', script, 'describe', ...again, own])) as Described[];
  Object.entries(written).forEach(([name, expected], i) => {
    // What protocol 5 says of numpy's arrays, protocol 2 says otherwise; both mean the same.
    compare(`${name}.pt of Python, written again here, in Python`, described[i], expected);
  });
  compare('values made here, in Python', described.at(-1)!, describeAll(new Map(Object.entries(made()))));
}

const programs: Record<string, (python: string) => [string, string[]]> = {
  Python: (python) => [python, ['-B', path.join(__dirname, 'pt.py')]],
  TypeScript: () => [process.execPath, [require.resolve('tsx/cli'), __filename]],
};

function resume(python: string, folder: string): void {
  const call = (language: string, ...args: string[]): string => {
    const [command, first] = programs[language](python);
    return run(command, [...first, 'train', ...args]);
  };
  const file = path.join(folder, 'checkpoint.pt');
  const whole = call('Python', 'whole', file);
  for (const first of Object.keys(programs)) {
    call(first, 'first', file);
    for (const second of Object.keys(programs)) {
      const equal = call(second, 'second', file) === whole;
      if (!equal) failed++;
      console.log(`parity: training in ${first}, then on in ${second}: ${equal ? 'equal' : 'DIFFERENT'}`);
    }
  }
}

interface Checkpoint {
  model: Map<string, Tensor>;
  optimizers: optim.OptimizerStateDict[];
  rng: Tensor;
  epoch: number;
}

/** The same as in pt.py. */
function train(part: string, file: string): void {
  torch.manualSeed(5);
  const layers = [
    new nn.Linear(6, 8),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.Dropout(0.4),
    new nn.Linear(8, 1),
  ];
  const model = new nn.Sequential(...layers);
  const optimizers = [
    new optim.AdamW([...layers[0].parameters(), ...layers[1].parameters()], { lr: 0.02, amsgrad: true }),
    new optim.SGD(layers[4].parameters(), { lr: 0.05, momentum: 0.9, weightDecay: 1 }),
  ];
  const schedulers = [
    new optim.lrScheduler.StepLR(optimizers[0], 3, { gamma: 0.7 }),
    new optim.lrScheduler.MultiStepLR(optimizers[1], [4, 12, 12], { gamma: 0.5 }),
  ];
  if (part === 'second') {
    const checkpoint = torch.load<Map<string, unknown>>(file);
    model.loadStateDict(checkpoint.get('model') as Map<string, Tensor>);
    const { optimizers: states, rng, epoch } = serialization.toObject<Checkpoint>(checkpoint);
    optimizers.forEach((optimizer, i) => optimizer.loadStateDict(states[i]));
    const saved = checkpoint.get('schedulers') as ReadonlyMap<string, unknown>[];
    schedulers.forEach((scheduler, i) => scheduler.loadStateDict(saved[i]));
    torch.setRngState(rng);
    if (epoch !== 10) throw new Error(`epoch is ${epoch}`);
  }
  for (let step = 0; step < (part === 'whole' ? 20 : 10); step++) {
    const x = torch.randn([16, 6]);
    for (const optimizer of optimizers) optimizer.zeroGrad();
    model(x)
      .sub(x.sum({ dim: 1, keepdim: true }))
      .pow(2)
      .mean()
      .backward();
    for (const each of [...optimizers, ...schedulers]) each.step();
  }
  const state = {
    model: model.stateDict(),
    optimizers: optimizers.map((optimizer) => optimizer.stateDict()),
    schedulers: schedulers.map((scheduler) => scheduler.stateDict()),
    rng: torch.getRngState(),
    epoch: 10,
  };
  if (part === 'first') torch.save(state, file);
  report('model', state.model);
  state.optimizers.forEach((optimizer, i) => {
    report(`optimizer ${i}`, optimizer.state);
    report(`lr ${i}`, schedulers[i].getLastLr());
  });
  report('rng', state.rng);
}

const [first, ...rest] = process.argv.slice(2);
if (first === 'train') train(rest[0], rest[1]);
else {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-pt-'));
  try {
    matrix(first, folder);
    resume(first, folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  process.exitCode = failed > 0 ? 1 : 0;
}
