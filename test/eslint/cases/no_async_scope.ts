import torch from 'nodetorch';
import { testRule } from '../tester';

/** What runs a function synchronously: in a scope, or for what it returns. */
const scopes = [
  'torch.noGrad(BODY);',
  'torch.enableGrad(BODY);',
  'torch.setGradEnabled(true, BODY);',
  'torch.inferenceMode(BODY);',
  "torch.autocast('cpu', BODY);",
  "torch.autocast('cpu', { enabled: true }, BODY);",
  'torch.tidy(BODY);',
  'torch.autograd.detectAnomaly(BODY);',
  'torch.autograd.graph.saveOnCpu(BODY);',
  'torch.autograd.graph.savedTensorsHooks((t) => t, (t) => t, BODY);',
  "torch.autograd.graph.disableSavedTensorsHooks('no', BODY);",
  'torch.autograd.forwardAd.dualLevel(BODY);',
  'torch.nn.utils.parametrize.cached(BODY);',
];
const others = ['torch.func.vmap(BODY)(x);', 'torch.utils.checkpoint.checkpoint(BODY);'];
const names = scopes.map((code) => /(\w+)\(.*BODY/.exec(code)![1]);
const withBody = (body: string) => (code: string) => code.replace('BODY', body);

testRule('no-async-scope', {
  valid: [
    ...scopes.map(withBody('() => x.add(1)')),
    ...others.map(withBody('() => x.add(1)')),
    'torch.setGradEnabled(true);',
    'const run = async (f: () => Promise<void>) => f(); run(async () => {});',
  ],
  invalid: [
    ...scopes.map((code, i) => ({
      code: withBody('async () => { await null; }')(code),
      errors: [`\`${names[i]}\` does not wait`],
    })),
    ...others.map((code) => ({ code: withBody('async () => x')(code), errors: ['does not wait'] })),
    { code: 'import { noGrad } from "nodetorch"; noGrad(async () => {});', errors: ['`noGrad`'] },
    { code: 'const body = () => Promise.resolve(x); torch.noGrad(body);', errors: ['`noGrad`'] },
  ],
});

test.each(scopes)('when it runs, a promise is refused: %s', (code) => {
  const run = new Function('torch', withBody('async () => {}')(code)) as (given: typeof torch) => void;
  expect(() => run(torch)).toThrow('returned a promise');
});
