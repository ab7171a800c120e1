// What a program holds: nothing that is dead, in loops that never give way to the event loop.
import { live } from '../fixtures/live';
import { lastLine, runChild } from './support/child';
import { keep, memory, type Tensor, tensor, tidy, torch } from './support/torch';

// One thread: OpenMP's spinning makes small operators very slow on a busy machine.
const env = { OMP_NUM_THREADS: '1' };
const job = <T>(name: string, argument: number, where = 'main', limit?: number): T => {
  const child = runChild('memory_child.ts', [name, String(argument), where], { env, limit });
  return lastLine<T>(child);
};

describe.each(['main', 'worker'])('on the %s thread', (where) => {
  test('20,000 training steps without tidy stay within 1.5 times the memory of the first 1,000', () => {
    const result = job<{ after1000: number; most: number; learned: boolean; tensors: number }>(
      'train',
      20_000,
      where,
    );
    expect(result.learned).toBe(true);
    expect(result.most).toBeGreaterThan(0);
    expect(result.most).toBeLessThan(1.5 * result.after1000);
    expect(result.tensors).toBeLessThan(20_000);
  }, 180_000);

  test('under tidy the live tensors return to what they were', () => {
    const { before, after } = job<{ before: number[]; after: number[] }>('tidyTrain', 1000, where);
    expect(after).toEqual(before);
  }, 120_000);
});

test.each([400_000, 4_000_000, 40_000_000])(
  'a loop that makes %i-byte results stays flat',
  (bytes) => {
    const { early, most } = job<{ early: number; most: number }>('loop', bytes);
    expect(most).toBeLessThan(1.5 * early + 100);
  },
  120_000,
);

test('of large results only the last is in memory, though V8 collects all in between', () => {
  expect(job('large', 400_000_000)).toEqual(new Array(10).fill(2));
}, 60_000);

test('when memory is short, dead tensors are collected and the allocation succeeds', () => {
  // 16 GB of addresses: V8 and libtorch want some 3, the tensors of two rounds 16.
  const result = job<{ made: number; message: string; works: number }>('retry', 4, 'main', 16_000_000);
  expect(result).toEqual({
    made: 120,
    message: expect.stringContaining('allocate 70368744177664 bytes'),
    works: 2,
  });
});

test('a collection while an error is thrown takes nobody down', () => {
  const child = runChild('memory_child.ts', ['failures', '400000'], {
    env,
    nodeOptions: ['--max-semi-space-size=1'],
  });
  expect(lastLine(child)).toEqual({ thrown: 400_000 });
}, 120_000);

describe('accounting', () => {
  test('views share a storage, which counts once and as long as one of them lives', () => {
    const start = live();
    const x = torch.zeros([1000]) as Tensor;
    const views = [x.view(10, 100), x.at('5:'), x.detach()];
    expect(live()).toEqual({ tensors: start.tensors + 4, bytes: start.bytes + 4000 });
    x.dispose();
    expect(live()).toEqual({ tensors: start.tensors + 3, bytes: start.bytes + 4000 });
    views.forEach((view) => view.dispose());
    expect(live()).toEqual(start);
  });

  test('dispose frees at once, and twice does no harm', () => {
    const before = memory();
    const x = torch.zeros([1000]) as Tensor;
    expect(memory().tensors).toBe(before.tensors + 1);
    x.dispose();
    x.dispose();
    expect([memory().tensors, memory().bytes]).toEqual([before.tensors, before.bytes]);
    expect(x.isDisposed).toBe(true);
    expect(String(x)).toContain('disposed');
    expect(() => x.shape).toThrow(/disposed/);
  });

  test('using', () => {
    const before = live().tensors;
    let kept: Tensor;
    {
      using x = tensor([1, 2]);
      kept = x;
      expect(x.sum().item()).toBe(3);
    }
    expect(kept.isDisposed).toBe(true);
    expect(memory().tensors).toBe(before + 1); // the sum
  });

  test('meta tensors have no bytes', () => {
    const before = memory().bytes;
    const x = torch.empty([1e9], { device: 'meta' }) as Tensor;
    expect(memory().bytes).toBe(before);
    x.dispose();
  });

  test('what the collector finds is counted', () => {
    const start = live();
    (() => {
      for (let i = 0; i < 100; i++) torch.zeros([100]);
    })();
    expect(live()).toEqual(start);
  });
});

describe('tidy', () => {
  test('frees what was made inside, but not what is returned, in any container', () => {
    const before = live().tensors;
    const made: Tensor[] = [];
    const result = tidy(() => {
      for (let i = 0; i < 5; i++) made.push(torch.zeros([2]) as Tensor);
      return { a: [made[0]], b: new Map([['k', made[1]]]), c: new Set([made[2]]) };
    });
    expect(made.map((tensor) => tensor.isDisposed)).toEqual([false, false, false, true, true]);
    expect(memory().tensors).toBe(before + 3);
    expect(result.a[0].tolist()).toEqual([0, 0]);
  });

  test('leaves alone what was made outside, gradients, and what is kept', () => {
    const weight = tensor([1, 2], { requiresGrad: true });
    let state!: Tensor;
    tidy(() => {
      weight.mul(3).sum().backward();
      state = keep(tensor([7]));
    });
    expect(weight.grad!.tolist()).toEqual([3, 3]);
    expect(state.tolist()).toEqual([7]);
    expect(weight.isDisposed).toBe(false);
  });

  test('nests: what an inner scope returns belongs to the outer one', () => {
    let inner!: Tensor;
    const outer = tidy(() => {
      inner = tidy(() => tensor([1]).add(1));
      expect(inner.isDisposed).toBe(false);
      return inner.mul(2);
    });
    expect(inner.isDisposed).toBe(true);
    expect(outer.tolist()).toEqual([4]);
  });

  test('an exception frees everything and goes on', () => {
    const before = live().tensors;
    const error = new Error('mine');
    expect(() =>
      tidy(() =>
        tidy(() => {
          torch.zeros([2]);
          throw error;
        }),
      ),
    ).toThrow(error);
    expect(memory().tensors).toBe(before);
  });

  test('refuses a promise, and ends its scope', () => {
    const before = live().tensors;
    expect(() => tidy(async () => torch.zeros([2]))).toThrow(/returned a promise/);
    expect(memory().tensors).toBe(before);
    expect(() => tidy(5 as never)).toThrow('argument must be a function');
  });
});
