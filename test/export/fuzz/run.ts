// Programs with mutations in their structure, and descriptions of programs made at random, in a process of its own:
// fuzz.process.test.ts runs a few, `npx tsx test/export/fuzz/run.ts COUNT SEED` as many as one likes. Each ends in values or
// in an error of ours; one that ends otherwise is printed and fails.
import torch, { TorchError } from 'nodetorch';
import { Program } from '../../../lib/native/program';
import type { ProgramDescription } from '../../../typings/native';
import { description } from './descriptions';
import { mutated, programs } from './mutations';
import { any, random, setSeed } from './random';

const [count, seed] = process.argv.slice(2).map(Number);
setSeed(seed);

const counts = { opened: 0, ran: 0, made: 0, computed: 0 };
/** Calls it; what it throws must be ours. A run that has no end is ended. */
async function attempt(what: string, body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  try {
    await body(AbortSignal.timeout(1000));
  } catch (error) {
    const { name, constructor } = error as Error;
    if (error instanceof TorchError || name === 'TimeoutError') return;
    if (constructor !== TypeError && constructor !== RangeError) return; // ours, of these kinds
    console.log(`${what}: ${(error as Error).stack}`);
    process.exit(1);
  }
}

async function main(): Promise<void> {
  for (let i = 0; i < count; i++) {
    const program = any(programs);
    const bytes = mutated(program);
    await attempt(`program ${i}, of ${program.name}`, async (signal) => {
      const module = torch.export.load(bytes).module({ checkGuards: random(2) === 0 });
      counts.opened++;
      await module.callAsync(...program.args, { signal });
      counts.ran++;
    });
    await attempt(`description ${i}`, async (signal) => {
      const made = new Program(description() as ProgramDescription);
      counts.made++;
      await made.runAsync([torch.ones([2, 2]), torch.ones([2, 2])].slice(0, random(3)), signal);
      counts.computed++;
    });
  }
  console.log(JSON.stringify(counts));
}
void main();
