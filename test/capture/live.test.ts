// Functions, hooks and checkpoints of captured functions run anew in each replay: with the bits of the plain function.
import torch from 'nodetorch';
import { livePrograms } from './live_programs';
import { traceOf } from './support';

const CALLS = 10;

// Beside other tests each parallel loop would wait for its second thread; test/parity/programs/checkpoint.ts has two.
const threads = torch.getNumThreads();
beforeAll(() => torch.setNumThreads(1));
afterAll(() => torch.setNumThreads(threads));

// The inspector takes longer than the programs: some have their variables looked at.
const watched = new Set(Object.keys(livePrograms).filter((_, i) => i % 4 === 0));

test.each(Object.keys(livePrograms))('%s', (name) => {
  const plain = traceOf(livePrograms[name], CALLS, false);
  const captured = traceOf(livePrograms[name], CALLS, true, [], watched.has(name));
  expect(captured.lines).toEqual(plain.lines);
  expect(captured.replays).toBeGreaterThanOrEqual(CALLS - 4);
});
