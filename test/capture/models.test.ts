// Captured steps of each model have the bits of plain ones, on one thread and on two. Fewer on two: beside other tests each
// parallel loop waits for its second thread. The programs of test/parity have a hundred there.
import torch from 'nodetorch';
import { models } from './models';
import { traceOf } from './support';

const threads = torch.getNumThreads();
afterAll(() => torch.setNumThreads(threads));

describe.each([
  [1, 100],
  [2, 25],
])('with %d threads, %d steps', (count, steps) => {
  test.each(Object.keys(models))('%s', (name) => {
    torch.setNumThreads(count);
    const plain = traceOf(models[name], steps, false);
    const captured = traceOf(models[name], steps, true);
    expect(captured.lines.findIndex((line, i) => line !== plain.lines[i])).toBe(-1);
    // At most four calls record, and the function is looked at again at the 8th, 16th, 32nd and 64th replay.
    expect(captured.replays).toBeGreaterThanOrEqual(steps - 8);
  });
});
