// Worker threads, the end of a process, several loads of the addon, and callbacks on other threads.
import fs from 'node:fs';
import path from 'node:path';
import { lastLine, runChild } from './support/child';
import type * as Support from './support/torch';
import { Tensor, tensor, torch } from './support/torch';

const env = { OMP_NUM_THREADS: '1' };
const otherThread = { ...env, NODETORCH_BACKWARD_THREAD: '1' };
const run = (job: string, variables = env) => runChild('threads_child.ts', [job], { env: variables });

describe('worker threads', () => {
  test('50 workers start, compute and end', () => {
    expect(lastLine(run('workers'))).toEqual({ right: 50, exits: 50 });
  }, 120_000);

  test.each([env, otherThread])(
    'workers are terminated in the middle of their work (%#)',
    (variables) => {
      const child = run('terminate', variables);
      expect(lastLine(child)).toEqual({ codes: [1, 1, 1, 1, 1, 1], works: 2048 });
      expect(child.code).toBe(0);
    },
    60_000,
  );

  test('a worker exits with live tensors', () => {
    expect(lastLine(run('exitInWorker'))).toEqual({ code: 3, works: 2048 });
  });

  test('a worker throws with live tensors', () => {
    expect(lastLine(run('throwInWorker'))).toEqual({ message: 'nobody catches this', works: 2048 });
  });
});

describe('the end of a process with live tensors, graphs and hooks', () => {
  test.each([
    ['exit', 3],
    ['exitInHook', 5],
    ['uncaught', 1],
  ])('%s', (job, code) => {
    for (const variables of [env, otherThread]) {
      const child = run(job, variables);
      expect({ code: child.code, signal: child.signal }).toEqual({ code, signal: null });
    }
  });
});

describe('several loads of the addon in one process', () => {
  test('after the module cache was cleared; tensors go from one copy to the other', () => {
    expect(lastLine(runChild('threads_child.ts', ['reload'], { env, modules: true }))).toEqual({
      copies: true,
      back: [4, 6],
      made: 4,
      name: 'true TorchError',
    });
  });

  test('in one Jest file', () => {
    const copies: (typeof Support)[] = [];
    for (let i = 0; i < 3; i++) {
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      jest.isolateModules(() => copies.push(require('./support/torch') as typeof Support));
    }
    expect(new Set(copies.map((copy) => copy.native)).size).toBe(3);
    for (const copy of copies) {
      const sum = copy.torch.add(copy.tensor([1, 2]), tensor([1, 1])) as Tensor;
      expect(sum).toBeInstanceOf(copy.Tensor);
      expect(sum).not.toBeInstanceOf(Tensor);
      expect((torch.mul(sum, 2) as Tensor).tolist()).toEqual([4, 6]);
      expect(() => copy.torch.matmul(sum, copy.torch.zeros([3]))).toThrow(copy.TorchError);
    }
  });
});

// With the variable set, backward runs on a thread of its own, as it does on a GPU's behalf.
describe.each([
  ['the JS thread', env],
  ['a thread of libtorch', otherThread],
])('backward on %s', (_, variables) => {
  let seen: Record<string, unknown>;
  beforeAll(() => {
    seen = lastLine(runChild('hooks_child.ts', [], { env: variables }));
  });

  test('hooks run on the JS thread, in their order, and may replace the gradient', () => {
    expect(seen.hooks).toEqual({ order: ['hook true 0', 'after 20,40'], grad: [20, 40] });
  });
  test('what a hook or a custom backward throws comes out as itself', () => {
    expect(seen.exceptions).toEqual({ fromHook: true, fromFunction: true, after: [2] });
  });
  test('a hook may run backward, with hooks and custom Functions of its own', () => {
    expect(seen.nested).toEqual({ x: [11], z: [5] });
  });
  test('the gradient mode is that of the backward, and what it was afterwards', () => {
    expect(seen.modes).toEqual({
      seen: [false, true, false],
      second: [12],
      stillEnabled: true,
      warned: 'TorchError',
    });
  });
  test('modes see its operators, and kernels of JavaScript compute them', () => {
    const ops = 'aten.mul.Tensor aten.sum.default aten.ones_like.default aten.expand.default aten.mul.Tensor';
    expect(seen.kernels).toEqual({
      seen: [...ops.split(' '), 'aten.mul.Tensor', 'aten.add.Tensor'],
      grad: [2, 2],
    });
  });
  test('with as many threads for operators as this one has', () => {
    const { here, there } = seen.threads as Record<string, number[]>;
    expect(there).toEqual(here);
    expect(new Set(here).size).toBeGreaterThan(1); // the sum shows the number of threads
  });
  test('thousands of times', () => {
    expect(seen.many).toEqual({ calls: 2000, grad: 4000 });
  });
});

describe.each([
  ['the JS thread', env],
  ['a thread of libtorch', otherThread],
])('backward in backward, hundreds deep, on %s', (_, variables) => {
  const python = JSON.parse(fs.readFileSync(path.join(__dirname, 'nested.json'), 'utf8')) as object;
  let seen: Record<string, unknown>;
  beforeAll(() => {
    seen = lastLine(runChild('nested_child.ts', [], { env: variables }));
  });

  test('gives what Python gives', () => {
    expect({ ...seen, errors: undefined, worker: undefined }).toEqual(python);
  });

  test('an error of the innermost comes out of all; what is too deep for the stack is an error', () => {
    const overflow = 'RangeError: Maximum call stack size exceeded';
    expect(seen.errors).toEqual({
      same: true,
      operator: 'TorchError',
      overflows: [overflow, overflow],
      after: 150,
    });
  });

  test('in a worker, which has more of a stack', () => {
    expect(seen.worker).toEqual([[600, 'RangeError'], 0]);
  });

  test('as deep as the stack is large', () => {
    const nodeOptions = ['--stack-size=6000'];
    expect(lastLine(runChild('nested_child.ts', ['1000'], { env: variables, nodeOptions }))).toBe(1000);
  });
});

test("what is the process's is shared by its threads, and ends with them", () => {
  expect(lastLine(runChild('levels_child.ts', [], { env }))).toEqual({
    'after jvp': [12, false],
    'after dual': [12, false],
    'after anomaly': [12, false],
    newWorker: ['main waits', 12],
    jvps: [12, 12],
    vmap: [[4], [4]],
    grad: [[12], [12]],
    hessian: [[[12]], [[12]]],
    duals: [[null, null, null, 10], 6],
    inMine: 1,
    nested: 'Nested forward mode AD is not supported at the moment',
    end: 12,
  });
});
