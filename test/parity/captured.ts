/** The steps of programs, captured or not: what a program prints must be the same. */
import torch from 'nodetorch';

type Step<Args extends unknown[], Result> = (...args: Args) => Result;

/** `fn`, or with NODETORCH_PARITY_CAPTURE what `torch.capture` makes of it; a program that never replays it fails. */
export function captured<Args extends unknown[], Result>(fn: Step<Args, Result>): Step<Args, Result> {
  if (!process.env.NODETORCH_PARITY_CAPTURE) return fn;
  const step = torch.capture(fn);
  process.once('exit', () => {
    if (step.replays > 0) return;
    console.error('a captured step was never replayed');
    process.exitCode = 1;
  });
  return step;
}

let [among, replays] = [0, 0];

/** The same of one of many short steps, some of which end with an error: together they must have been replayed. */
export function capturedAmong(fn: () => void): () => void {
  if (!process.env.NODETORCH_PARITY_CAPTURE) return fn;
  if (among++ === 0) {
    process.once('exit', () => {
      if (replays >= among / 2) return;
      console.error(`${among} captured steps were replayed ${replays} times`);
      process.exitCode = 1;
    });
  }
  const step = torch.capture(fn, { watch: false }); // the inspector takes longer than the steps
  return () => {
    const before = step.replays;
    step();
    replays += step.replays - before;
  };
}
