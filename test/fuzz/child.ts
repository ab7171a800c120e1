// Run by run.ts: makes the calls FROM to TO of a seed, or the one call of a file, and writes down each before it.
//
//     child.cjs PROGRESS CORPUS SEED FROM TO operators|library | child.cjs PROGRESS CALL
import fs from 'node:fs';
import { operator } from '../../lib/native/dispatch';
import * as torch from '../../lib';
import { native } from '../../lib/native';
import { camelCase } from '../../lib/core/names';
import { calls, find, invoke } from './library';
import { Mutator, type Parameter, tensorsOf } from './mutate';
import { type Call, decode, type Value } from './values';

const { Tensor, TorchError } = torch;
// They make files, print, wait, or end the process because they are asked to.
const effects = /^aten::(from_file|set_printoptions|_print|_assert_async|__|warn|save|dequantize\.|_debug)/;

/** Elements of a tensor that is worth its time. */
const MOST = 1_000_000;

const [progress, file, seed, from, to, layer] = process.argv.slice(2);
const log = fs.openSync(progress, 'w');
const note = (text: string) => {
  fs.ftruncateSync(log, 0);
  fs.writeSync(log, text, 0);
};

/** Reads what came back: a result must not point outside of its memory. */
function read(value: unknown, outputs: torch.Tensor[]): void {
  if (Array.isArray(value)) value.slice(0, 4).forEach((one) => read(one, outputs));
  if (!(value instanceof Tensor) || value.isDisposed || value.isMeta) return;
  // More takes long and shows nothing else: the sum of an expanded number is that of all its copies.
  if (value.requiresGrad && value.numel() <= MOST) outputs.push(value);
  if (value.layout.name === 'strided' && value.numel() < 10_000) value.toTypedArray();
}

/** Backward, and backward again, from all outputs. */
function differentiate(outputs: torch.Tensor[], leaves: torch.Tensor[]): void {
  const total = (list: readonly torch.Tensor[]) =>
    list.map((one) => (one.isComplex() ? one.abs() : one).sum()).reduce((sum, one) => sum.add(one));
  total(outputs).backward({ createGraph: true });
  const grads = leaves.map((leaf) => leaf.grad).filter((grad) => grad !== null);
  grads.forEach((grad) => read(grad, []));
  const again = grads.filter((grad) => grad.requiresGrad);
  if (again.length > 0) total(again).backward();
}

const isOperator = (name: string): boolean => name.includes('::');

/** Makes a call. What it throws must be an error of ours. */
function execute(call: Call): string | null {
  const tensors: torch.Tensor[] = [];
  try {
    const args = call.args.map((value) => decode(value, tensors));
    const keywords = Object.entries(call.keywords).map(
      ([key, value]) => [isOperator(call.name) ? key : camelCase(key), decode(value, tensors)] as const,
    );
    if (keywords.length > 0) args.push(Object.fromEntries(keywords));
    const outputs: torch.Tensor[] = [];
    if (isOperator(call.name)) {
      const [name, overload] = call.name.split('.', 2);
      read(operator(name, overload ?? '', false)(...args), outputs);
    } else {
      const inputs = (call.inputs ?? []).map((value) => decode(value, tensors));
      read(invoke(call.name, args, inputs, tensors), outputs);
    }
    const leaves = tensors.filter((one) => !one.isDisposed && one.isLeaf && one.requiresGrad);
    if (outputs.length > 0 && leaves.length > 0) differentiate(outputs, leaves);
  } catch (error) {
    if (error instanceof TorchError) return null;
    return ((error as Error | undefined)?.stack ?? String(error)).split('\n').slice(0, 3).join(' ');
  } finally {
    for (const tensor of tensors) if (!tensor.isDisposed) tensor.dispose();
  }
  return null;
}

function parametersOf(name: string): readonly Parameter[] {
  const [base, overload] = name.split('.', 2);
  const [signature] = native.signatures(base, overload ?? '', false) as unknown as {
    parameters: Parameter[];
  }[];
  return signature?.parameters ?? [];
}

native.setNumThreads(1);
torch.manualSeed(0);
process.on('warning', () => {});
const lines = fs.readFileSync(file, 'utf8').trim().split('\n');

if (seed === undefined) {
  const strange = execute(JSON.parse(lines[0]) as Call);
  if (strange) process.stdout.write(strange);
} else {
  const corpus = lines.map((line) => {
    const [name, args, keywords, inputs] = JSON.parse(line) as [string, Value[], Call['keywords'], Value[]];
    return inputs.length > 0 ? { name, args, keywords, inputs } : { name, args, keywords };
  });
  const isLibrary = layer === 'library';
  const names = native.operatorNames().filter((name) => name.startsWith('aten::') && !effects.test(name));
  const mutator = isLibrary
    ? new Mutator(Number(seed), [...corpus.filter(({ name }) => !isOperator(name) && find(name)), ...calls])
    : new Mutator(
        Number(seed),
        corpus.filter(({ name }) => isOperator(name)),
        names,
        parametersOf,
      );
  for (let index = Number(from); index < Number(to); index++) {
    const call = mutator.make(index);
    note(`${index}\n${JSON.stringify(call)}`);
    const elements = tensorsOf(call).map(({ tensor }) => tensor.reduce((product, size) => product * size, 1));
    if (Math.max(0, ...elements) > MOST) continue;
    const strange = execute(call);
    if (strange) process.stdout.write(`${JSON.stringify({ index, strange, call })}\n`);
  }
  note(`${to}\ndone`);
}
