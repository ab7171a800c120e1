// A hundred captured steps of each optimizer, in each form, leave what plain ones do: parameters, gradients and states.
import torch from 'nodetorch';
import { CASES, type Case, type Name, eachOption, run } from '../optim/run';

const STEPS = 100;
const threads = torch.getNumThreads();
beforeAll(() => torch.setNumThreads(1)); // beside other tests each parallel loop would wait for its second thread
afterAll(() => torch.setNumThreads(threads));

// A closure is called by LBFGS, which decides by numbers how often.
const names = (Object.keys(CASES) as Name[]).filter((name) => name !== 'LBFGS');
// With all options, and once with the defaults.
const rows = names.flatMap((name) =>
  CASES[name].forms
    .filter((form) => !form.includes('differentiable'))
    .flatMap((form, i) => {
      const options = eachOption(name);
      const dtype = CASES[name].dtypes[0];
      return (i === 0 ? [options[0], options.at(-1)!] : [options.at(-1)!]).map((each): [string, Case] => [
        `${name} ${form} ${JSON.stringify(each)}`,
        { name, options: each, form, dtype, tensor_lr: false },
      ]);
    }),
);

test.each(rows)('%s', (_title, row) => {
  let replays = () => 0;
  const around = (step: () => void): (() => void) => {
    const captured = torch.capture(step, { watch: false });
    replays = () => captured.replays;
    return captured;
  };
  const [digests] = run(row, STEPS);
  expect(run(row, STEPS, around)[0]).toEqual(digests);
  if (digests.length > 1) expect(replays()).toBeGreaterThanOrEqual(STEPS - 9);
});
