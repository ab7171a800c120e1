// Run by test/serialization/no_libtorch.process.test.ts: whether reading headers loads libtorch.
import fs from 'node:fs';
import { main } from '../../../lib/cli';
import * as safetensors from '../../../lib/serialization/safetensors';

const [, , job, file] = process.argv;

const jobs: Record<string, () => unknown> = {
  header() {
    using opened = safetensors.safeOpen(file);
    const [name] = opened.keys();
    return [
      opened.keys(),
      opened.metadata(),
      opened.getSlice(name).getShape(),
      opened.getSlice(name).getDtype(),
    ];
  },
  wrong() {
    try {
      safetensors.safeOpen(file);
    } catch (error) {
      return error instanceof safetensors.SafetensorError;
    }
    return undefined;
  },
  inspect: () => main(['inspect', file]),
  tensors: () => [...safetensors.loadFile(file).values()].map((tensor) => tensor.tolist()),
};

const result = jobs[job]();
const isLoaded = fs.readFileSync('/proc/self/maps', 'utf8').includes('libtorch_cpu');
console.log(JSON.stringify({ result, isLoaded }));
