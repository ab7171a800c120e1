// nn.utils against Python, case by case: test/fixtures/nn_utils.py.
import torch, { nn } from 'nodetorch';
import { classAndMessage } from '../../errors';
import { expectSameRows } from '../fixture';
import { fusion } from './cases/fusion';
import { gradients } from './cases/gradients';
import { norms } from './cases/norms';
import { parametrizations } from './cases/parametrizations';
import { parametrize } from './cases/parametrize';
import { prune } from './cases/prune';
import { sequences } from './cases/sequences';
import { stateless } from './cases/stateless';
import { expectSame, fixture, type UtilsCases } from './compare';

const families: UtilsCases[] = [
  sequences,
  gradients,
  norms,
  parametrize,
  parametrizations,
  prune,
  fusion,
  stateless,
];
const cases = Object.assign({}, ...families.map((family) => family.cases)) as UtilsCases['cases'];
const errors = Object.assign({}, ...families.map((family) => family.errors)) as UtilsCases['cases'];

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

test('the fixtures are of the libtorch that runs', () => {
  expect(torch.version).toBe(fixture.torch);
});

test('cases and fixtures have the same names', () => {
  expectSameRows(Object.keys(cases), fixture.cases);
  expectSameRows(Object.keys(errors), fixture.errors);
});

test('every exported function and class has a case', () => {
  // `prune.l1Unstructured/scores` is one for L1Unstructured, too.
  const nameOf = (row: string): string => row.split(/[/ ]/)[0].split('.').at(-1)!.toLowerCase();
  const covered = new Set([...Object.keys(cases), ...Object.keys(errors)].map(nameOf));
  covered.add('consumeprefixinstatedictifpresent'); // in test/distributed/state.test.ts, with DistributedDataParallel
  const spaces = Object.values(nn.utils).filter((value) => typeof value === 'object');
  const exported = [nn.utils, ...spaces].flatMap((space) =>
    Object.entries(space).filter(([, value]) => typeof value === 'function'),
  );
  const missing = exported.map(([name]) => name).filter((name) => !covered.has(name.toLowerCase()));
  expect(missing).toEqual([]);
});

test.each(Object.keys(cases))('%s', (name) => {
  torch.manualSeed(fixture.seed);
  expectSame(cases[name](), fixture.cases[name]);
});

test.each(Object.keys(errors))('error: %s', (name) => {
  const wanted = fixture.errors[name].replace(/<class 'torch\.nn\.[\w.]*?(\w+)'>/g, '$1');
  expect(classAndMessage(errors[name])).toBe(wanted);
});
