// Custom Functions under one, two and three transforms of torch.func, against functions.json: each cell in bits.
import fixture from './functions.json';
import { operations, runNesting } from './functions';

const { nestings } = fixture;
const cells = fixture.cells as Record<string, string[]>;

test('the tables name the same Functions', () => {
  expect(Object.keys(operations)).toEqual(Object.keys(cells));
});

test.each(Object.keys(cells))('%s under each nesting', (name) => {
  const expected = nestings.map((nesting, i) => `${nesting}: ${cells[name][i]}`);
  expect(nestings.map((nesting) => `${nesting}: ${runNesting(name, nesting)}`)).toEqual(expected);
});
