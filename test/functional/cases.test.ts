// Every functional against Python: values and gradients, bit by bit.
import torch, { nn } from 'nodetorch';
import { backward, decodeInput, expectSameRows, expectTensor, fixture, listOf } from '../nn/fixture';
import { cases } from './cases';

const { seed, functionals } = fixture;

// Some rows warn, as in Python; warnings.test.ts looks at that.
beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

test('every exported functional has a row', () => {
  const covered = new Set(Object.keys(cases).map((name) => name.split('/')[0]));
  expect(Object.keys(nn.functional).filter((name) => !covered.has(name))).toEqual([]);
});

test('rows and fixtures have the same names', () => {
  expectSameRows(Object.keys(cases), functionals);
});

test.each(Object.entries(functionals))('%s', (name, expected) => {
  const inputs = expected.inputs.map((stored, i) => decodeInput(stored, expected.inputGrads[i]));
  torch.manualSeed(seed + 2);
  const outputs = listOf(cases[name](...inputs));
  expect(outputs.length).toBe(expected.outputs.length);
  expected.outputs.forEach((stored, i) => expectTensor(outputs[i], stored, `output ${i}`));
  backward(outputs, expected.cotangents);
  expected.inputGrads.forEach((stored, i) => expectTensor(inputs[i].grad, stored, `gradient of input ${i}`));
});
