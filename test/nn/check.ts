// Every row of a family against Python: what it starts with, computes, learns, keeps, saves, prints and refuses.
import torch, { type nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import type { Build, CalledRow, Family } from './cases/family';
import {
  decodeInputs,
  differentiable,
  expectSameRows,
  expectTensor,
  fixtureOf,
  gradOf,
  leavesOf,
  type CallFixture,
  type ModuleFixture,
} from './fixture';
import { cotangents, functionalVariant, moduleVariant } from './variants';

type Functional = (...inputs: unknown[]) => unknown;
type Call = (module: nn.Module, ...inputs: unknown[]) => unknown;

// What Python's `type` of a string is called differs.
const printed = (text: string): string => text.replace('Object of type: str', 'Object of type: string');

// PyTorch's own spelling in messages stays, but for what the family says.
function translated(message: string, { spelled = {} }: Family): string {
  const classes = message.replace(/<class 'torch\.nn\.[\w.]*?(\w+)'>/g, '$1');
  return Object.entries(spelled).reduce((text, [python, ours]) => text.replaceAll(python, ours), classes);
}

/** Backward from the outputs that need it. */
function backward(outputs: unknown[], fixture: CallFixture, seed: number): void {
  const roots = differentiable(outputs);
  expect(roots.length).toBe(fixture.roots);
  if (roots.length > 0) torch.autograd.backward(roots, cotangents(roots, seed));
}

function expectTensors(actual: unknown[], stored: CallFixture['outputs'], what: string): void {
  expect([what, actual.length]).toEqual([what, stored.length]);
  stored.forEach((one, i) => expectTensor(actual[i], one, `${what} ${i}`));
}

/** A scope frees all that the call makes. */
function expectNoTensorsLeft(call: (inputs: unknown[]) => unknown, stored: CallFixture['inputs']): void {
  const inputs = decodeInputs(stored);
  torch.noGrad(() => void call(inputs));
  // Once more where a collection of older garbage came in between.
  let [before, after] = [0, -1];
  while (after < before) {
    before = torch.memory().tensors;
    torch.tidy(() => torch.noGrad(() => void call(inputs)));
    after = torch.memory().tensors;
  }
  expect(after).toBe(before);
}

// Of these the first line is stored, and not more than 200 characters.
const startOf = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);

function checkVariants(
  variants: CallFixture['variants'],
  family: Family,
  run: (variant: string) => unknown,
): void {
  test.each(Object.entries(variants))('the same in the variant %s', (name, { error, ...expected }) => {
    if (error === undefined) expect(run(name)).toEqual(expected);
    else expect(classAndMessage(() => run(name))).toMatch(startOf(translated(error, family)));
  });
}

function checkState(build: () => nn.Module, another: () => nn.Module, expected: ModuleFixture): void {
  test('prints as in Python', () => {
    expect(String(build())).toBe(printed(expected.repr));
  });

  test('starts with the same state, in the same order, each time', () => {
    for (const state of [build().stateDict(), build().stateDict()]) {
      expect([...state.keys()]).toEqual(expected.state.map(([key]) => key));
      for (const [key, tensor] of expected.state) expectTensor(state.get(key), tensor, key);
      expect([...state._metadata!].map(([key, { version }]) => [key, version])).toEqual(expected.metadata);
    }
  });

  test('names parameters, buffers and modules alike', () => {
    const module = build();
    const trained = [...module.namedParameters()].filter(([, param]) => param.requiresGrad);
    expect(trained.map(([key]) => key)).toEqual(expected.parameters);
    expect([...module.namedBuffers()].map(([key]) => key)).toEqual(expected.buffers);
    expect([...module.namedModules()].map(([key]) => key)).toEqual(expected.modules);
  });

  test('gives its state to another one', () => {
    const to = another();
    expect(String(to.loadStateDict(build().stateDict()))).toBe('<All keys matched successfully>');
    for (const [key, tensor] of expected.state) expectTensor(to.stateDict().get(key), tensor, key);
  });
}

function checkModule(row: Build | CalledRow, seed: number, expected: ModuleFixture, family: Family): void {
  const make = typeof row === 'function' ? row : row.make;
  const call: Call = typeof row === 'function' ? (module, ...inputs) => module(...inputs) : row.call;
  const build = (): nn.Module => {
    torch.manualSeed(seed);
    return make();
  };
  checkState(build, make, expected);
  if (!expected.inputs) return;
  const fixture = expected as Required<ModuleFixture>;

  test('computes and learns the same', () => {
    const module = build();
    const inputs = decodeInputs(fixture.inputs);
    torch.manualSeed(seed + 2);
    const outputs = leavesOf(call(module, ...inputs));
    expectTensors(outputs, fixture.outputs, 'output');
    backward(outputs, fixture, seed);
    expectTensors(leavesOf(inputs).map(gradOf), fixture.inputGrads, 'gradient of input');
    const params = new Map(module.namedParameters());
    for (const [key, stored] of fixture.parameterGrads)
      expectTensor(params.get(key)!.grad, stored, `gradient of ${key}`);
    const buffers = new Map(module.namedBuffers());
    for (const [key, stored] of fixture.buffersAfter) expectTensor(buffers.get(key), stored, key);

    module.eval();
    torch.noGrad(() => {
      const evaluated = leavesOf(call(module, ...decodeInputs(fixture.inputs)));
      expectTensors(evaluated, expected.evalOutputs ?? fixture.outputs, 'eval output');
    });
  });

  test('leaves no tensors behind', () => {
    const module = build();
    expectNoTensorsLeft((inputs) => call(module, ...inputs), fixture.inputs);
  });

  checkVariants(fixture.variants, family, (name) =>
    moduleVariant(name, build, call, decodeInputs(fixture.inputs), seed),
  );
}

function checkFunctional(call: Functional, seed: number, fixture: CallFixture, family: Family): void {
  test('computes the same', () => {
    const inputs = decodeInputs(fixture.inputs);
    torch.manualSeed(seed + 2);
    const outputs = leavesOf(call(...inputs));
    expectTensors(outputs, fixture.outputs, 'output');
    backward(outputs, fixture, seed);
    expectTensors(leavesOf(inputs).map(gradOf), fixture.inputGrads, 'gradient of input');
  });

  test('leaves no tensors behind', () => {
    expectNoTensorsLeft((inputs) => call(...inputs), fixture.inputs);
  });

  checkVariants(fixture.variants, family, (name) =>
    functionalVariant(name, call, decodeInputs(fixture.inputs), seed),
  );
}

function checkError(call: () => unknown, error: string, family: Family): void {
  // Behind Python's text a line of ours may say how whole numbers are written.
  const [text] = classAndMessage(call).split('\nNumbers such as 3 make float32 here. ');
  expect(text).toBe(translated(error, family));
}

/** Declares the tests of the family `name`: fixtures and rows must have the same names. */
export function checkFamily(name: string, rows: Family): void {
  const { seed, ...fixture } = fixtureOf(name);

  // Some rows warn, as in Python; test/functional/warnings.test.ts looks at that.
  beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
  afterAll(() => jest.restoreAllMocks());

  test('the fixtures are of the libtorch that runs', () => {
    expect(torch.version).toBe(fixture.torch);
  });

  test('rows and fixtures have the same names', () => {
    for (const kind of ['modules', 'functionals', 'errors'] as const)
      expectSameRows(Object.keys(rows[kind] ?? {}), fixture[kind]);
  });

  const { modules = {}, functionals = {}, errors = {} } = rows;
  for (const [row, make] of Object.entries(modules).filter(([row]) => row in fixture.modules))
    describe(row, () => checkModule(make, seed, fixture.modules[row], rows));
  for (const [row, call] of Object.entries(functionals).filter(([row]) => row in fixture.functionals))
    describe(row, () => checkFunctional(call, seed, fixture.functionals[row], rows));
  for (const [row, call] of Object.entries(errors).filter(([row]) => row in fixture.errors))
    test(`error: ${row}`, () => checkError(call, fixture.errors[row], rows));
}
