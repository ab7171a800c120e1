// Run by bad_calls.process.test.ts: makes bad calls, writes each one down before it, and counts what they threw.
// Arguments: the file to write to, seed, calls for each operator, names of operators as JSON: "add" as torch.add,
// "quantized::linear" and the name of a class's method as in torch.ops.
import fs from 'node:fs';
import { operator } from '../../../lib/native/dispatch';
import { BadCalls, describe } from './bad_calls';
import { native, Tensor, TorchError } from './torch';

const [file, seed, times, list] = process.argv.slice(2);
const names = JSON.parse(list) as string[];
const log = fs.openSync(file, 'w');
const loops = /split|chunk|unbind|unfold|combinations|cartesian/;

const counts = { returned: 0, TypeError: 0, RangeError: 0, TorchError: 0 };
const strange: string[] = [];

function count(error: unknown, call: string): void {
  // A proxy among the arguments throws what it likes.
  const own = error instanceof Error && /proxy that has been revoked$|^a trap threw$/.test(error.message);
  if (!(error instanceof TorchError) && !own) strange.push(`${call}: ${String(error)}`);
  else if (error instanceof TypeError) counts.TypeError++;
  else if (error instanceof RangeError) counts.RangeError++;
  else counts.TorchError++;
}

/** Reads what came back: a result must not point outside of its memory. */
function read(value: unknown): void {
  if (Array.isArray(value)) value.slice(0, 4).forEach(read);
  if (!(value instanceof Tensor) || value.isDisposed || value.isMeta) return;
  if (value.layout.name === 'strided' && value.numel() < 10_000) value.toTypedArray();
}

native.setNumThreads(1);
for (const [i, name] of names.entries()) {
  const calls = new BadCalls(Number(seed) + i);
  calls.calm = loops.test(name);
  const isWhole = name.includes('.') || name.includes('::');
  const whole = isWhole ? name : `aten::${name}`;
  const call = operator(whole, null, !isWhole);
  for (let j = 0; j < Number(times); j++) {
    const { args, keywords } = calls.make(whole);
    if (Object.keys(keywords).length > 0) args.push(keywords);
    const text = `${name}(${args.map(describe).join(', ')})`;
    fs.writeSync(log, `${text.replace(/\s+/g, ' ').slice(0, 500)}\n`);
    try {
      read(call(...args));
      counts.returned++;
    } catch (error) {
      count(error, text);
    }
  }
}
fs.writeSync(log, 'done\n');
process.stdout.write(`\n${JSON.stringify({ counts, strange })}\n`);
