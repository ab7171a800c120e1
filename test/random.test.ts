// Seeded streams: every draw of fixtures/rng.json has Python's bits, and so has the state after it.
import crypto from 'node:crypto';
import * as torch from 'nodetorch';
import { Generator, type Tensor } from 'nodetorch';
import { type Call, call } from './fixtures/calls';
import fixture from './fixtures/rng.json';

const raw = (tensor: Tensor) => Buffer.from(tensor.toTypedArray().buffer);

// Not the class: errors of the addon come from Node's realm, and Jest has one of its own.
const typeError = expect.objectContaining({ name: 'TypeError' });

for (const stream of fixture.streams) {
  test(`the stream of seed ${stream.seed}`, () => {
    expect(torch.manualSeed(BigInt(stream.seed)).initialSeed()).toBe(BigInt(stream.initialSeed));
    expect(torch.initialSeed()).toBe(BigInt(stream.initialSeed));
    for (const { name, args, kwargs, result } of stream.calls as Call[]) {
      expect([name, args, call(name, args, kwargs)]).toEqual([name, args, result]);
    }
    expect(crypto.createHash('sha256').update(raw(torch.getRngState())).digest('hex')).toBe(stream.state);
  });
}

describe('the state of a generator', () => {
  test('brings back the draws, the kept half of a pair of normals too', () => {
    torch.manualSeed(1);
    torch.randn([1]);
    const state = torch.getRngState();
    const first = torch.randn([5]);
    torch.setRngState(state);
    expect(torch.equal(torch.randn([5]), first)).toBe(true);
    expect([state.dtype.name, state.shape]).toEqual(['uint8', [5056]]);
  });

  test('belongs to one generator', () => {
    const [a, b] = [new Generator().manualSeed(3), new Generator().manualSeed(3)];
    torch.manualSeed(0);
    const global = torch.getRngState();
    const drawn = torch.rand([4], { generator: a });
    expect(torch.equal(torch.getRngState(), global)).toBe(true);
    expect(torch.equal(torch.rand([4], { generator: b }), drawn)).toBe(true);
    b.setState(a.getState());
    expect(torch.equal(torch.rand([4], { generator: a }), torch.rand([4], { generator: b }))).toBe(true);
  });

  test('must be a byte tensor of the right length', () => {
    expect(() => torch.setRngState(torch.zeros([5056]))).toThrow('ByteTensor');
    expect(() => torch.setRngState(torch.zeros([3], { dtype: 'uint8' }))).toThrow();
    expect(() => torch.setRngState(null as never)).toThrow(typeError);
  });
});

test('seeds', () => {
  expect(new Generator().initialSeed()).toBe(67280421310721n);
  const generator = new Generator();
  expect(generator.manualSeed(5)).toBe(generator);
  expect(generator.seed()).toBe(generator.initialSeed());
  expect(torch.seed()).toBe(torch.initialSeed());
  expect(String(generator.device)).toBe('cpu');
  for (const bad of [1.5, NaN, Infinity, '7', null, 2 ** 60]) {
    expect(() => torch.manualSeed(bad as number)).toThrow(typeError);
  }
  expect(() => torch.manualSeed(2n ** 64n)).toThrow(RangeError);
});

// Python's words.
test('states of generators, as far as the CPU has them', () => {
  const one = new Generator().manualSeed(5);
  torch.rand([3], { generator: one });
  const two = one.cloneState();
  expect([two.initialSeed(), two === one]).toEqual([5n, false]);
  expect(torch.rand([3], { generator: two }).tolist()).toEqual(torch.rand([3], { generator: one }).tolist());
  expect(() => one.getOffset()).toThrow('CPU Generator does not use offset');
  expect(() => one.setOffset(4)).toThrow('CPU Generator does not use offset');
  expect(() => one.setOffset(0.5)).toThrow("argument 'offset' must be a whole number");
  expect(() => one.graphsafeGetState()).toThrow('graphsafe_get_state is not supported in this Generator');
  expect(() => one.graphsafeSetState(two)).toThrow('graphsafe_set_state is not supported in this Generator');
  expect(() => one.graphsafeSetState(3 as never)).toThrow(typeError);
});

test('a generator must be one', () => {
  expect(() => torch.rand([2], { generator: 3 as never })).toThrow(typeError);
  expect(() => new Generator('nonsense')).toThrow();
});
