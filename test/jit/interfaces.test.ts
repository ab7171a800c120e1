// Modules as arguments and results of methods: interfaces.py, whose assertions are the same.
import { join } from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';

beforeAll(() => jest.spyOn(process, 'emitWarning').mockImplementation());

type Layer = torch.jit.ScriptModule;
interface Host {
  use(layer: Layer, x: Tensor): Tensor;
  given: (() => Layer) & torch.jit.ScriptFunction;
  swap(layer: Layer): null;
  layer: Layer;
  negated: Layer;
  other: Layer;
}
const load = () => torch.jit.load<Host>(join(__dirname, 'interfaces.pt'));
const x = torch.tensor([1, 2]);

test('a module is an argument', () => {
  const host = load();
  expect(host.use(host.negated, x).tolist()).toEqual([-1, -2]);
  expect(host.use(host.other, x).tolist()).toEqual([5, 10]);
  expect(load().use(host.other, x).tolist()).toEqual([5, 10]); // of another archive
  for (const wrong of [3, null, new nn.ReLU(), {}, () => x])
    expect(classAndMessage(() => host.use(wrong as never, x))).toContain("argument 'layer'");
});

test('a module is a result', async () => {
  const host = load();
  for (const layer of [host.given(), (await host.given.callAsync()) as Layer]) {
    expect(layer).toBeInstanceOf(torch.jit.ScriptModule);
    expect((layer(x) as Tensor).tolist()).toEqual([2, 4]);
    expect(host.use(layer, x).tolist()).toEqual([2, 4]);
    expect([...layer.stateDict().keys()]).toEqual(['weight']);
  }
  torch.noGrad(() => (host.given() as unknown as { weight: Tensor }).weight.fill_(3)); // the very parameter
  expect((host(x) as Tensor).tolist()).toEqual([3, 6]);
});

test('a method puts a module into an attribute', () => {
  const host = load();
  expect(host.swap(host.negated)).toBeNull();
  expect((host(x) as Tensor).tolist()).toEqual([-1, -2]);
  expect((host.given()(x) as Tensor).tolist()).toEqual([-1, -2]);
});

test('a value of any type', () => {
  const host = load();
  const { same } = torch.jit.compile('def same(value: Any):\n  return value\n');
  const layer = (same as torch.jit.ScriptFunction)(host.other) as Layer;
  expect((layer(x) as Tensor).tolist()).toEqual([5, 10]);
  expect(classAndMessage(() => (same as torch.jit.ScriptFunction)(() => 1))).toContain("argument 'value'");
});
