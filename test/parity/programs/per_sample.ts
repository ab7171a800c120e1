/** Gradients of each sample by torch.func, clipped and made noisy one by one (DP-SGD), and a trained ensemble. */
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { captured } from '../captured';
import { report } from '../report';

const { functionalCall, grad, gradAndValue, hessian, stackModuleState, vmap } = torch.func;
type Tensors = Record<string, Tensor>;
const mapped = (tensors: Tensors, change: (tensor: Tensor, name: string) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
const build = () =>
  new nn.Sequential(new nn.Linear(6, 16), new nn.Tanh(), new nn.LayerNorm(16), new nn.Linear(16, 3));

torch.manualSeed(11);
const x = torch.randn([120, 6]);
const y = x.at(':', ':3').add(x.at(':', '3:').square()).argmax(1);
const model = build();
report('initial', model.stateDict());
const params: Tensors = Object.fromEntries(model.namedParameters());

function lossOf(given: Tensors, sample: Tensor, target: Tensor): Tensor {
  const logits = functionalCall(model, given, [sample.unsqueeze(0)]) as Tensor;
  return F.crossEntropy(logits, target.unsqueeze(0));
}

const each = vmap(gradAndValue<Parameters<typeof lossOf>, [Tensors, Tensor]>(lossOf), {
  inDims: [null, 0, 0],
});
const optimizer = new optim.Adamax(model.parameters(), { lr: 1e-2 });
const step = captured((): [Tensor, Tensor, Tensors] => {
  const batch = torch.randint(0, 120, [12]);
  const detached = mapped(params, (param) => param.detach());
  const [grads, losses] = each(detached, x.at(batch), y.at(batch));
  const perWeight = Object.values(grads).map((gradient) => gradient.flatten(1).norm(2, 1));
  const norms = torch.stack(perWeight, 1).norm(2, 1);
  const factors = norms.add(1e-6).reciprocal().mul(0.5).clamp({ max: 1 });
  for (const [name, param] of Object.entries(params)) {
    const noise = torch.randnLike(param).mul(0.01);
    param.grad = torch.einsum('i,i...->...', [factors, grads[name]]).div(12).add(noise);
  }
  optimizer.step();
  return [losses.mean(), norms.max(), grads];
});
let gradients: Tensors = {};
for (let i = 0; i < 100; i++) {
  const [loss, norm, grads] = step();
  report(`step.${i}`, [loss.item(), norm.item()]);
  gradients = grads;
}
report('gradients', gradients);
report('trained', model.stateDict());
report('optimizer', optimizer.stateDict().state);

const models = [build(), build(), build()];
const [stacked, buffers] = stackModuleState(models);
report('ensemble.initial', stacked);

// Not crossEntropy: see docs/parity.md, torch.func.
function ensembleLoss(given: Tensors, batch: Tensor, target: Tensor): Tensor {
  const logits = functionalCall(models[0], [given, buffers], [batch]) as Tensor;
  return logits
    .logsumexp(1)
    .sub(logits.gather(1, target.unsqueeze(1)).squeeze(1))
    .mean();
}

const train = vmap(gradAndValue<Parameters<typeof ensembleLoss>, [Tensors, Tensor]>(ensembleLoss), {
  inDims: [0, 0, 0],
});
const trainAll = captured((weights: Tensors): [Tensors, Tensor] => {
  const batch = torch.randint(0, 120, [3, 20]);
  const [grads, losses] = train(weights, x.at(batch), y.at(batch));
  return [mapped(weights, (weight, name) => weight.sub(grads[name].mul(0.1))), losses];
});
let weights = mapped(stacked, (weight) => weight.detach());
for (let i = 0; i < 100; i++) {
  const [next, losses] = trainAll(weights);
  report(`ensemble.${i}`, losses);
  weights = next;
}
report('ensemble.trained', weights);

function dropped(bias: Tensor, sample: Tensor, target: Tensor): Tensor {
  const logits = F.dropout(sample, { p: 0.3 }).matmul(params['0.weight'].detach().at(':3').t());
  return F.crossEntropy(logits.add(bias), target);
}

const bias = torch.randn([3]);
report('random', vmap(grad(dropped), { inDims: [null, 0, 0], randomness: 'different' })(bias, x, y));
const curved = (given: Tensor): Tensor => x.at(':', ':3').add(given).square().logsumexp(1).mean();
report('hessian', hessian(curved)(bias));
report('rng', torch.getRngState());
