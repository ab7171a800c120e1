/** Learning rates, betas and weight decay that are tensors, and the gradients that reach them through a step. */
import torch, { type Tensor } from 'nodetorch';
import {
  differentiated,
  digestOf,
  keywords,
  makeOptimizer,
  makeParams,
  stateOf,
  step,
} from '../../optim/run';
import { capturedAmong } from '../captured';

function run(name: string, form: string, options: Record<string, unknown>): string {
  const row = { name, options: {}, form, dtype: 'float32', tensor_lr: false };
  const params = makeParams(name, 'float32');
  const given = { ...keywords(row), ...options };
  try {
    if (form.includes('differentiable')) return differentiated(row, params, given)[0];
    const optimizer = makeOptimizer(name, params, given);
    const once = capturedAmong(() => step(optimizer, params, 'float32'));
    for (let i = 0; i < 100; i++) once();
    return digestOf(params, stateOf(optimizer));
  } catch (error) {
    if (error instanceof TypeError) return 'TypeError'; // of an operator's arguments: words of our own
    return (error as Error).message.split('\n')[0];
  }
}

const betas = (requiresGrad = false): Tensor[] =>
  [0.8, 0.95].map((value) => torch.tensor(value, { requiresGrad }));

for (const form of ['', 'foreach', 'fused', 'capturable', 'capturable foreach', 'differentiable']) {
  console.log(`betas ${form}: ${run('Adam', form, { betas: betas() })}`);
  console.log(`amsgrad ${form}: ${run('Adam', form, { betas: betas(), amsgrad: true, weightDecay: 0.1 })}`);
  console.log(`one element ${form}: ${run('Adam', form, { lr: torch.tensor([0.02]) })}`);
}
const given = betas(true);
const digest = run('Adam', 'differentiable', { betas: given });
console.log(`betas: ${digest} ${digestOf(given.map((beta) => beta.grad))}`);
for (const [name, option, value, form] of [
  ['Adam', 'lr', 0.02, ''],
  ['SGD', 'lr', 0.02, ''],
  ['SGD', 'weight_decay', 0.1, ''],
  ['SGD', 'lr', 0.02, ' foreach'],
  ['SGD', 'weight_decay', 0.1, ' foreach'],
  ['Adam', 'weight_decay', 0.1, ''],
] as const) {
  const tensor = torch.tensor(value, { requiresGrad: true });
  const moved = run(name, `differentiable${form}`, { [option === 'lr' ? 'lr' : 'weightDecay']: tensor });
  console.log(`${name} ${option}${form}: ${moved} ${digestOf([tensor.grad])}`);
}
