// An option that there is not is refused by its name, wherever options are taken; and so is an argument too many.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as safetensors from 'nodetorch/safetensors';
import * as testing from 'nodetorch/testing';
import * as tfjs from 'nodetorch/tfjs';
import { handWritten } from '../lib/tensor/operators';
import * as operatorTable from '../lib/tensor/public_aten';
import { classAndMessage } from './errors';

const F = nn.functional;
const x = () => torch.ones([2, 2], { requiresGrad: true });
const layer = () => new nn.Linear(2, 2);
const weightOnly = () =>
  new torch.ao.quantization.Int8WeightOnlyLinear(layer(), new torch.ao.quantization.Int8WeightOnlyConfig());
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
  ['ao.nn.quantized.dynamic.Linear', (given) => new torch.ao.nn.quantized.dynamic.Linear(1, 2, given)],
  ['ao.quantization.quantizeDynamic', (given) => torch.ao.quantization.quantizeDynamic(layer(), given)],
  ['ao.quantization.Int8WeightOnlyConfig', (given) => new torch.ao.quantization.Int8WeightOnlyConfig(given)],
  ['ao.quantization.Int8DynamicActivationInt8WeightConfig', (given) => new torch.ao.quantization.Int8DynamicActivationInt8WeightConfig(given)], // prettier-ignore
  ['UntypedStorage', (given) => new torch.UntypedStorage(1, given)],
  ['UntypedStorage.fromBuffer', (given) => torch.UntypedStorage.fromBuffer(new Uint8Array(1), given)],
  ['UntypedStorage.to', (given) => new torch.UntypedStorage(1).to(given)],
  ['backends.setFlags', (given) => torch.backends.setFlags(given)],
  ['backends.flags', (given) => torch.backends.flags(() => 1, given)],
  ['backends.nnpack.flags', (given) => torch.backends.nnpack.flags(() => 1, given)],
  ['backends.mkldnn.setFlags', (given) => torch.backends.mkldnn.setFlags(given)],
  ['backends.mkldnn.flags', (given) => torch.backends.mkldnn.flags(() => 1, given)],
  ['backends.cudnn.setFlags', (given) => torch.backends.cudnn.setFlags(given)],
  ['backends.cudnn.flags', (given) => torch.backends.cudnn.flags(() => 1, given)],
  ['backends.miopen.setFlags', (given) => torch.backends.miopen.setFlags(given)],
  ['backends.miopen.flags', (given) => torch.backends.miopen.flags(() => 1, given)],
  ['backends.optEinsum.setFlags', (given) => torch.backends.optEinsum.setFlags(given)],
  ['backends.optEinsum.flags', (given) => torch.backends.optEinsum.flags(() => 1, given)],
  ['cuda.makeGraphedCallables', (given) => torch.cuda.makeGraphedCallables(f, [], given)],
  ['torch.capture', (given) => torch.capture(() => 1, given)],
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
  ['Stream', (given) => new torch.Stream('cpu', given)],
  ['Event', (given) => new torch.Event('cpu', given)],
  ['FlopCounterMode', (given) => new utils.flopCounter.FlopCounterMode(given)],
  ['registerFlopFormula', (given) => utils.flopCounter.registerFlopFormula([], () => 1, given)],
  ['DataLoader', (given) => new utils.data.DataLoader([1], given)],
  ['RandomSampler', (given) => new utils.data.RandomSampler([1], given)],
  ['DistributedSampler', (given) => new utils.data.DistributedSampler([1], given)],
  ['WeightedRandomSampler', (given) => new utils.data.WeightedRandomSampler([1], 1, given)],
  ['randomSplit', (given) => utils.data.randomSplit([1], [1], given)],
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

// PyTorch's own spelling of a keyword is for torch.ops alone.
test.each<[string, string, Call]>([
  ['requires_grad', 'requiresGrad', (given) => torch.ones([1], given)],
  ['requires_grad', 'requiresGrad', (given) => torch.zerosLike(x(), given)],
  ['pin_memory', 'pinMemory', (given) => torch.empty([1], given)],
  ['keep_dim', 'keepdim', (given) => x().sum(0, given)],
  ['ceil_mode', 'ceilMode', (given) => torch.maxPool2d(x(), 1, given)],
  ['rounding_mode', 'roundingMode', (given) => torch.div(x(), 2, given)],
  ['full_matrices', 'fullMatrices', (given) => torch.linalg.svd(x(), given)],
  ['non_blocking', 'nonBlocking', (given) => x().copy_(x(), given)],
])('%s is refused, and %s named', (key, meant, call) => {
  const message = `TypeError: .*unexpected keyword '${key}'; did you mean '${meant}'\\?`;
  expect(classAndMessage(() => call({ [key]: true } as never))).toMatch(new RegExp(message));
});

test('torch.ops takes both spellings', () => {
  const pooled = [{ ceil_mode: true }, { ceilMode: true }].map(
    (given) => torch.ops.aten.max_pool2d(torch.ones([1, 3, 3]), 2, given) as Tensor,
  );
  expect(pooled.map(({ shape }) => [...shape])).toEqual([[1, 2, 2], [1, 2, 2]]); // prettier-ignore
});

// ---- every export and every method: one argument too many, and a key that there is not ----

type Callable = (...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => unknown;

// Why something takes what it is given, or cannot tell.
const passedOn = 'passes its arguments on, to what checks them';
const variadic = 'takes any number of tensors or values';
const errors = "an error, which takes JavaScript's arguments";
const made = 'made by the library alone';
const container = "the constructor of JavaScript's own container";
const predicate = 'also called by filter(), which gives three arguments';
const abstract = 'the base of classes, whose constructors check';
const excepted: Record<string, string> = {
  'torch.TorchError': errors,
  'torch.safetensors.SafetensorError': errors,
  'torch.serialization.UnpicklingError': errors,
  'torch.export.SerializeError': errors,
  'torch.utils.checkpoint.CheckpointError': errors,
  'torch.DType': made,
  'torch.Layout': made,
  'torch.MemoryFormat': made,
  'torch.ScriptObject': made,
  'torch.jit.ScriptValue': made,
  'torch.inductor.CompiledModel': made,
  'torch.ao.nn.quantized.dynamic.GRU': made,
  'torch.ao.nn.quantized.dynamic.GRUCell': made,
  'torch.ao.nn.quantized.dynamic.LSTM': made,
  'torch.ao.nn.quantized.dynamic.LSTMCell': made,
  'torch.ao.nn.quantized.dynamic.RNNCell': made,
  'torch.autograd.FunctionContext': made,
  'torch.autograd.graph.Node': made,
  'torch.safetensors.SafeSlice': made,
  'torch.export.ExportedProgram': made,
  'torch.export.ExportGraphSignature': made,
  'torch.export.Dimension': made,
  'torch.export.DimHint': made,
  'torch.export.InputSpec': made,
  'torch.export.OutputSpec': made,
  'torch.autograd.Function': abstract,
  'torch.library.CustomOpDef': made,
  'torch.nn.attention.BlockMask': made,
  'torch.nn.attention.andMasks': variadic,
  'torch.nn.attention.orMasks': variadic,
  'torch.overrides.TorchDispatchMode': abstract,
  'torch.overrides.TorchFunctionMode': abstract,
  'torch.func.linearize': passedOn,
  'torch.higherOrder.map': passedOn,
  'torch.optim.Optimizer': abstract,
  'torch.optim.lrScheduler.LRScheduler': abstract,
  'torch.nn.utils.prune.BasePruningMethod': abstract,
  'torch.nn.utils.parametrize.ParametrizationList': made,
  'torch.atleast1d': variadic,
  'torch.atleast2d': variadic,
  'torch.atleast3d': variadic,
  'torch.blockDiag': variadic,
  'torch.broadcastShapes': variadic,
  'torch.broadcastTensors': variadic,
  'torch.cartesianProd': variadic,
  'torch.einsum': variadic,
  'torch.meshgrid': variadic,
  'torch.nn.Identity': "takes anything, as Python's",
  'torch.nn.Sequential': variadic,
  'torch.nn.utils.prune.PruningContainer': variadic,
  'torch.serialization.tuple': variadic,
  'torch.serialization.Tuple': container,
  'torch.serialization.Size': container,
  'torch.serialization.ByteArray': container,
  'testing.makeTensor': variadic,
  'torch.isTensor': predicate,
  'torch.nn.parameter.isLazy': predicate,
  'torch.func.vjp': passedOn,
  'torch.nn.utils.skipInit': passedOn,
  'torch.utils.checkpoint.checkpoint': passedOn,
  'torch.autograd.forwardAd.withForwardGrad': made,
  'torch.utils.data.Dataset': abstract,
  'torch.utils.data.IterableDataset': abstract,
  'torch.utils.data.Sampler': abstract,
  'torch.utils.data.TensorDataset': variadic,
  'torch.utils.data.StackDataset': variadic,
  'torch.utils.data.workerDataset': passedOn,
  'torch.distributed.ProcessGroup': made,
  'torch.distributed.Store': made,
  'torch.distributed.TCPStore': made,
  'torch.distributed.Work': made,
};
// A plain object is what they take first: the key is given behind it, or in the options.
const ofObjects =
  /^Container|Dict$|^(tensor|asTensor|deepcopy|save|saveFile|saveSharded|receive|toObject|assertClose|assertEqual|setPrintoptions|printoptions|NDArray|registerTorchBackend|asarray|frombuffer|typename|saveNpz|DataLoader|Subset|gatherObject|defaultConvert|workerFunction|(Sequential|Random|Distributed)Sampler)$/;

// A file may be an object: a URL of another realm.
const ofFiles = new Set(['torch.load', 'torch.export.load', 'torch.jit.load', 'torch.inductor.load']);

const isClass = (name: string): boolean => /^[A-Z]/.test(name);
const operators = new Set<unknown>(Object.values(operatorTable));
for (const part of operators)
  if (typeof part === 'object') Object.values(part as object).forEach((one) => operators.add(one));

function exportsOf(name: string, room: object, seen = new Set<unknown>()): [string, Callable][] {
  if (seen.has(room)) return [];
  seen.add(room);
  return Object.entries(room).flatMap(([key, value]: [string, unknown]): [string, Callable][] => {
    const path = `${name}.${key}`;
    if (['ops', 'classes', 'node', 'provide'].includes(key) || value === torch.Tensor || operators.has(value))
      return [];
    if (typeof value === 'object' && value !== null) return exportsOf(path, value, seen);
    if (typeof value !== 'function' || seen.has(value)) return [];
    seen.add(value);
    if (!isClass(key)) return [[path, value as Callable]];
    return [[path, (...args) => new (value as Class)(...args)]];
  });
}

const surplus = Array<number>(40).fill(2);
const tooMany = /^TypeError: .*\(\) takes .*positional arguments? but 4[01] were given/;
const unknown = /^TypeError: .*('noSuchArgument'|noSuchArgument=)/;

/** What is wrong with the errors of a call that must be refused. */
function unrefused(name: string, call: Callable): string[] {
  const found: string[] = [];
  const many = classAndMessage(() => call(...surplus));
  if (!tooMany.test(many)) found.push(`${name}(40 values): ${many}`);
  if (ofObjects.test(name.slice(name.lastIndexOf('.') + 1)) || ofFiles.has(name)) return found;
  const key = classAndMessage(() => call({ noSuchArgument: 1 }));
  if (!unknown.test(key)) found.push(`${name}({ noSuchArgument }): ${key}`);
  return found;
}

const everything = [
  ...exportsOf('torch', torch),
  ...exportsOf('testing', testing),
  ...exportsOf('tfjs', tfjs),
];

test('exports refuse surplus arguments and unknown keys', () => {
  const found = everything
    .filter(([name]) => !(name in excepted))
    .flatMap(([name, call]) => unrefused(name, call));
  expect(found).toEqual([]);
  expect(everything.length).toBeGreaterThan(560);
});

test('each exception is still one', () => {
  const names = new Map(everything);
  const stale = Object.keys(excepted).filter((name) => {
    const call = names.get(name);
    return !call || unrefused(name, call).length === 0;
  });
  expect(stale).toEqual([]);
});

const {
  NDArray,
  NumpyDType,
  NumpyScalar,
  TypedStorage,
  Counter,
  DefaultDict,
  OrderedDict,
  FrozenSet,
  Float,
  tuple,
} = torch.serialization;
const file = join(mkdtempSync(join(tmpdir(), 'nodetorch-')), 'x.safetensors');
safetensors.saveFile({ a: torch.ones([2]) }, file);
const step = () => new optim.lrScheduler.StepLR(sgd(), 1);
const parameter = () => new nn.Parameter(torch.ones([1]));
function parametrized(): nn.Module {
  const module = layer();
  parametrize.registerParametrization(module, 'weight', new nn.Identity());
  return (module as unknown as { parametrizations: { weight: nn.Module } }).parametrizations.weight;
}
function sequential(): optim.lrScheduler.SequentialLR {
  const optimizer = sgd();
  const schedulers = [1, 2].map((size) => new optim.lrScheduler.StepLR(optimizer, size));
  return new optim.lrScheduler.SequentialLR(optimizer, schedulers, [1]);
}

// An object of each class that has methods of its own.
const makers: [kind: string, make: () => object][] = [
  ['Tensor', () => torch.ones([2, 2])],
  ['Parameter', parameter],
  ['UninitializedParameter', () => new nn.UninitializedParameter()],
  ['UninitializedBuffer', () => new nn.UninitializedBuffer()],
  ['Module', layer],
  ['Sequential', () => new nn.Sequential(layer())],
  ['ModuleList', () => new nn.ModuleList([layer()])],
  ['ModuleDict', () => new nn.ModuleDict({ a: layer() })],
  ['ParameterList', () => new nn.ParameterList([parameter()])],
  ['ParameterDict', () => new nn.ParameterDict({ a: parameter() })],
  ['a lazy module', () => new nn.LazyLinear(1)],
  ['MultiheadAttention', () => new nn.MultiheadAttention(2, 1)],
  ['LSTM', () => new nn.LSTM(1, 1)],
  ['GRU', () => new nn.GRU(1, 1)],
  ['BatchNorm1d', () => new nn.BatchNorm1d(1)],
  ['AdaptiveLogSoftmaxWithLoss', () => new nn.AdaptiveLogSoftmaxWithLoss(2, 3, [1])],
  ['ParametrizationList', parametrized],
  ['a pruning method', () => new prune.L1Unstructured(1)],
  ['PruningContainer', () => new prune.PruningContainer()],
  ['AveragedModel', () => new optim.swaUtils.AveragedModel(layer())],
  ['SGD', sgd],
  ['LBFGS', () => new optim.LBFGS(layer().parameters())],
  ['StepLR', step],
  ['SequentialLR', sequential],
  ['ReduceLROnPlateau', () => new optim.lrScheduler.ReduceLROnPlateau(sgd())],
  ['LambdaLR', () => new optim.lrScheduler.LambdaLR(sgd(), () => 1)],
  ['CosineAnnealingWarmRestarts', () => new optim.lrScheduler.CosineAnnealingWarmRestarts(sgd(), 1)],
  ['CyclicLR', () => new optim.lrScheduler.CyclicLR(sgd(), 0.1, 1, { cycleMomentum: false })],
  ['OneCycleLR', () => new optim.lrScheduler.OneCycleLR(sgd(), 0.1, { totalSteps: 2, cycleMomentum: false })],
  ['SWALR', () => new optim.swaUtils.SWALR(sgd(), 0.1)],
  ['GradScaler', () => new torch.GradScaler('cpu')],
  ['Generator', () => new torch.Generator()],
  ['Stream', () => new torch.Stream('cpu')],
  ['Event', () => new torch.Event('cpu')],
  ['FlopCounterMode', () => new utils.flopCounter.FlopCounterMode()],
  ['DataLoader', () => new utils.data.DataLoader([1])],
  ['DistributedSampler', () => new utils.data.DistributedSampler([1], 1, 0)],
  ['HashStore', () => new torch.distributed.HashStore()],
  ['ProcessGroup', () => torch.distributed.GroupMember.NON_GROUP_MEMBER],
  ['Int8WeightOnlyLinear', weightOnly],
  ['ScriptObject', () => torch.ops.profiler._record_function_enter_new('name') as object],
  ['DType', () => torch.float32],
  ['Device', () => torch.device('cpu')],
  ['Layout', () => torch.strided],
  ['Complex', () => new torch.Complex(1, 2)],
  ['PackedSequence', () => rnn.packSequence([torch.ones([2, 1])])],
  ['a node of the graph', () => x().mul(2).gradFn!],
  ['FunctionContext', () => Reflect.construct(torch.autograd.FunctionContext, []) as object],
  ['a handle of a module', () => layer().registerForwardHook(hook)],
  ['SafeOpen', () => safetensors.safeOpen(file)],
  ['SafeSlice', () => safetensors.safeOpen(file).getSlice('a')],
  ['TypedStorage', () => new TypedStorage(torch.ones([2]))],
  ['NDArray', () => new NDArray(new NumpyDType('f4'), [1], new Uint8Array(4))],
  ['NumpyScalar', () => new NumpyScalar(new NumpyDType('f4'), new Uint8Array(4))],
  ['Float', () => new Float(1)],
  ...[tuple(1), new Counter(), new DefaultDict(), new OrderedDict(), new FrozenSet()].map(
    (value): [string, () => object] => [value.constructor.name, () => value],
  ),
];

// Methods that layers override, and what the library calls itself: `protected` in the declarations.
const overridden =
  /^(constructor|forward|extraRepr|resetParameters|initializeParameters|computeMask|toJSON)$/;
const isProtected =
  /^(beginState|updateGroup|updateAtOnce|update|choose|upgrade|checkOptions|run|setDefaults|collect|stateOf|start|options|setLrs|warnOutsideStep)$/;
const takesAnyNumber = [
  'Tensor.at',
  'SafeSlice.at',
  'FunctionContext.saveForBackward',
  'FunctionContext.saveForForward',
  'FunctionContext.markDirty',
];
const variadicMethods = [...takesAnyNumber, 'FunctionContext.markNonDifferentiable'];
// A plain object is their first argument.
const takesObject = /^(newTensor|setExtraState|update|append|addParamGroup|loadStateDict)$/;
const seen = new Set<object>([Object, Function, Array, Map, Set].map(({ prototype }) => prototype as object));

const methods = makers.flatMap(([, make]) => {
  const found: [string, Callable, boolean][] = [];
  let prototype = Object.getPrototypeOf(make()) as object;
  while (prototype !== null && !seen.has(prototype)) {
    seen.add(prototype);
    const owner = prototype.constructor.name;
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      const isOwn = owner !== 'Tensor' || handWritten.has(name);
      if (typeof value !== 'function' || !isOwn || overridden.test(name)) continue;
      if (name.startsWith('_') || (isProtected.test(name) && !/Dict$|^GradScaler$/.test(owner))) continue;
      const call: Callable = (...args) => (make() as Record<string, Callable>)[name](...args);
      found.push([`${owner}.${name}`, call, takesObject.test(name)]);
    }
    prototype = Object.getPrototypeOf(prototype) as object;
  }
  return found;
});

test('methods refuse surplus arguments and unknown keys', () => {
  const rows = methods.filter(([name]) => !variadicMethods.includes(name));
  const found = rows.flatMap(([name, call, isData]) => {
    const keys = isData ? [] : unrefused(name, call);
    return isData && !tooMany.test(classAndMessage(() => call(...surplus))) ? [name] : keys;
  });
  expect(found).toEqual([]);
  expect(new Set(rows.map(([name]) => name)).size).toBeGreaterThan(240);
});
