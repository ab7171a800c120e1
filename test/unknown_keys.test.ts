// An option that there is not is refused by its name, wherever options are taken.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as safetensors from 'nodetorch/safetensors';
import { classAndMessage } from './errors';

const F = nn.functional;
const x = () => torch.ones([2, 2], { requiresGrad: true });
const layer = () => new nn.Linear(2, 2);
const sgd = () => new optim.SGD([x()], 0.1);
const f = (y: Tensor) => y.sum();
const hook = () => undefined;
const { autograd, func, utils } = torch;
const { prune, parametrize, parametrizations, rnn } = nn.utils;

type Call = (given: never) => unknown;
const calls: [name: string, call: Call][] = [
  ['torch.ones', (given) => torch.ones([1], given)],
  ['torch.full', (given) => torch.full([1], 2, given)],
  ['torch.tensor', (given) => torch.tensor([1], given)],
  ['torch.asTensor', (given) => torch.asTensor([1], given)],
  ['torch.asTensor of a tensor', (given) => torch.asTensor(x(), given)],
  ['torch.fromBlob', (given) => torch.fromBlob(new Float32Array(2), given)],
  ['torch.add', (given) => torch.add(x(), x(), given)],
  ['torch.norm', (given) => torch.norm(x(), given)],
  ['torch.unique', (given) => torch.unique(x(), given)],
  ['torch.nonzero', (given) => torch.nonzero(x(), given)],
  ['torch.meshgrid', (given) => torch.meshgrid([torch.ones([1])], given)],
  ['torch.tensordot', (given) => torch.tensordot(x(), x(), given)],
  ['torch.cdist', (given) => torch.cdist(x(), x(), given)],
  ['torch.sparseCooTensor', (given) => torch.sparseCooTensor([2], given)],
  ['torch.useDeterministicAlgorithms', (given) => torch.useDeterministicAlgorithms(false, given)],
  ['torch.save', (given) => torch.save({}, '/nowhere/x', given)],
  ['torch.load', (given) => torch.load(new Uint8Array(1), given)],
  ['torch.loadStateDictFromFile', (given) => torch.loadStateDictFromFile('/nowhere/x', given)],
  ['Tensor.to', (given) => x().to('cpu', given)],
  ['Tensor.sum', (given) => x().sum(given)],
  ['Tensor.backward', (given) => f(x()).backward(given)],
  ['autograd.backward', (given) => autograd.backward(f(x()), null, given)],
  ['autograd.grad', (given) => autograd.grad(f(x()), x(), given)],
  ['autograd.detectAnomaly', (given) => autograd.detectAnomaly(() => 1, given)],
  ['autograd.setDetectAnomaly', (given) => autograd.setDetectAnomaly(false, given)],
  ['autograd.gradcheck', (given) => autograd.gradcheck(f, x(), given)],
  ['autograd.gradgradcheck', (given) => autograd.gradgradcheck(f, x(), null, given)],
  ['autograd.functional.jacobian', (given) => autograd.functional.jacobian(f, x(), given)],
  ['autograd.functional.hessian', (given) => autograd.functional.hessian(f, x(), given)],
  ['autograd.functional.vjp', (given) => autograd.functional.vjp(f, x(), null, given)],
  ['autograd.forwardAd.makeDual', (given) => autograd.forwardAd.makeDual(x(), x(), given)],
  ['autograd.forwardAd.exitDualLevel', (given) => autograd.forwardAd.exitDualLevel(given)],
  ['autograd.graph.saveOnCpu', (given) => autograd.graph.saveOnCpu(() => 1, given)],
  ['autograd.graph.registerMultiGradHook', (given) => autograd.graph.registerMultiGradHook([], hook, given)],
  ['func.grad', (given) => func.grad(f, given)],
  ['func.vmap', (given) => func.vmap(f, given)],
  ['func.jacrev', (given) => func.jacrev(f, given)],
  ['func.jvp', (given) => func.jvp(f, [x()], [x()], given)],
  ['func.functionalCall', (given) => func.functionalCall(layer(), {}, [x()], null, given)],
  ['amp.autocast', (given) => torch.amp.autocast('cpu', given, () => 1)],
  ['amp.GradScaler', (given) => new torch.amp.GradScaler('cpu', given)],
  ['checkpointSequential', (given) => utils.checkpoint.checkpointSequential([f], 1, x(), given)],
  ['nn.Sigmoid', (given) => Reflect.construct(nn.Sigmoid, [given]) as unknown],
  ['nn.Parameter', (given) => new nn.Parameter(x(), given)],
  ['nn.Buffer', (given) => new nn.Buffer(x(), given)],
  ['F.prelu', (given) => F.prelu(x(), torch.ones([1]), given)],
  ['a module call', (given) => (layer() as nn.Module)(x(), given) as unknown],
  ['registerBuffer', (given) => layer().registerBuffer('b', null, given)],
  ['registerForwardHook', (given) => layer().registerForwardHook(hook, given)],
  ['registerFullBackwardHook', (given) => layer().registerFullBackwardHook(hook, given)],
  ['setSubmodule', (given) => layer().setSubmodule('a', layer(), given)],
  ['namedParameters', (given) => layer().namedParameters(given)],
  ['parameters', (given) => layer().parameters(given)],
  ['namedModules', (given) => layer().namedModules(given)],
  ['stateDict', (given) => layer().stateDict(given)],
  ['loadStateDict', (given) => layer().loadStateDict(layer().stateDict(), given)],
  ['Module.zeroGrad', (given) => layer().zeroGrad(given)],
  ['init.normal_', (given) => nn.init.normal_(x(), given)],
  ['clipGradNorm_', (given) => nn.utils.clipGradNorm_([x()], 1, given)],
  ['prune.l1Unstructured', (given) => prune.l1Unstructured(layer(), 'weight', 0.5, given)],
  ['prune.randomUnstructured', (given) => prune.randomUnstructured(layer(), 'weight', 0.5, given)],
  ['prune.remove', (given) => prune.remove(layer(), 'weight', given)],
  [
    'registerParametrization',
    (given) => parametrize.registerParametrization(layer(), 'weight', layer(), given),
  ],
  ['removeParametrizations', (given) => parametrize.removeParametrizations(layer(), 'weight', given)],
  ['parametrizations.orthogonal', (given) => parametrizations.orthogonal(layer(), given)],
  ['rnn.padSequence', (given) => rnn.padSequence([x()], given)],
  ['optim.SGD', (given) => new optim.SGD([x()], given)],
  ['Optimizer.zeroGrad', (given) => sgd().zeroGrad(given)],
  ['registerStateDictPreHook', (given) => sgd().registerStateDictPreHook(hook, given)],
  ['lrScheduler.StepLR', (given) => new optim.lrScheduler.StepLR(sgd(), 1, given)],
  ['swaUtils.SWALR', (given) => new optim.swaUtils.SWALR(sgd(), 0.1, given)],
  ['swaUtils.AveragedModel', (given) => new optim.swaUtils.AveragedModel(layer(), given)],
  ['safetensors.save', (given) => safetensors.save({}, given)],
  ['safetensors.saveFile', (given) => safetensors.saveFile({}, '/nowhere/x', given)],
  ['safetensors.saveModel', (given) => safetensors.saveModel(layer(), '/nowhere/x', given)],
  ['safetensors.loadModel', (given) => safetensors.loadModel(layer(), '/nowhere/x', given)],
  ['safetensors.saveSharded', (given) => safetensors.saveSharded({}, '/nowhere', given)],
  ['safetensors.safeOpen', (given) => safetensors.safeOpen('/nowhere/x', given)],
  ['safetensors.loadFile', (given) => safetensors.loadFile('/nowhere/x', given)],
];

test.each(calls)('%s', (_, call) => {
  const given = { noSuchArgument: 1 } as never;
  expect(classAndMessage(() => call(given))).toMatch(/^TypeError: .*('noSuchArgument'|noSuchArgument=)/);
});
