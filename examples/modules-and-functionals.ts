/**
 * A layer as a module and as a function, side by side: `npm run example:modules`.
 *
 * A module owns its weights: take it for whatever is trained, moved and saved. A functional owns
 * nothing: take it where there is no state, or where the weights come from elsewhere. The same page
 * in prose is docs/modules-and-functionals.md.
 */
import torch, { nn, type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

const show = (label: string, value: Tensor): void =>
  console.log(`${label.padEnd(28)} [${value.shape.join(', ')}]`);

torch.manualSeed(0);

console.log('A linear layer: y = x Wᵀ + b');
const x = torch.randn([1, 3]);

// The module makes weight (2, 3) and bias (2), and keeps them.
const fc = new nn.Linear(3, 2);
show('nn.Linear', fc(x)); // [1, 2]

// The function is told the weight and the bias at each call.
const weight = torch.randn([2, 3]);
const bias = torch.zeros([2]);
show('F.linear', F.linear(x, weight, bias)); // [1, 2]

// One computation: a module's forward is a functional over its own fields.
console.log(`equal with equal weights: ${fc(x).equal(F.linear(x, fc.weight, fc.bias))}`);

console.log('\nA convolution');
const image = torch.randn([1, 3, 32, 32]); // (N, C, H, W)

const conv = new nn.Conv2d(3, 16, 3);
show('nn.Conv2d', conv(image)); // [1, 16, 30, 30]

const kernels = torch.randn([16, 3, 3, 3]); // (Cout, Cin, KH, KW)
show('F.conv2d', F.conv2d(image, kernels)); // [1, 16, 30, 30]
show('F.conv2d, padding 1', F.conv2d(image, kernels, null, { padding: 1 })); // [1, 16, 32, 32]

// Fixed weights are no state to train: a blur of each channel is a functional's work.
const blur = torch.full([3, 1, 3, 3], 1 / 9);
show('F.conv2d, groups 3', F.conv2d(image, blur, null, { groups: 3 })); // [1, 3, 30, 30]

console.log('\nA custom activation');

// A module of functionals: no weights, but a mode, `training`, which train() and eval() set.
class DropoutReLU extends nn.Module<[Tensor], Tensor> {
  constructor(readonly p = 0.5) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return F.dropout(F.relu(x), this.p, { training: this.training });
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}

const activation = new DropoutReLU(0.5);
const values = torch.tensor([-2, -1, 1, 2, 3, 4, 5, 6]);
console.log(String(activation));
activation.train();
console.log(`train: ${activation(values)}`); // some are zero, the others doubled
activation.eval();
console.log(`eval:  ${activation(values)}`); // max(0, x)

console.log('\nTogether: state, and what has none');

class Net extends nn.Module<[Tensor], Tensor> {
  conv = new nn.Conv2d(3, 8, 3);
  bn = new nn.BatchNorm2d(8);
  activation = new DropoutReLU(0.25);
  fc = new nn.Linear(8 * 15 * 15, 2);

  // (N, 3, 32, 32)
  override forward(x: Tensor): Tensor {
    x = this.activation(this.bn(this.conv(x))); // (N, 8, 30, 30)
    return this.fc(F.maxPool2d(x, 2).flatten(1)); // (N, 2)
  }
}

const net = new Net();
console.log(String(net));
for (const [name, tensor] of net.stateDict()) show(name, tensor);

// Batch norm has state that no optimizer trains: every call in training mode moves it.
const batch = torch.randn([4, 3, 32, 32]);
const moved = (): string => (net.bn.running_mean!.abs().sum().item() === 0 ? 'zero' : 'moved');
console.log(`running mean at first: ${moved()}`);
net.eval()(batch);
console.log(`after a call in eval mode: ${moved()}`);
net.train()(batch);
console.log(`after a call in training mode: ${moved()}`);
console.log(`batches seen: ${net.bn.num_batches_tracked!.item()}`);
