// What the soak does in turns: each kind once, as programs do it, with nothing left of it afterwards.
import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as torch from '../../lib';
import { type Tensor, func, nn, optim, safetensors } from '../../lib';

const F = nn.functional;
const { Function, graph } = torch.autograd;
type Context = torch.autograd.FunctionContext;

/** What a worker is told. */
export interface WorkerJob {
  readonly steps: number;
  readonly ends: 'by itself' | 'terminated';
}

class Net extends nn.Module<[Tensor], Tensor> {
  readonly conv = new nn.Conv2d(1, 4, 3, { padding: 1 });
  readonly bn = new nn.BatchNorm2d(4);
  readonly fc = new nn.Linear(256, 10);
  scale = 1;
  seen: Tensor | null = null;
  override forward(x: Tensor): Tensor {
    return this.fc(F.relu(this.bn(this.conv(x))).flatten(1));
  }
}
const batch = (): [x: Tensor, target: Tensor] => [torch.randn([16, 1, 8, 8]), torch.randint(0, 10, [16])];

function step(net: Net, optimizer: optim.Optimizer): number {
  const [x, target] = batch();
  optimizer.zeroGrad();
  const loss = F.crossEntropy(net(x), target);
  loss.backward();
  optimizer.step();
  return loss.item() as number;
}

/** Nets of which each is trained a little and dropped, by all optimizers in turns. */
export function training(round: number): void {
  const net = new Net();
  const make = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop][round % 4];
  const optimizer = new make(net.parameters(), { lr: 1e-3 });
  for (let i = 0; i < 10; i++) step(net, optimizer);
  net.eval();
  torch.noGrad(() => net(batch()[0]));
}

/** A net that lives as long as the soak. */
const lasting = new Net();
const lastingAdam = new optim.Adam(lasting.parameters(), { lr: 1e-4 });
export function longTraining(): void {
  for (let i = 0; i < 10; i++) step(lasting, lastingAdam);
}

class KeepsOutput extends Function {
  static override forward(ctx: Context, x: Tensor): Tensor {
    const y = x.exp();
    ctx.saveForBackward(y);
    ctx.out = y;
    return y;
  }
  static override backward = (ctx: Context, g: Tensor): Tensor => g.mul(ctx.savedTensors[0]);
}

/** Functions of every kind that refer to what they hang on. */
export function hooks(): void {
  const net = new Net();
  net.conv.weight.registerHook((g) => g.mul(net.scale));
  net.fc.weight.registerPostAccumulateGradHook((p) => void (net.scale = p.dim()));
  net.registerForwardHook((module, _, out) => void ((module as Net).seen = (out as Tensor).detach()));
  net.bn.registerFullBackwardHook(() => void net.scale);
  const handle = net.fc.bias!.registerHook((g) => g.add(net.fc.bias!));
  graph.registerMultiGradHook([net.conv.weight, net.fc.weight], () => void net.scale);
  const loss = () => F.crossEntropy(net(batch()[0]), batch()[1]);
  loss().backward();
  handle.remove();
  graph.savedTensorsHooks((t: Tensor) => t.clone(), (t: Tensor) => t, loss).backward(); // prettier-ignore
  const x = torch.ones([3], { requiresGrad: true });
  const y = KeepsOutput.apply(x.mul(2)) as Tensor;
  y.registerHook((g) => g.mul(y.detach()));
  torch.utils.checkpoint.checkpoint((a: Tensor) => a.sin().mul(y), x, { useReentrant: false }).sum().backward(); // prettier-ignore
}

/** Transforms, and transforms of transforms. */
export function transforms(): void {
  const cube = (x: Tensor): Tensor => x.pow(3).sum();
  const x = torch.randn([4]);
  func.hessian(cube)(x);
  func.vmap(func.grad(cube))(torch.randn([3, 4]));
  func.jvp(cube, [x], [torch.ones([4])]);
  func.vjp(cube, x)[1](torch.ones([]));
  func.jacrev((y: Tensor) => y.sin())(x);
}

function thrown(call: () => unknown): void {
  try {
    call();
  } catch {
    return;
  }
  throw new Error(`no error: ${String(call)}`);
}

/** Errors at every depth: in operators, in arguments, inside of forward, hooks, backward and transforms. */
export function errors(): void {
  const x = torch.ones([3], { requiresGrad: true });
  const fails = (): never => {
    throw new RangeError('mine');
  };
  const wrong = torch.zeros as (...args: unknown[]) => Tensor;
  thrown(() => torch.ones([2, 3]).mm(torch.ones([2, 3])));
  thrown(() => wrong('three'));
  thrown(() => torch.tidy(() => (x.mul(2), fails())));
  thrown(() => torch.noGrad(fails));
  thrown(() => func.grad(fails as unknown as (y: Tensor) => Tensor)(torch.ones([1])));
  thrown(() => func.vmap((y: Tensor) => (y.mul(2), fails()))(torch.ones([2])));
  const y = x.mul(2);
  y.registerHook(fails);
  thrown(() => y.sum().backward());
  const z = x.exp();
  z.sum().backward();
  thrown(() => z.sum().backward());
}

/** Every kind of file, written and read in `folder`; and files that are none. */
export function files(folder: string): void {
  const at = (name: string): string => path.join(folder, name);
  const net = new Net();
  torch.save({ model: net.stateDict(), step: 3 }, at('a.pt'));
  torch.load(at('a.pt'));
  torch.load(at('a.pt'), { mmap: true });
  safetensors.saveFile(net.stateDict(), at('a.safetensors'));
  net.loadStateDict(safetensors.loadFile(at('a.safetensors')), { assign: true });
  safetensors.loadFile(at('a.safetensors'), { backend: 'pread' });
  safetensors.safeOpen(at('a.safetensors')).getTensor('fc.weight'); // nobody closes it
  torch.io.saveNpy(torch.randn([64, 64]), at('a.npy'));
  torch.io.loadNpy(at('a.npy'));
  fs.writeFileSync(at('bad'), fs.readFileSync(at('a.pt')).subarray(0, 700));
  thrown(() => torch.load(at('bad')));
  thrown(() => safetensors.loadFile(at('bad')));
}

/** A worker that trains and hands a tensor over, or is terminated at it. */
export async function worker(file: string, round: number): Promise<void> {
  const job: WorkerJob = { steps: 5, ends: round % 2 === 0 ? 'by itself' : 'terminated' };
  const made = new Worker(file, { workerData: job });
  const shared = await new Promise<torch.SharedTensor>((resolve, reject) => {
    made.once('message', resolve);
    made.once('error', reject);
  });
  const received = torch.receive(shared);
  if (received.numel() !== 1000) throw new Error('the worker gave another tensor');
  if (job.ends === 'terminated') await made.terminate();
  else await new Promise((resolve) => made.once('exit', resolve));
}

/** The worker's own part: returns what it shares. */
export function inWorker({ steps }: WorkerJob): torch.SharedTensor {
  const net = new Net();
  const optimizer = new optim.SGD(net.parameters(), { lr: 1e-3 });
  for (let i = 0; i < steps; i++) step(net, optimizer);
  hooks();
  transforms();
  return torch.share(torch.ones([1000]));
}

/** Batches of a loader, with and without its end. */
export async function loading(): Promise<void> {
  const { TensorDataset, DataLoader } = torch.utils.data;
  const loader = new DataLoader(new TensorDataset(torch.randn([64, 3]), torch.arange(64)), {
    batchSize: 8,
    shuffle: true,
  });
  for (const [x] of loader) x.sum();
  for await (const [x] of loader) {
    x.sum();
    break;
  }
}
