// Every exported functional has rows in a family: test/nn/families has their tests.
import { nn } from 'nodetorch';
import { covered } from '../nn/cases';

test('every exported functional has a row', () => {
  const rows = covered('functionals');
  const exported = Object.entries(nn.functional).filter(([, value]) => typeof value === 'function');
  expect(exported.map(([name]) => name).filter((name) => !rows.has(name))).toEqual([]);
});
