// The packed types hold for the oldest TypeScript that is promised, without skipLibCheck.
import path from 'node:path';
import { installed, removeAll, run, tool } from './project';

afterAll(removeAll);

const consumer = `
import torch, { nn, Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import { Linear } from 'nodetorch/nn';
import { SGD } from 'nodetorch/optim';
import * as safetensors from 'nodetorch/safetensors';
const layer = new Linear(2, 3);
const y: Tensor = F.relu(layer(torch.randn([1, 2])).add(1));
export const all: [number[], nn.Linear, object, object] = [[...y.shape], layer, SGD, safetensors];
// @ts-expect-error: a tensor is no string
export const wrong: string = y.relu();`;

// The strictest flags: options may be undefined, and the first sizes and parts of a tensor are there.
const strict = `
import torch, { nn, optim } from 'nodetorch';
import * as F from 'nodetorch/functional';
function draw(generator?: torch.Generator, dtype?: torch.DType): torch.Tensor {
  return torch.randn([2, 3], { generator, dtype, requiresGrad: undefined });
}
class Net extends nn.Module {
  constructor(bias?: boolean, readonly fc = new nn.Linear(2, 3, { bias, dtype: undefined })) {
    super();
  }
  override forward(x: torch.Tensor) {
    const [b, t] = x.shape;
    const [q, k] = this.fc(x.view([b, t])).chunk(2, -1);
    const [first, second] = q.unbind();
    return F.dropout(q.add(k), { p: undefined }).add(first).add(second).mul(t * b);
  }
}
const x = draw();
const net = new Net();
const y: torch.Tensor = net(x);
y.backward(undefined, { retainGraph: undefined });
new optim.SGD(net.parameters(), { lr: 1, momentum: undefined });
const [g] = torch.autograd.grad(y, x, { allowUnused: undefined });
g.norm();
const list = new nn.Sequential(new nn.Linear(1, 1), new nn.ReLU());
list[0].weight.shape[0].toFixed();
// @ts-expect-error: the call has the types of forward
net(1);
// @ts-expect-error: no such option
torch.randn([2], { colour: undefined });`;

test('TypeScript 5.2, with the resolution of Node 10 and of Node 16', () => {
  const tools = tool('typescript', 'typescript@5.2', '@types/node@20');
  if (!tools) return;
  const made = installed('types', { 'consumer.ts': consumer, 'strict.ts': strict });
  const strictest = ['--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--noImplicitOverride'];
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'];
  const types = ['--types', 'node', '--typeRoots', path.join(tools, '@types')];
  for (const [module, resolution] of [
    ['commonjs', 'node'],
    ['node16', 'node16'],
  ]) {
    const how = ['--module', module, '--moduleResolution', resolution];
    const tsc = path.join(tools, 'typescript/bin/tsc');
    const done = { code: 0, text: '' };
    expect(run([process.execPath, tsc, ...flags, ...types, ...how, 'consumer.ts'], made)).toEqual(done);
    expect(run([process.execPath, tsc, ...flags, ...strictest, ...types, ...how, 'strict.ts'], made)).toEqual(
      done,
    );
  }
});
