// Arguments by position and by keyword, as Python takes them.
import torch, { nn, type Tensor } from 'nodetorch';

const F = nn.functional;
const x = (): Tensor => torch.tensor([[1, -2, 3, -4]]);

test('an argument may come by position or by keyword', () => {
  expect(F.softmax(x(), 1).equal(F.softmax(x(), { dim: 1 }))).toBe(true);
  expect(F.avgPool1d(x(), 2, 1).equal(F.avgPool1d(x(), 2, { stride: 1 }))).toBe(true);
});

test('undefined is the default', () => {
  expect(F.relu(x(), { inplace: undefined }).equal(F.relu(x()))).toBe(true);
  expect(F.avgPool1d(x(), 2, undefined, { padding: undefined }).equal(F.avgPool1d(x(), 2))).toBe(true);
});

test('an unknown keyword is an error that names it', () => {
  expect(() => F.relu(x(), { inPlace: true } as object)).toThrow(
    new TypeError("relu() got an unexpected keyword argument 'inPlace'; did you mean 'inplace'?"),
  );
  expect(() => new nn.Linear(1, 1, { bais: false } as object)).toThrow(
    new TypeError("Linear() got an unexpected keyword argument 'bais'; did you mean 'bias'?"),
  );
});

test('a value given twice is an error', () => {
  expect(() => F.softmax(x(), 1, { dim: 0 })).toThrow(
    new TypeError("softmax() got multiple values for argument 'dim'"),
  );
});

test('only the last argument may be an object of keywords', () => {
  expect(() => F.avgPool1d(x(), 2, { stride: 1 }, { padding: 0 } as never, {})).toThrow(TypeError);
  expect(() => F.relu(x(), true, 1 as never)).toThrow(
    new TypeError('relu() takes from 1 to 2 positional arguments but 3 were given'),
  );
});
