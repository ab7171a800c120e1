// TypeScript's half of the parity check of exported modules: runs what exported.py left and compares bits.
//
//     tsx test/parity/exported.ts DIR
//
// Run by test/parity/run.js. Exits with 1 where a program differs.
import fs from 'node:fs';
import path from 'node:path';
import torch, { type Tensor, type nn } from 'nodetorch';
import { differentiable, digest, gradOf, leavesOf } from '../nn/fixture';
import { classAndMessage } from '../errors';

const SEED = 2613;
const STEPS = 3;
const RATE = 0.1;

type Run = Record<string, unknown> & { error?: string };
type Case = { name: string } & ({ file: number; runs: Run[] } | { refused: string });

const folder = process.argv[2];
const lines = fs.readFileSync(path.join(folder, 'cases.jsonl'), 'utf8').trimEnd().split('\n');
const cases = lines.map((line) => JSON.parse(line) as Case);

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (!(value instanceof torch.Tensor)) return value;
  return value.detach().clone().requiresGrad_(value.requiresGrad);
}

const byName = (entries: Iterable<[string, Tensor | null]>) =>
  Object.fromEntries([...entries].map(([name, value]) => [name, digest(value)]));

// What a program gives: an array with fields of a named tuple counts as an array.
function resultsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return [...(value as unknown[])].flatMap(resultsOf);
  if (value instanceof torch.Tensor || typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap(resultsOf);
}

/** Outputs and gradients of the first step, state after all of them, as digests. */
function trained(module: nn.Module, inputs: unknown[], steps: number): Run {
  const result: Run = {};
  for (let step = 0; step < steps; step++) {
    torch.manualSeed(SEED + step);
    const given = copied(inputs) as unknown[];
    module.zeroGrad();
    const outputs = resultsOf((module as (...args: unknown[]) => unknown)(...given));
    const losses = differentiable(outputs).map((output) => output.mul(output).mean());
    if (losses.length > 0) torch.autograd.backward(losses);
    if (step === 0) {
      result.outputs = outputs.map(digest);
      result.inputGrads = leavesOf(given).map((value) => digest(gradOf(value)));
      result.grads = byName([...module.namedParameters()].map(([name, param]) => [name, param.grad]));
    }
    torch.noGrad(() => {
      for (const param of module.parameters()) if (param.grad) param.add_(param.grad, { alpha: -RATE });
    });
  }
  result.state = byName(module.stateDict());
  return result;
}

/** What differs from what Python computed. */
function differences(found: Run, expected: Run): string[] {
  const keys = new Set([...Object.keys(found), ...Object.keys(expected)]);
  return [...keys].flatMap((key) => {
    const [ours, pythons] = [JSON.stringify(found[key]), JSON.stringify(expected[key])];
    return ours === pythons ? [] : [`    ${key}\n      Python      ${pythons}\n      TypeScript  ${ours}`];
  });
}

function attempted(run: () => Run): Run {
  let result: Run = {};
  const error = classAndMessage(() => void (result = run()));
  // An error of a program names the node as well, after PyTorch's words.
  const [words] = error.replace(/ \(node .* to .*: torch\.ops\.[\w.]+\)/, '').split('\n');
  return error === 'nothing' ? result : { error: words.slice(0, 200) };
}

function compare({ file, runs }: { file: number; runs: Run[] }): string[] {
  const at = path.join(folder, String(file));
  const inputs = torch.load<unknown[][]>(`${at}.pt`);
  let module!: nn.Module;
  const error = attempted(() => {
    module = torch.export.load(`${at}.pt2`).module() as unknown as nn.Module;
    return {};
  });
  if (error.error !== undefined) return [`    ${error.error}`];
  return runs.flatMap((expected, i) => {
    const found = attempted(() => trained(module, inputs[i], i === 0 ? STEPS : 1));
    return differences(found, expected);
  });
}

// PyTorch has a few operators that are written in Python: libtorch does not have them.
const ofPython = /torch\.ops\.torch_nn\.\w+\.default: no such operator/;

let different = 0;
let unknown = 0;
const programs = cases.filter((one) => 'file' in one);
for (const one of programs) {
  const wrong = compare(one);
  if (wrong.length === 0) continue;
  if (wrong.length === 1 && ofPython.test(wrong[0])) {
    unknown++;
    console.log(`  not run here: ${one.name}: ${wrong[0].trim()}`);
    continue;
  }
  different++;
  console.log(`  ${one.name} (${one.file}.pt2)\n${wrong.join('\n')}`);
}
const refused = cases.filter((one) => 'refused' in one);
for (const { name, refused: reason } of refused) console.log(`  not exported by Python: ${name}: ${reason}`);
console.log(
  `parity: exported modules: ${different === 0 ? 'equal' : `DIFFERENT (${different})`} ` +
    `(${programs.length} programs, ${unknown} of operators in Python; ${refused.length} that Python does not export)`,
);
process.exitCode = different === 0 ? 0 : 1;
