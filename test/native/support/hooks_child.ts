// Run by threads.process.test.ts with NODETORCH_BACKWARD_THREAD=1: backward then runs on another thread, as on a
// GPU, and every JS function that it reaches runs here. Prints what it saw as JSON.
import { isMainThread, threadId } from 'node:worker_threads';
import * as library from '../../../lib/library';
import * as overrides from '../../../lib/overrides';
import { autograd, manualSeed, native, type Tensor, tensor, torch } from './torch';

const caught = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

class Square extends autograd.Function {
  static override forward(ctx: InstanceType<typeof autograd.FunctionContext>, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.mul(x) as Tensor;
  }
  static override backward(ctx: InstanceType<typeof autograd.FunctionContext>, grad: Tensor): Tensor {
    return grad.mul(ctx.savedTensors[0]).mul(2) as Tensor;
  }
}

function hooks(): unknown {
  const x = tensor([1, 2], { requiresGrad: true });
  const order: string[] = [];
  x.registerHook((grad) => {
    order.push(`hook ${isMainThread} ${threadId}`);
    return grad.mul(10);
  });
  x.registerPostAccumulateGradHook((leaf) => order.push(`after ${String(leaf.grad!.tolist())}`));
  Square.apply(x).sum().backward();
  return { order, grad: x.grad!.tolist() };
}

function exceptions(): unknown {
  const mine = { not: 'an Error' };
  const x = tensor([1], { requiresGrad: true });
  const handle = x.registerHook(() => {
    throw mine;
  });
  const fromHook = caught(() => x.mul(2).sum().backward()) === mine;
  handle.remove();
  class Fails extends Square {
    static override backward(): never {
      throw mine;
    }
  }
  const fromFunction = caught(() => Fails.apply(x).sum().backward()) === mine;
  x.mul(2).sum().backward();
  return { fromHook, fromFunction, after: x.grad!.tolist() };
}

function nested(): unknown {
  const x = tensor([3], { requiresGrad: true });
  const z = tensor([2], { requiresGrad: true });
  z.registerHook((grad) => grad.add(1));
  x.registerHook((grad) => {
    // Hooks run without gradients, as in Python.
    autograd.enableGrad(() => Square.apply(z).sum().backward()); // backward inside a hook, with a hook and a Function of its own
    return grad.add(z.grad!);
  });
  Square.apply(x).sum().backward();
  return { x: x.grad!.tolist(), z: z.grad!.tolist() };
}

function modes(): unknown {
  const x = tensor([2], { requiresGrad: true });
  const seen: boolean[] = [];
  x.registerHook(() => void seen.push(autograd.isGradEnabled()));
  x.mul(x).sum().backward();
  const [first] = autograd.grad(x.mul(x).mul(x).sum(), x, { createGraph: true });
  const [second] = autograd.grad(first!.sum(), x);
  const warned = caught(() => torch.matmul(x, torch.zeros([3])));
  return {
    seen,
    second: second!.tolist(),
    stillEnabled: autograd.isGradEnabled(),
    warned: (warned as Error).name,
  };
}

function many(): unknown {
  const x = tensor([1], { requiresGrad: true });
  let calls = 0;
  x.registerHook(() => void calls++);
  for (let i = 0; i < 2000; i++) x.mul(2).sum().backward();
  return { calls, grad: x.grad!.item() };
}

/** A gradient that is summed in as many pieces as there are threads, on another thread as here: here first, before there are hooks. */
function threads(): unknown {
  const before = native.getNumThreads();
  const gradient = (count: number, hook?: () => void): unknown => {
    native.setNumThreads(count);
    manualSeed(1);
    const x = torch.zeros([1], { requiresGrad: true });
    if (hook) x.registerHook(hook);
    x.expand([1_000_003])
      .mul(torch.randn([1_000_003]))
      .sum()
      .backward();
    return x.grad!.item();
  };
  const counts = [1, 3, 5];
  const here = counts.map((count) => gradient(count));
  const there = counts.map((count) => gradient(count, () => {}));
  native.setNumThreads(before);
  return { here, there };
}

/** A mode that sees the operators of a backward, and an operator whose kernel is JavaScript's in one. */
function kernels(): unknown {
  const seen: string[] = [];
  class Log extends overrides.TorchDispatchMode {
    override torchDispatch(operator: overrides.DispatchedOperator, args: unknown[], kwargs: object): unknown {
      seen.push(String(operator));
      return operator(...args, kwargs);
    }
  }
  const x = tensor([3, 4], { requiresGrad: true });
  const twice = library.customOp('hooks::twice', (grad: Tensor) => grad.mul(2), {
    schema: '(Tensor grad) -> Tensor',
  });
  class Scaled extends autograd.Function {
    static override forward(_ctx: unknown, y: Tensor): Tensor {
      return y.mul(1) as Tensor;
    }
    static override backward(_ctx: unknown, grad: Tensor): Tensor {
      return twice(grad) as Tensor;
    }
  }
  new Log().run(() => autograd.grad(x.mul(x).sum(), x));
  Scaled.apply(x).sum().backward();
  return { seen, grad: x.grad!.tolist() };
}

const jobs = { threads, hooks, exceptions, nested, modes, kernels, many };
const seen = Object.entries(jobs).map(([name, job]) => [name, job()]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(seen))}\n`);
