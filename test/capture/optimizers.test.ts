// A hundred captured steps of each optimizer, in each form, leave what plain ones do: parameters, gradients and states.
import torch from 'nodetorch';
import { CASES, type Case, type Name, eachOption, run } from '../optim/run';

const STEPS = 100;
const threads = torch.getNumThreads();
beforeAll(() => torch.setNumThreads(1)); // beside other tests each parallel loop would wait for its second thread
afterAll(() => torch.setNumThreads(threads));

// A closure is called by LBFGS, which decides by numbers how often.
const names = (Object.keys(CASES) as Name[]).filter((name) => name !== 'LBFGS');
// Each form with all options, and once the defaults and a learning rate that is a tensor.
const rows = names.flatMap((name) => {
  const { dtypes, forms } = CASES[name];
  const [defaults, all] = [eachOption(name)[0], eachOption(name).at(-1)!];
  const row = (form: string, options: Case['options'], tensor_lr = false): [string, Case] => [
    `${name} ${form} ${JSON.stringify(options)}${tensor_lr ? ', a tensor as lr' : ''}`,
    { name, options, form, dtype: dtypes[0], tensor_lr },
  ];
  const captured = forms.filter((form) => !form.includes('differentiable'));
  return [row(forms[0], defaults), row(forms[0], defaults, true), ...captured.map((form) => row(form, all))];
});

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
