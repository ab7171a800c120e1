// Backward passes inside of backward passes, hundreds deep, or as deep as the argument says. Run by
// threads.process.test.ts, on both ways of callbacks.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import * as nodetorch from '../../../lib';
import { autograd, type Tensor, tensor, torch } from './torch';

type Context = InstanceType<typeof autograd.FunctionContext>;
const { enableGrad, noGrad, isGradEnabled } = autograd;

// Runs `then` in its backward.
class Then extends autograd.Function {
  static override forward(ctx: Context, x: Tensor, then: (depth: number) => void, depth: number): Tensor {
    ctx.then = () => then(depth);
    return x.mul(2) as Tensor;
  }
  static override backward(ctx: Context, grad: Tensor): [Tensor, null, null] {
    (ctx.then as () => void)();
    return [grad.mul(2) as Tensor, null, null];
  }
}

const leaf = () => tensor([1], { requiresGrad: true });
const caught = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

/** A backward in a backward, `most` deep; the innermost calls `last`. */
function nest(most: number, last: () => void = () => {}, way: 'backward' | 'grad' = 'backward'): number {
  let reached = 0;
  const level = (depth: number): void => {
    reached = Math.max(reached, depth);
    if (depth === most) return last();
    enableGrad(() => {
      const x = leaf();
      const y = Then.apply(x, level, depth + 1).sum() as Tensor;
      if (way === 'backward') y.backward();
      const grad = way === 'grad' ? autograd.grad(y, x)[0]! : x.grad!;
      if (grad.item() !== 2) throw new Error(`a gradient of ${String(grad.item())} at ${depth}`);
    });
  };
  level(0);
  return reached;
}

function hooksOfMany(): unknown {
  const seen: unknown[] = [];
  nest(90, () => {
    enableGrad(() => {
      const [a, b, c] = [leaf(), leaf(), leaf()];
      autograd.graph.registerMultiGradHook([a, b, c], (grads) => {
        seen.push(grads.map((grad) => grad && grad.item()));
      });
      a.mul(b).sum().backward();
    });
  });
  return seen;
}

function modes(): unknown {
  const seen: unknown[] = [];
  const state = () => [
    isGradEnabled(),
    nodetorch.isAutocastEnabled('cpu'),
    autograd.isInferenceModeEnabled(),
  ];
  nodetorch.autocast('cpu', () => {
    nest(80, () => seen.push(state()));
    nest(80, () => enableGrad(() => nodetorch.autocast('cpu', { enabled: false }, () => seen.push(state()))));
    noGrad(() => seen.push(state()));
  });
  seen.push(state());
  return seen;
}

function savedHooks(): number {
  let packed = 0;
  const pack = (x: Tensor) => (packed++, x);
  nest(70, () => {
    autograd.graph.savedTensorsHooks(
      pack,
      (x) => x,
      () =>
        enableGrad(() => {
          const x = leaf();
          // Saves x twice, and what its second derivative needs, on whichever thread that runs.
          const [first] = autograd.grad(x.mul(x).sum(), x, { createGraph: true });
          first!.sum().backward();
        }),
    );
  });
  return packed;
}

function checkpoints(): unknown {
  const { checkpoint } = nodetorch.utils.checkpoint;
  const around =
    (depth: number) =>
    (x: Tensor): Tensor =>
      depth === 0 ? (x.mul(2) as Tensor) : checkpoint(around(depth - 1), x, { useReentrant: true }).mul(1);
  const x = leaf();
  checkpoint(around(5), x, { useReentrant: true }).sum().backward();
  let grad: unknown;
  nest(70, () =>
    enableGrad(() => {
      const y = leaf();
      checkpoint(around(3), y, { useReentrant: true }).sum().backward();
      grad = y.grad!.item();
    }),
  );
  const refused = caught(() => autograd.grad(checkpoint(around(0), x, { useReentrant: true }).sum(), x));
  return [x.grad!.item(), grad, (refused as Error).message.slice(0, 75)];
}

function errors(): unknown {
  const mine = { not: 'an Error' };
  const thrown = caught(() =>
    nest(150, () => {
      throw mine;
    }),
  );
  const wrong = caught(() => nest(150, () => void torch.matmul(torch.ones([2]), torch.ones([3]))));
  const overflow = caught(() => nest(20_000)) as Error;
  const deep = caught(() => nest(100, () => nest(20_000))) as Error;
  return {
    same: thrown === mine,
    operator: (wrong as Error).name,
    overflows: [overflow, deep].map(({ name, message }) => `${name}: ${message}`),
    after: nest(150),
  };
}

async function worker(): Promise<unknown> {
  const made = new Worker(__filename);
  const answer = await new Promise((resolve) => made.once('message', resolve));
  return [answer, await new Promise((resolve) => made.on('exit', resolve))];
}

async function main(): Promise<void> {
  const seen = {
    depths: [nest(61), nest(200), nest(200, undefined, 'grad')],
    hooksOfMany: hooksOfMany(),
    modes: modes(),
    savedHooks: savedHooks(),
    checkpoints: checkpoints(),
    errors: errors(),
    worker: await worker(),
  };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}

if (!isMainThread) parentPort!.postMessage([nest(600), (caught(() => nest(20_000)) as Error).name]);
else if (process.argv[2]) process.stdout.write(`${nest(Number(process.argv[2]))}\n`);
else void main();
