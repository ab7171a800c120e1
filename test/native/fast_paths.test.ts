// Calls that leave out a part of the dispatcher (native/src/operators/fast_paths.h) give what complete ones give, under every
// mode: the rows of test/nn/cases, outputs and gradients, with fast paths on and off.
import torch, { nn, optim, Tensor } from 'nodetorch';
import { native } from '../../lib/native';
import { families, names } from '../nn/cases';
import { decodeInputs, differentiable, digests, fixtureOf, gradOf, leavesOf } from '../nn/fixture';

type Call = (...inputs: unknown[]) => unknown;
/** Calls inside of a mode; what it returns is compared. */
type Mode = (call: Call, inputs: unknown[]) => unknown;

const bfloat16 = { dtype: torch.bfloat16 };
const isFloat = (value: unknown): value is Tensor => value instanceof Tensor && value.isFloatingPoint();

// A function of the floating-point tensors among the inputs.
function ofTensors(call: Call, inputs: unknown[]): [(...tensors: Tensor[]) => Tensor[], Tensor[]] {
  const tensors = inputs.filter(isFloat).map((tensor) => tensor.detach());
  const run = (...given: Tensor[]): Tensor[] => {
    const left = [...given];
    const outputs = leavesOf(call(...inputs.map((input) => (isFloat(input) ? left.shift() : input))));
    return outputs.filter(isFloat);
  };
  return [run, tensors];
}

const modes: Record<string, Mode> = {
  plain: (call, inputs) => call(...inputs),
  noGrad: (call, inputs) => torch.noGrad(() => call(...inputs)),
  inferenceMode: (call, inputs) => torch.inferenceMode(() => call(...inputs)),
  autocast: (call, inputs) => torch.autocast('cpu', bfloat16, () => call(...inputs)),
  'autocast without cache': (call, inputs) =>
    torch.autocast('cpu', { ...bfloat16, cacheEnabled: false }, () => call(...inputs)),
  'autocast after noGrad': (call, inputs) =>
    torch.autocast('cpu', bfloat16, () => {
      torch.noGrad(() => call(...inputs));
      return call(...inputs);
    }),
  vmap: (call, inputs) => {
    const [run, tensors] = ofTensors(call, inputs);
    const rows = tensors.map((tensor) => torch.stack([tensor, tensor]));
    return torch.func.vmap(run, { randomness: 'different' })(...rows);
  },
  vjp: (call, inputs) => {
    const [run, tensors] = ofTensors(call, inputs);
    const [outputs, pull] = torch.func.vjp(run, ...tensors) as unknown as [
      Tensor[],
      (given: unknown) => unknown,
    ];
    return [outputs, pull(outputs)];
  },
  jvp: (call, inputs) => {
    const [run, tensors] = ofTensors(call, inputs);
    return torch.func.jvp(run, tensors, tensors);
  },
  forwardAd: (call, inputs) => {
    const [run, tensors] = ofTensors(call, inputs);
    const { dualLevel, makeDual, unpackDual } = torch.autograd.forwardAd;
    return dualLevel(() =>
      run(...tensors.map((tensor) => makeDual(tensor, tensor))).flatMap((output) => {
        const { primal, tangent } = unpackDual(output);
        return [primal.clone(), tangent?.clone() ?? null];
      }),
    );
  },
  'hooks of saved tensors': (call, inputs) => {
    const saved: Tensor[] = [];
    const pack = (tensor: Tensor): Tensor => (saved.push(tensor.detach()), tensor);
    const outputs = torch.autograd.graph.savedTensorsHooks(
      pack,
      (tensor) => tensor,
      () => call(...inputs),
    );
    return [outputs, saved.filter((tensor) => tensor.dtype !== torch.uint8)]; // workspaces of oneDNN
  },
  deterministic: (call, inputs) => {
    torch.useDeterministicAlgorithms(true, { warnOnly: true });
    try {
      return call(...inputs);
    } finally {
      torch.useDeterministicAlgorithms(false);
    }
  },
};

interface Row {
  name: string;
  prepare(): { call: Call; inputs: unknown[]; parameters: Tensor[] };
  seed: number;
}

function* rows(): Generator<Row> {
  for (const [i, family] of families.entries()) {
    const { seed, ...fixture } = fixtureOf(names[i]);
    for (const [name, { inputs }] of Object.entries(fixture.functionals)) {
      const call = family.functionals?.[name];
      if (!call) continue;
      yield { name, seed, prepare: () => ({ call, inputs: decodeInputs(inputs), parameters: [] }) };
    }
    for (const [name, { inputs }] of Object.entries(fixture.modules)) {
      const row = family.modules?.[name];
      if (!row || !inputs) continue;
      const prepare = () => {
        const module: nn.Module = typeof row === 'function' ? row() : row.make();
        const call: Call =
          typeof row === 'function' ? module : (...values) => row.call(module, ...values) as unknown;
        return { call, inputs: decodeInputs(inputs), parameters: [...module.parameters()] };
      };
      yield { name, seed, prepare };
    }
  }
  yield* arithmetic();
}

// What native/src/operators/small_tensors.cc computes itself, between numbers, scalars and small tensors.
function* arithmetic(): Generator<Row> {
  const operations = ['add', 'sub', 'mul', 'div', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;
  const others = { tensor: [1.5, -0, 3], number: 0.1, whole: 3, scalar: 2.7 };
  for (const operation of operations) {
    for (const [kind, other] of Object.entries(others)) {
      const prepare = () => {
        const x = torch.tensor([1.5, 2, -3], { requiresGrad: true });
        const call: Call = (a, b) => {
          const result = (a as Tensor)[operation](b as Tensor);
          return result.to(torch.float32).abs().neg().relu();
        };
        return {
          call,
          inputs: [x, kind === 'number' || kind === 'whole' ? other : torch.tensor(other)],
          parameters: [],
        };
      };
      yield { name: `${operation} ${kind}`, seed: 0, prepare };
    }
  }
}

/** Outputs, gradients, or the message of an error. */
function run({ prepare, seed }: Row, mode: Mode): unknown {
  torch.manualSeed(seed);
  const { call, inputs, parameters } = prepare();
  const seeded: Call = (...values) => (torch.manualSeed(seed + 2), call(...values));
  try {
    const outputs = leavesOf(mode(seeded, inputs));
    const results = outputs.map((output) => digests([output])[0]);
    const roots = differentiable(outputs);
    if (roots.length > 0)
      torch.autograd.backward(
        roots,
        roots.map((root) => torch.onesLike(root)),
      );
    return { results, grads: digests([...leavesOf(inputs), ...parameters].map(gradOf)) };
  } catch (error) {
    return (error as Error).message;
  }
}

function complete<T>(body: () => T): T {
  native.fastPaths(false);
  try {
    return body();
  } finally {
    native.fastPaths(true);
  }
}

// What these save has elements that nobody writes, or writes only later.
const all = [...rows()].filter(({ name }) => !/rrelu|ctc/i.test(name));
const warnings = jest.spyOn(process, 'emitWarning');
beforeAll(() => void warnings.mockImplementation(() => undefined));
afterAll(() => warnings.mockRestore());

test.each(Object.entries(modes))('the same with and without fast paths: %s', (_, mode) => {
  for (const row of all) {
    expect([row.name, run(row, mode)]).toEqual([row.name, complete(() => run(row, mode))]);
  }
});

// It symbolizes a backtrace for each node, which takes half a second a row.
test('the same with and without fast paths: detectAnomaly', () => {
  const mode: Mode = (call, inputs) => torch.autograd.detectAnomaly(() => call(...inputs));
  for (const row of all.filter((_, i) => i % 300 === 0)) {
    expect([row.name, run(row, mode)]).toEqual([row.name, complete(() => run(row, mode))]);
  }
});

// Their native updates, which are other code than the TypeScript that works one parameter after the other.
describe.each<[string, (params: nn.Parameter[]) => optim.Optimizer]>([
  ['Adam', (params) => new optim.Adam(params, { lr: 0.1, amsgrad: true, weightDecay: 0.1 })],
  ['AdamW', (params) => new optim.AdamW(params, { lr: 0.1, maximize: true })],
  ['SGD', (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
])('%s steps the same with and without fast paths', (_, make) => {
  test.each(Object.entries(modes).filter(([name]) => !['vmap', 'vjp', 'jvp', 'forwardAd'].includes(name)))(
    '%s',
    (_, mode) => {
      const train = (): unknown => {
        torch.manualSeed(1);
        const model = new nn.Sequential(new nn.Linear(4, 5), new nn.Tanh(), new nn.Linear(5, 2));
        const params = [...model.parameters()];
        const optimizer = make(params);
        for (let step = 0; step < 5; step++) {
          optimizer.zeroGrad();
          model(torch.randn([3, 4]))
            .square()
            .sum()
            .backward();
          mode(() => void optimizer.step(), []);
        }
        return digests(params);
      };
      expect(train()).toEqual(complete(train));
    },
  );
});

// Each row under two modes, one inside of the other; the pairs take turns, so that each meets several rows.
test('the same with and without fast paths: pairs of modes', () => {
  const kinds = Object.entries(modes).slice(1);
  expect(all.length).toBeGreaterThan(2 * kinds.length ** 2);
  for (const [i, row] of all.entries()) {
    const [outerName, outer] = kinds[i % kinds.length];
    const [innerName, inner] = kinds[Math.floor(i / kinds.length) % kinds.length];
    const pair: Mode = (call, inputs) => outer((...values) => inner(call, values), inputs);
    const name = `${row.name}: ${innerName} in ${outerName}`;
    expect([name, run(row, pair)]).toEqual([name, complete(() => run(row, pair))]);
  }
});
