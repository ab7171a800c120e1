// Loads files of Python with mutations in them, in a process of its own: pt_fuzz.process.test.ts runs this.
// Prints how many were loaded, and how many refused; a mutation that ends otherwise is printed and fails.
import fs from 'node:fs';
import path from 'node:path';
import torch, { Tensor } from 'nodetorch';
import { random, setSeed } from '../export/fuzz/random';
import { mutatedProgram, openProgram } from './pt2_mutations';
import { mutate } from './pt_mutations';
import { countWork, takeWork } from './work';

const [count, seed] = process.argv.slice(2).map(Number);
setSeed(seed);
const folder = path.join(__dirname, '../fixtures/pt');
const files = fs
  .readdirSync(folder)
  .filter((name) => name.endsWith('.pt'))
  .map((name) => ({ name, bytes: fs.readFileSync(path.join(folder, name)) }));

/** Reads every value: a tensor that lies about its memory would end the process. */
function touch(value: unknown): void {
  if (value instanceof Tensor) {
    if (!value.isMeta && value.layout.name === 'strided' && value.numel() < 1e6)
      value.contiguous().toTypedArray();
  } else if (value instanceof Map) for (const [key, each] of value) [key, each].forEach(touch);
  else if (Array.isArray(value)) value.forEach(touch);
  else if (Object.getPrototypeOf(value ?? 0) === Object.prototype)
    Object.values(value as object).forEach(touch);
}

// Asking what was done takes as long as many mutations, so it is asked once for each batch of them.
const BATCH = 500;
let given = 0;
function checkWork(last: number): void {
  const done = takeWork();
  if (done > 20 * given) {
    console.log(`mutations up to ${last}: ${done} blocks of code for ${given} bytes`);
    process.exit(1);
  }
  given = 0;
}

let loaded = 0;
let refused = 0;
countWork();
for (let i = 0; i < count; i++) {
  const { name, bytes } = files[random(files.length)];
  const mutation = mutate(bytes);
  given += mutation.length + 1000;
  try {
    touch(
      torch.load(mutation, {
        weightsOnly: i % 4 !== 0,
        checkCrc: i % 2 === 0,
        mapLocation: i % 3 === 0 ? 'cpu' : null,
        objects: i % 5 === 0,
      }),
    );
    loaded++;
  } catch (error) {
    const known =
      error instanceof torch.serialization.UnpicklingError ||
      (error instanceof torch.TorchError && /deserialize|restore data location/.test(error.message));
    if (!known) {
      console.log(`mutation ${i} of ${name}: ${error instanceof Error ? error.stack : String(error)}`);
      process.exit(1);
    }
    refused++;
  }
  if (i % BATCH === BATCH - 1) checkWork(i);
}

let opened = 0;
for (let i = 0; i < count / 8; i++) {
  const { name, bytes } = mutatedProgram(random);
  try {
    openProgram(bytes);
    opened++;
  } catch (error) {
    if (error instanceof torch.TorchError) continue;
    console.log(`mutation ${i} of program ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  }
}
const { rss } = process.memoryUsage();
console.log(JSON.stringify({ loaded, refused, opened, rss }));
