// Programs that are awaited: other threads, the caller's modes, cancelling, the end of an environment.
import { setMaxListeners } from 'node:events';
import { Program } from '../../lib/native/program';
import { Scope, within } from '../../lib/native/scope';
import type { ProgramDescription, ProgramNode } from '../../typings/native';
import { lastLine, runChild } from './support/child';
import { endlessLoop } from './support/endless';
import { autograd, dtypes, native, tensor, type Tensor, torch } from './support/torch';

const slot = (number: number) => ({ slot: number });
const node = (operator: string, args: ProgramNode['arguments'], output: number): ProgramNode => ({
  name: `${operator.replaceAll('.', '_')}_${output}`,
  operator: `torch.ops.aten.${operator}`,
  arguments: args,
  outputs: [output],
});
/** x @ x / 100, so many times. */
function chain(times: number): ProgramDescription {
  const nodes = Array.from({ length: times }, (_, i) => [
    node('mm.default', [slot(2 * i), slot(0)], 2 * i + 1),
    node('div.Tensor', [slot(2 * i + 1), { constant: 100 }], 2 * i + 2),
  ]);
  return { slots: 2 * times + 1, inputs: [0], nodes: nodes.flat(), outputs: [slot(2 * times)] };
}
const square = (size: number): Tensor =>
  toTensor(torch.arange(size * size))
    .reshape([size, size])
    .remainder(7)
    .float();
const toTensor = (value: unknown): Tensor => value as Tensor;
const first = async (outputs: Promise<unknown[]>): Promise<Tensor> => toTensor((await outputs)[0]);
/** What a promise rejects with. */
const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
};

test('gives the bits of a plain run, whatever runs beside it', async () => {
  const program = new Program(chain(10));
  const inputs = Array.from({ length: 8 }, (_, i) => square(40 + i));
  const plain = inputs.map((x) => toTensor(program.run([x])[0]).tolist());
  const awaited = await Promise.all(inputs.map((x) => first(program.runAsync([x]))));
  expect(awaited.map((y) => y.tolist())).toEqual(plain);
});

test('gives the bits of a plain run where many threads share a sum', async () => {
  const program = new Program({
    slots: 2,
    inputs: [0],
    nodes: [node('sum.default', [slot(0)], 1)],
    outputs: [slot(1)],
  });
  const x = toTensor(torch.rand([1 << 20]));
  expect((await first(program.runAsync([x]))).item()).toBe(toTensor(program.run([x])[0]).item());
});

test('the event loop goes on while it runs', async () => {
  const program = new Program(chain(300));
  const x = square(220);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  await program.runAsync([x]);
  const during = ticks;
  program.run([x]);
  clearInterval(timer);
  expect(during).toBeGreaterThan(10);
  expect(ticks).toBe(during); // a plain run stops it
});

test('an output that is an input is the very object', async () => {
  const program = new Program({
    slots: 2,
    inputs: [0],
    nodes: [node('add_.Tensor', [slot(0), { constant: 1 }], 1)],
    outputs: [slot(1)],
  });
  const x = tensor([1, 2]);
  expect(await first(program.runAsync([x]))).toBe(x);
  expect(x.tolist()).toEqual([2, 3]);
});

test('inputs are kept, though they are disposed meanwhile', async () => {
  const program = new Program(chain(20));
  const x = square(64);
  const expected = toTensor(program.run([x])[0]).tolist();
  const outputs = program.runAsync([x]);
  x.dispose();
  expect((await first(outputs)).tolist()).toEqual(expected);
});

describe('the modes of the caller hold in it', () => {
  const program = new Program(chain(1));
  const w = square(8).requiresGrad_();
  let outputs: Promise<unknown[]>;

  test('gradients', async () => {
    const y = await first(program.runAsync([w]));
    expect(y.requiresGrad).toBe(true);
    y.sum().backward();
    const z = square(8).requiresGrad_();
    toTensor(program.run([z])[0])
      .sum()
      .backward();
    expect(w.grad!.tolist()).toEqual(z.grad!.tolist());
    within('noGrad', Scope.grad, () => void (outputs = program.runAsync([w])), false);
    expect((await first(outputs)).requiresGrad).toBe(false);
  });

  test('inference mode', async () => {
    within('inferenceMode', Scope.inference, () => void (outputs = program.runAsync([square(8)])), true);
    expect((await first(outputs)).isInference()).toBe(true);
    expect((await first(program.runAsync([square(8)]))).isInference()).toBe(false);
  });

  test('autocast, with its dtype and its cache', async () => {
    const twice = new Program({
      slots: 4,
      inputs: [0, 1],
      nodes: [node('mm.default', [slot(0), slot(1)], 2), node('mm.default', [slot(2), slot(1)], 3)],
      outputs: [slot(3)],
    });
    const grads = async (isAsync: boolean, caches: boolean): Promise<unknown> => {
      const v = square(8).div(7).requiresGrad_();
      const body = () =>
        void (outputs = isAsync ? twice.runAsync([v, v]) : Promise.resolve(twice.run([v, v])));
      let before: number | undefined;
      try {
        before = native.enterScope(Scope.autocast, 'cpu', true, dtypes.bfloat16, caches);
        body();
      } finally {
        if (before !== undefined) native.leaveScope(Scope.autocast, before);
      }
      const y = await first(outputs);
      expect(y.dtype).toBe(dtypes.bfloat16);
      y.float().sum().backward();
      return v.grad!.tolist();
    };
    expect(await grads(true, true)).toEqual(await grads(false, true));
    expect(await grads(true, false)).toEqual(await grads(false, false));
    expect((await first(twice.runAsync([w, w]))).dtype).toBe(dtypes.float32);
  });

  test('what autocast has cast, though its region is left before the end', async () => {
    const apart = new Program({
      slots: 12,
      inputs: [0, 1],
      nodes: [
        node('mm.default', [slot(0), slot(0)], 2),
        // Work between two uses of a weight, while the caller leaves its region and enters another.
        ...Array.from({ length: 8 }, (_, i) => node('mm.default', [slot(1), slot(1)], 3 + i)),
        node('mm.default', [slot(2), slot(0)], 11),
      ],
      outputs: [slot(11)],
    });
    const big = square(400);
    const inAutocast = <T>(body: () => T): T => {
      const before = native.enterScope(Scope.autocast, 'cpu', true, dtypes.bfloat16, true);
      try {
        return body();
      } finally {
        native.leaveScope(Scope.autocast, before);
      }
    };
    const grads = async (run: (v: Tensor) => Tensor | Promise<Tensor>): Promise<unknown> => {
      const v = square(8).div(7).requiresGrad_();
      const y = await run(v);
      y.float().sum().backward();
      return v.grad!.tolist();
    };
    const awaited = grads((v) => first(inAutocast(() => apart.runAsync([v, big]))));
    expect(await awaited).toEqual(await grads((v) => toTensor(inAutocast(() => apart.run([v, big]))[0])));
    // And nothing that was cast stays: a weight that has changed is cast again.
    const v = square(8).requiresGrad_();
    const run = first(inAutocast(() => apart.runAsync([v, big])));
    const sum = () =>
      inAutocast(() => v.mm(v))
        .float()
        .sum()
        .item();
    const before = sum();
    within('noGrad', Scope.grad, () => void v.mul_(2), false);
    expect(sum()).toBe((before as number) * 4);
    await run;
    expect(sum()).toBe((before as number) * 4);
  });

  test('what would end before it does is refused', async () => {
    const hooks = () => {
      outputs = program.runAsync([w]);
      outputs.catch(() => {});
    };
    within(
      'savedTensorsHooks',
      Scope.savedHooks,
      hooks,
      (t: unknown) => t,
      (t: unknown) => t,
    );
    await expect(outputs!).rejects.toThrow('inside hooks of saved tensors');
    let before: number | undefined;
    try {
      before = native.enterScope(Scope.vmap, 3, 'error');
      hooks();
    } finally {
      if (before !== undefined) native.leaveScope(Scope.vmap, before);
    }
    await expect(outputs!).rejects.toThrow('inside a transform of torch.func');
  });

  test('backward through what another thread computed calls hooks on this one', async () => {
    const seen: boolean[] = [];
    const v = square(8).requiresGrad_();
    v.registerHook((grad) => {
      seen.push(autograd !== undefined);
      return grad.mul(2);
    });
    const y = await first(program.runAsync([v]));
    y.sum().backward();
    const plain = square(8).requiresGrad_();
    toTensor(program.run([plain])[0])
      .sum()
      .backward();
    expect(seen).toEqual([true]);
    expect(v.grad!.tolist()).toEqual(plain.grad!.mul(2).tolist());
  });
});

describe('errors', () => {
  test('reject with the node that failed', async () => {
    const program = new Program(chain(2));
    const error = await rejection(program.runAsync([tensor([[1, 2, 3]])]));
    expect(error).toMatchObject({ name: 'TorchError', kind: 'RuntimeError' });
    expect((error as Error).message).toContain('node mm_default_1: torch.ops.aten.mm.default');
    await expect(program.runAsync([])).rejects.toThrow('a program of 1 inputs was given 0');
  });

  test('a run may follow one that failed', async () => {
    const program = new Program(chain(2));
    await rejection(program.runAsync([tensor([[1, 2, 3]])]));
    expect((await first(program.runAsync([square(4)]))).shape).toEqual([4, 4]);
  });
});

describe('an AbortSignal', () => {
  // Without an end, but for the signal.
  const endless = new Program(endlessLoop);

  test('stops a run between two nodes, and gives its reason', async () => {
    const controller = new AbortController();
    const outputs = endless.runAsync([tensor(0n)], controller.signal);
    setTimeout(() => controller.abort(new Error('too late')), 20);
    await expect(outputs).rejects.toThrow('too late');
    expect((await first(new Program(chain(1)).runAsync([square(4)]))).shape).toEqual([4, 4]);
  });

  test('that is aborted before refuses to begin', async () => {
    await expect(endless.runAsync([tensor(0n)], AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
  });

  test('takes a run out of the queue that has not begun', async () => {
    const running = new AbortController();
    setMaxListeners(100, running.signal);
    const waiting = new AbortController();
    const many = Array.from({ length: 64 }, () => rejection(endless.runAsync([tensor(0n)], running.signal)));
    const last = endless.runAsync([tensor(0n)], waiting.signal);
    waiting.abort(new Error('not begun'));
    await expect(last).rejects.toThrow('not begun'); // while the others run for ever
    running.abort(new Error('all'));
    expect(new Set((await Promise.all(many)).map((error) => (error as Error).message))).toEqual(
      new Set(['all']),
    );
  });

  test('that comes after the end changes nothing', async () => {
    const controller = new AbortController();
    const y = await first(new Program(chain(1)).runAsync([square(4)], controller.signal));
    controller.abort();
    expect(y.shape).toEqual([4, 4]);
  });
});

// 16 GB of addresses: V8 and libtorch want some 3, the tensors of two runs 15.
test.each(['memory', 'memoryAwaited'])(
  'where memory is short, dead tensors are collected: %s',
  (job) => {
    const child = runChild('program_child.ts', [job], { limit: 16_000_000, env: { OMP_NUM_THREADS: '1' } });
    expect(lastLine(child)).toEqual({ made: 120, message: 'allocate 281474976710656 bytes' });
  },
  60_000,
);

// In processes of their own: the end of each is what is looked at.
describe('the end', () => {
  test.each(['exit', 'uncaught', 'exitInQueue'])('of a process with runs under way: %s', (job) => {
    const child = runChild('program_child.ts', [job]);
    expect({ code: child.code, signal: child.signal }).toEqual({
      code: job === 'uncaught' ? 1 : 3,
      signal: null,
    });
  });

  test('of a process whose run waits for a collection', () => {
    const child = runChild('program_child.ts', ['memoryAtExit'], { limit: 16_000_000 });
    expect({ code: child.code, signal: child.signal }).toEqual({ code: 30, signal: null });
  });

  test('of workers with runs under way: the threads go on for others', () => {
    const child = runChild('program_child.ts', ['workers']);
    expect(lastLine(child)).toEqual({ codes: [1, 1, 1, 1, 1, 1], after: [4, 4] });
    expect(child.code).toBe(0);
  });

  test('a process waits for what it awaits, and then ends', () => {
    expect(lastLine(runChild('program_child.ts', ['finish']))).toEqual({ shape: [64, 64] });
  });

  test('two runs share two cores: one does not wait for the other', () => {
    const child = runChild('program_child.ts', ['together'], { env: { OMP_NUM_THREADS: '1' } });
    expect(lastLine(child)).toEqual({ order: ['short', 'long'] });
  });
});
