// Run by runtimes.test.ts under Node, Bun and Deno, in a project that has installed the package. Prints, as JSON, what
// of its checks failed and why. everything.json has Python's numbers.
/* global URL, console, setTimeout, structuredClone */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import torch, { nn, optim, safetensors, Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';

const expected = JSON.parse(fs.readFileSync(new URL('everything.json', import.meta.url), 'utf8'));
// Deno's assert.throws does not ask a class for Symbol.hasInstance.
const isTorchError = (error) => error instanceof torch.TorchError;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const close = (tensor, values, tolerance = 1e-6) => {
  const found = tensor.flatten().tolist();
  assert.equal(found.length, values.length);
  found.forEach((x, i) => assert.ok(Math.abs(x - values[i]) <= tolerance, `${found} is not ${values}`));
};

const checks = {
  'tensors: data of every kind': () => {
    for (const name of [
      'float64',
      'float32',
      'int64',
      'int32',
      'int16',
      'int8',
      'uint8',
      'bool',
      'float16',
      'bfloat16',
    ]) {
      const x = torch.tensor(
        [
          [1, 0],
          [1, 1],
        ],
        { dtype: torch[name] },
      );
      assert.deepEqual([x.dtype.name, x.shape, x.sum().item()], [name, [2, 2], 3]);
    }
    assert.equal(torch.tensor([2n ** 62n]).itemBigInt(), 2n ** 62n);
    assert.throws(() => torch.tensor([2n ** 62n]).item(), RangeError);
    assert.deepEqual(torch.tensor(new Float32Array([1, 2])).toTypedArray(), new Float32Array([1, 2]));
    assert.deepEqual(
      torch
        .complex(torch.tensor([1]), torch.tensor([2]))
        .tolist()
        .map(String),
      ['(1+2j)'],
    );
  },
  'tensors: views, indices, in place': () => {
    const x = torch.arange(12).reshape([3, 4]);
    assert.deepEqual(x.at(1).tolist(), [4, 5, 6, 7]);
    assert.deepEqual(x.at(':', '1:3').tolist(), [
      [1, 2],
      [5, 6],
      [9, 10],
    ]);
    assert.deepEqual([x.at(x.gt(9)).tolist(), x.at(1n, 2).item()], [[10, 11], 6]);
    assert.deepEqual(x.at(torch.tensor([2n]), '1:3').tolist(), [[9, 10]]);
    x.at(0).fill_(7);
    assert.deepEqual(x.t().at(':', 0).tolist(), [7, 7, 7, 7]);
    const { values, indices } = torch.tensor([3, 1, 2]).sort();
    assert.deepEqual(
      [values.tolist(), indices.tolist()],
      [
        [1, 2, 3],
        [1, 2, 0],
      ],
    );
    assert.deepEqual(torch.cat([torch.ones([1]), torch.zeros([2])]).tolist(), [1, 0, 0]);
    assert.equal(torch.linalg.det(torch.eye(3).mul(2)).item(), 8);
  },
  'tensors: random numbers of a seed': () => {
    torch.manualSeed(0);
    close(torch.rand([2]), expected.rand, 0);
    close(torch.randn([2]), expected.randn, 0);
  },
  'tensors: printed, compared, refused': () => {
    assert.equal(String(torch.tensor([1, 2])), 'tensor([1., 2.])');
    assert.match(inspect(torch.ones([2])), /tensor\(\[1\., 1\.\]\)/);
    assert.ok(torch.ones([1]) instanceof Tensor);
    assert.throws(() => JSON.stringify(torch.ones([1])), /tolist/);
    assert.throws(() => torch.ones([1]) + 1, TypeError);
    assert.throws(() => structuredClone(torch.ones([1])));
  },
  'errors: class, message, cause': () => {
    assert.throws(
      () => torch.ones([2]).matmul(torch.ones([3])),
      (error) => error instanceof torch.TorchError && error instanceof Error && /size/.test(error.message),
    );
    assert.throws(
      () => torch.add('a', 1),
      (error) => error instanceof TypeError && /Tensor/.test(error.message),
    );
    assert.throws(
      () => torch.ones([2]).at(5),
      (error) => error.kind === 'IndexError',
    );
    assert.throws(() => torch.empty([2 ** 60]), isTorchError);
  },
  'autograd: gradients, of gradients, and none': () => {
    const x = torch.tensor([1, 2, 3], { requiresGrad: true });
    x.pow(3).sum().backward();
    assert.deepEqual(x.grad.tolist(), [3, 12, 27]);
    const [first] = torch.autograd.grad(x.pow(3).sum(), [x], { createGraph: true });
    const [second] = torch.autograd.grad(first.sum(), [x]);
    assert.deepEqual(second.tolist(), [6, 12, 18]);
    assert.equal(torch.noGrad(() => x.mul(2)).requiresGrad, false);
    assert.throws(() => torch.noGrad(async () => x), isTorchError);
    assert.deepEqual(torch.autograd.functional.jacobian((y) => y.mul(y), torch.tensor([1, 2])).tolist(), [
      [2, 0],
      [0, 4],
    ]);
  },
  'autograd: hooks and own functions': () => {
    class Double extends torch.autograd.Function {
      static forward(context, x) {
        context.saveForBackward(x);
        return x.mul(2);
      }
      static backward(context, grad) {
        assert.deepEqual(context.savedTensors[0].tolist(), [1, 2]);
        return grad.mul(2);
      }
    }
    const x = torch.tensor([1, 2], { requiresGrad: true });
    const seen = [];
    x.registerHook((grad) => {
      seen.push(grad.tolist());
      return grad.mul(10);
    });
    Double.apply(x).sum().backward();
    assert.deepEqual([seen, x.grad.tolist()], [[[2, 2]], [20, 20]]);
    const y = torch.ones([2], { requiresGrad: true });
    y.registerHook(() => {
      throw new Error('mine');
    });
    assert.throws(() => y.sum().backward(), /^Error: mine$/);
  },
  'func: grad of vmap': () => {
    const square = torch.func.vmap((x) => x.mul(x).sum());
    assert.deepEqual(
      square(
        torch.tensor([
          [1, 2],
          [3, 4],
        ]),
      ).tolist(),
      [5, 25],
    );
    assert.equal(
      torch.func
        .grad((x) => x.pow(3))(torch.tensor(2))
        .item(),
      12,
    );
  },
  'nn: modules are functions, with state and hooks': () => {
    class Net extends nn.Module {
      fc = new nn.Linear(2, 3);
      norm = new nn.BatchNorm1d(3);
      #calls = 0;
      forward(x) {
        this.#calls++;
        return F.relu(this.norm(this.fc(x)));
      }
      get calls() {
        return this.#calls;
      }
    }
    const net = new Net();
    let hooked = 0;
    net.registerForwardHook(() => void hooked++);
    assert.deepEqual(net(torch.ones([4, 2])).shape, [4, 3]);
    assert.deepEqual([net.calls, hooked, net instanceof nn.Module, typeof net], [1, 1, true, 'function']);
    assert.deepEqual([...net.stateDict().keys()].slice(0, 3), ['fc.weight', 'fc.bias', 'norm.weight']);
    assert.equal(net.norm.num_batches_tracked.item(), 1);
    assert.match(String(net), /\(fc\): Linear\(in_features=2, out_features=3, bias=True\)/);
    const other = new Net();
    other.loadStateDict(net.stateDict());
    assert.ok(torch.equal(other.fc.weight, net.fc.weight));
  },
  'nn: convolution, recurrence, attention, embedding': () => {
    torch.manualSeed(0);
    const shapes = [
      new nn.Conv2d(1, 2, 3)(torch.ones([1, 1, 5, 5])),
      new nn.LSTM(3, 4)(torch.ones([2, 1, 3]))[0],
      new nn.MultiheadAttention(4, 2)(torch.ones([2, 1, 4]), torch.ones([2, 1, 4]), torch.ones([2, 1, 4]))[0],
      new nn.Embedding(5, 3)(torch.tensor([1n, 2n])),
      new nn.Sequential(new nn.Linear(2, 2), new nn.GELU())(torch.ones([1, 2])),
    ].map(({ shape }) => [...shape]);
    assert.deepEqual(shapes, [
      [1, 2, 3, 3],
      [2, 1, 4],
      [2, 1, 4],
      [2, 3],
      [1, 2],
    ]);
  },
  'nn: a training run gives the losses of Python': () => {
    torch.setNumThreads(1);
    for (const [name, options, losses] of expected.runs) {
      torch.manualSeed(1);
      const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 1));
      const optimizer = new optim[name](model.parameters(), options);
      const x = torch.randn([16, 4]);
      const y = x.sum({ dim: 1, keepdim: true });
      const found = losses.map(() => {
        const loss = F.mseLoss(model(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
      assert.deepEqual(found, losses, name);
    }
  },
  'files: .pt and .safetensors': () => {
    const model = new nn.Linear(3, 2);
    torch.save({ model: model.stateDict(), epoch: 3, names: ['a', null] }, 'model.pt');
    safetensors.saveFile(model.stateDict(), 'model.safetensors');
    const loaded = torch.load('model.pt');
    assert.deepEqual([loaded.get('epoch'), loaded.get('names')], [3, ['a', null]]);
    assert.ok(torch.equal(loaded.get('model').get('weight'), model.weight));
    const mapped = torch.load('model.pt', { mmap: true }).get('model').get('bias');
    assert.ok(torch.equal(mapped, safetensors.loadFile('model.safetensors').get('bias')));
    fs.writeFileSync('broken.pt', 'not a file of PyTorch');
    assert.throws(() => torch.load('broken.pt'), Error);
  },
  'memory: scopes and disposal': () => {
    const { tensors } = torch.memory();
    const kept = torch.tidy(() => {
      torch.ones([10]).add(1).mul(2);
      return torch.ones([3]);
    });
    assert.equal(torch.memory().tensors, tensors + 1);
    kept.dispose();
    assert.equal(torch.memory().tensors, tensors);
    assert.throws(() => kept.add(1), isTorchError);
  },
  // 600 tensors of 4 MB, of which a few may live at a time.
  'memory: flat in a synchronous loop': () => {
    let most = 0;
    for (let i = 0; i < 300; i++) {
      torch.ones([1024, 1024]).add(1);
      most = Math.max(most, torch.memory().bytes);
    }
    assert.ok(most < 500e6, `${most} bytes`);
  },
  'memory: flat in a loop with turns': async () => {
    await turn();
    let most = 0;
    for (let i = 0; i < 300; i++) {
      torch.ones([1024, 1024]).add(1);
      most = Math.max(most, torch.memory().bytes);
      if (i % 10 === 9) await turn();
    }
    assert.ok(most < 700e6, `${most} bytes`);
  },
  'threads: workers compute at the same time, and share tensors': async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((factor) => ask({ factor })));
    assert.deepEqual(
      answers.map(({ sum }) => sum),
      [10, 20, 30, 40],
    );
    const x = torch.zeros([3]);
    const { back } = await ask({ shared: torch.share(x) });
    assert.deepEqual(x.tolist(), [5, 5, 5]); // the same memory
    assert.equal(torch.receive(back).dataPtr(), x.dataPtr());
  },
  'threads: grad mode is a thread’s own, a hook runs on the thread of backward': async () => {
    const answer = await torch.noGrad(() => ({ asked: ask({ mode: true }) })).asked;
    assert.deepEqual(answer, { mode: true, hooked: true });
  },
  'threads: a worker throws, and is terminated in its work': async () => {
    await assert.rejects(ask({ fail: true }), /size/);
    const worker = new Worker(new URL('everything_worker.mjs', import.meta.url));
    await new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage({ forever: true });
    });
    await worker.terminate();
    assert.equal(torch.ones([2]).sum().item(), 2);
  },
};

function ask(question) {
  const worker = new Worker(new URL('everything_worker.mjs', import.meta.url));
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}

const failed = {};
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
  } catch (error) {
    failed[name] = String(error.message).split('\n').slice(0, 4).join(' ').slice(0, 300);
  }
}
console.log(JSON.stringify({ checks: Object.keys(checks).length, failed }));
