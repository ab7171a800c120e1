// Every module against Python: what it starts with, computes, learns, keeps, saves and prints.
import torch, { nn } from 'nodetorch';
import { live } from '../fixtures/live';
import { cases } from './cases';
import {
  backward,
  decodeInput,
  expectSameRows,
  expectTensor,
  fixture,
  listOf,
  type ModuleFixture,
} from './fixture';

const { seed, modules } = fixture;

// Some rows warn, as in Python; warnings.test.ts looks at that.
beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

function build(name: string): nn.Module {
  torch.manualSeed(seed);
  return cases[name]();
}

function exportedModules(): string[] {
  return Object.entries(nn)
    .filter(([, value]) => typeof value === 'function')
    .filter(
      ([, value]) => value === nn.Module || (value as { prototype?: unknown }).prototype instanceof nn.Module,
    )
    .map(([name]) => name);
}

test('the fixtures are of the libtorch that runs', () => {
  expect(torch.version).toBe(fixture.torch);
});

test('every exported module has a row', () => {
  const covered = new Set(Object.keys(cases).map((name) => name.split('/')[0]));
  expect(exportedModules().filter((name) => !covered.has(name))).toEqual([]);
});

test('rows and fixtures have the same names', () => {
  expectSameRows(Object.keys(cases), modules);
});

// What Python's `type` of a string is called differs.
const printed = (text: string): string => text.replace('Object of type: str', 'Object of type: string');

describe.each(Object.entries(modules))('%s', (name, expected: ModuleFixture) => {
  test('prints as in Python', () => {
    expect(String(build(name))).toBe(printed(expected.repr));
  });

  test('starts with the same state, in the same order', () => {
    const state = build(name).stateDict();
    expect([...state.keys()]).toEqual(expected.state.map(([key]) => key));
    for (const [key, tensor] of expected.state) expectTensor(state.get(key)!, tensor, key);
    expect([...state._metadata!].map(([key, { version }]) => [key, version])).toEqual(expected.metadata);
  });

  test('names parameters, buffers and modules alike', () => {
    const module = build(name);
    const trained = [...module.namedParameters()].filter(([, param]) => param.requiresGrad);
    expect(trained.map(([key]) => key)).toEqual(expected.parameters);
    expect([...module.namedBuffers()].map(([key]) => key)).toEqual(expected.buffers);
    expect([...module.namedModules()].map(([key]) => key)).toEqual(expected.modules);
  });

  test('gives its state to another one', () => {
    const from = build(name);
    const to = cases[name]();
    expect(String(to.loadStateDict(from.stateDict()))).toBe('<All keys matched successfully>');
    for (const [key, tensor] of expected.state) expectTensor(to.stateDict().get(key)!, tensor, key);
  });

  if (!expected.inputs) return;
  const { inputs: storedInputs, inputGrads, outputs: storedOutputs, cotangents, evalOutputs } = expected;

  test('computes and learns the same', () => {
    const module = build(name);
    const inputs = storedInputs.map((stored, i) => decodeInput(stored, inputGrads![i]));
    torch.manualSeed(seed + 2);
    const outputs = listOf(module(...inputs));
    expect(outputs.length).toBe(storedOutputs!.length);
    storedOutputs!.forEach((stored, i) => expectTensor(outputs[i], stored, `output ${i}`));
    backward(outputs, cotangents!);
    inputGrads!.forEach((stored, i) => expectTensor(inputs[i].grad, stored, `gradient of input ${i}`));
    const params = new Map(module.namedParameters());
    for (const [key, stored] of expected.parameterGrads!)
      expectTensor(params.get(key)!.grad, stored, `gradient of ${key}`);
    const buffers = new Map(module.namedBuffers());
    for (const [key, stored] of expected.buffersAfter!) expectTensor(buffers.get(key)!, stored, key);

    module.eval();
    torch.noGrad(() => {
      const evaluated = listOf(module(...inputs.map((input) => input.detach())));
      (evalOutputs ?? storedOutputs)!.forEach((stored, i) =>
        expectTensor(evaluated[i], stored, `eval output ${i}`),
      );
    });
  });

  test('leaves no tensors behind', () => {
    const module = build(name);
    const inputs = storedInputs.map((stored) => decodeInput(stored, null));
    torch.noGrad(() => void module(...inputs));
    const before = live().tensors;
    torch.tidy(() => torch.noGrad(() => void module(...inputs)));
    expect(torch.memory().tensors).toBe(before);
  });
});
