// A hundred captured steps of each model have the bits of plain ones, on one thread and on two.
import torch from 'nodetorch';
import { models } from './models';
import { traceOf } from './support';

const threads = torch.getNumThreads();
afterAll(() => torch.setNumThreads(threads));

describe.each([1, 2])('with %d threads', (count) => {
  test.each(Object.keys(models))('%s', (name) => {
    torch.setNumThreads(count);
    const plain = traceOf(models[name], 100, false);
    const captured = traceOf(models[name], 100, true);
    expect(captured.lines.findIndex((line, i) => line !== plain.lines[i])).toBe(-1);
    // At most four calls record, and the function is looked at again at the 8th, 16th, 32nd and 64th replay.
    expect(captured.replays).toBeGreaterThanOrEqual(92);
  });
});
