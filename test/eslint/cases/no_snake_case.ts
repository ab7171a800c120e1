import { testRule } from '../tester';

const mended = (code: string, name: string, output: string) => ({
  code,
  errors: [`In nodetorch it is \`${name}\`.`],
  output,
});

testRule('no-snake-case', {
  valid: [
    'x.requiresGrad_(true).add_(1);',
    // State keeps PyTorch's spelling.
    'const bn = new nn.BatchNorm2d(1); bn.running_mean; bn.num_batches_tracked;',
    'torch.ops.aten.max_pool2d(x, 2);',
    'class Net extends nn.Module { my_layer = new nn.Linear(1, 1); get_it() { return this.my_layer; } }',
    // Names of others.
    'declare const other: { requiresGrad: boolean }; (other as any).requires_grad;',
    'const mine = { weight_decay: 0, requires_grad: true }; mine.weight_decay;',
    'declare const any: any; any.requires_grad; const { requires_grad } = any;',
    'declare function mine(options: { weightDecay?: number }): void; (mine as any)({ weight_decay: 0 });',
    'class Mine { requires_grad() {} }',
    'declare function mine(given: { [K in "a" as "embedDim"]: number }): void; mine({ embed_dim: 1 });',
  ],
  invalid: [
    // Members.
    mended('x.requires_grad;', 'requiresGrad', 'x.requiresGrad;'),
    mended('x.requires_grad = true;', 'requiresGrad', 'x.requiresGrad = true;'),
    mended('p.data_ptr();', 'dataPtr', 'p.dataPtr();'),
    mended('torch.no_grad(() => x);', 'noGrad', 'torch.noGrad(() => x);'),
    mended('F.cross_entropy(x, y);', 'crossEntropy', 'F.crossEntropy(x, y);'),
    mended('nn.init.kaiming_uniform_(p);', 'kaimingUniform_', 'nn.init.kaimingUniform_(p);'),
    mended('maybe?.grad_fn;', 'gradFn', 'maybe?.gradFn;'),
    mended('new nn.Linear(1, 1).state_dict();', 'stateDict', 'new nn.Linear(1, 1).stateDict();'),
    mended('optim.lr_scheduler;', 'lrScheduler', 'optim.lrScheduler;'),
    mended(
      'class Net extends nn.Module { constructor() { super(); this.register_buffer("m", x); } }',
      'registerBuffer',
      'class Net extends nn.Module { constructor() { super(); this.registerBuffer("m", x); } }',
    ),
    // Options: of constructors, of functions, of overloaded operators, deeper inside.
    mended(
      'new optim.AdamW([p], { weight_decay: 0 });',
      'weightDecay',
      'new optim.AdamW([p], { weightDecay: 0 });',
    ),
    mended(
      'torch.ones([1], { requires_grad: true });',
      'requiresGrad',
      'torch.ones([1], { requiresGrad: true });',
    ),
    mended(
      'new nn.BatchNorm2d(2, { track_running_stats: false });',
      'trackRunningStats',
      'new nn.BatchNorm2d(2, { trackRunningStats: false });',
    ),
    mended('F.maxPool2d(x, 2, { ceil_mode: true });', 'ceilMode', 'F.maxPool2d(x, 2, { ceilMode: true });'),
    mended(
      'new nn.MultiheadAttention({ embed_dim: 4, numHeads: 2 });',
      'embedDim',
      'new nn.MultiheadAttention({ embedDim: 4, numHeads: 2 });',
    ),
    mended('x.to({ non_blocking: true });', 'nonBlocking', 'x.to({ nonBlocking: true });'),
    mended(
      'F.crossEntropy(x, y, { label_smoothing: 0.1 });',
      'labelSmoothing',
      'F.crossEntropy(x, y, { labelSmoothing: 0.1 });',
    ),
    mended(
      'x.sum().backward({ retain_graph: true });',
      'retainGraph',
      'x.sum().backward({ retainGraph: true });',
    ),
    mended(
      'new optim.SGD([{ params: [p], weight_decay: 0 }], { lr: 1 });',
      'weightDecay',
      'new optim.SGD([{ params: [p], weightDecay: 0 }], { lr: 1 });',
    ),
    mended(
      'const weight_decay = 0; new optim.AdamW([p], { weight_decay });',
      'weightDecay',
      'const weight_decay = 0; new optim.AdamW([p], { weightDecay: weight_decay });',
    ),
    // What is taken out of an object.
    mended('const { requires_grad } = x;', 'requiresGrad', 'const { requiresGrad: requires_grad } = x;'),
    mended('const { no_grad: f } = torch;', 'noGrad', 'const { noGrad: f } = torch;'),
    mended(
      'function f({ is_leaf }: Tensor) { return is_leaf; }',
      'isLeaf',
      'function f({ isLeaf: is_leaf }: Tensor) { return is_leaf; }',
    ),
    // Imports.
    mended(
      'import { no_grad } from "nodetorch"; no_grad(() => ({ no_grad })); torch.noGrad;',
      'noGrad',
      'import { noGrad } from "nodetorch"; noGrad(() => ({ no_grad: noGrad })); torch.noGrad;',
    ),
    mended(
      'import { no_grad as f } from "nodetorch"; f(() => x);',
      'noGrad',
      'import { noGrad as f } from "nodetorch"; f(() => x);',
    ),
    {
      code: 'import { cross_entropy } from "nodetorch/functional"; const crossEntropy = cross_entropy(x, y);',
      errors: ['`crossEntropy`'],
    },
    // Methods that nobody would call.
    mended(
      'class Net extends nn.Module { extra_repr() { return ""; } }',
      'extraRepr',
      'class Net extends nn.Module { extraRepr() { return ""; } }',
    ),
  ],
});
