// TorchScript archives with mutations, in a process of its own: fuzz.process.test.ts loads a few,
// `npx tsx test/jit/fuzz/run.ts COUNT SEED [FROM]` as many as one likes. Each is a module whose state and texts can be
// read, or an error of ours; a process that ends otherwise has printed which one it was, with PRINT=1. Nothing of what was
// mutated is run: a program may do what it likes.
import torch, { TorchError } from 'nodetorch';
import { setSeed } from '../../export/fuzz/random';
import { mutated } from './mutations';

const [count, seed, from = 0] = process.argv.slice(2).map(Number);
process.removeAllListeners('warning');
const counts = { loaded: 0, refused: 0, byLibtorch: 0 };
for (let i = from; i < count; i++) {
  setSeed(seed * 1_000_003 + i);
  const bytes = mutated();
  if (process.env.PRINT) console.error(i);
  try {
    const module = torch.jit.load(bytes);
    counts.loaded++;
    for (const [, tensor] of module.stateDict()) tensor.sum();
    String(module);
    void module.graph;
    module.saveToBuffer();
  } catch (error) {
    if (!(error instanceof TorchError)) {
      console.log(`${i}: ${(error as Error).stack}`);
      process.exit(1);
    }
    counts.refused++;
    if ((error.cause as TorchError | undefined)?.kind === 'RuntimeError') counts.byLibtorch++;
  }
}
console.log(JSON.stringify(counts));
