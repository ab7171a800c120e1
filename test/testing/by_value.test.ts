// Equality by value under node:assert and Jest, as `nodetorch/testing/jest` and `.../assert` set it up.
import assert from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import * as torch from 'nodetorch';
import { nn, type Tensor } from 'nodetorch';
import 'nodetorch/testing/assert';
import 'nodetorch/testing/jest';
import { exactText } from '../../lib/testing/text';

const f32 = (values: unknown) => torch.tensor(values as number[]);
const sparse = (values: number[]) => f32([values]).toSparse();

const equal: [string, () => Tensor, () => Tensor][] = [
  ['values', () => f32([1, 2]), () => f32([1, 2])],
  ['no dimensions', () => f32(1), () => f32(1)],
  ['no elements', () => torch.ones([0, 2]), () => torch.ones([0, 2])],
  ['NaN', () => f32([NaN]), () => f32([NaN])],
  ['two zeros', () => f32([0]), () => f32([-0])],
  ['strides', () => f32([[1, 2], [3, 4]]), () => f32([[1, 3], [2, 4]]).t()], // prettier-ignore
  ['sparse', () => sparse([0, 2]), () => sparse([0, 2])],
  ['integers', () => torch.tensor([1n]), () => torch.tensor([1n])],
  ['a graph', () => f32([2]), () => torch.ones([1], { requiresGrad: true }).mul(2)],
  ['many', () => torch.arange(5000), () => torch.arange(5000)],
];
const different: [string, () => Tensor, () => Tensor][] = [
  ['values', () => f32([1, 2]), () => f32([1, 3])],
  ['the last bit', () => f32([1]), () => f32([1 + 2 ** -23])],
  ['no dimensions', () => f32(1), () => f32(2)],
  ['shapes', () => f32([1, 2]), () => f32([[1, 2]])],
  ['dtypes', () => f32([1]), () => torch.tensor([1n])],
  ['layouts', () => sparse([0, 2]), () => f32([[0, 2]])],
  ['devices', () => f32([1]), () => torch.ones([1], { device: 'meta' })],
  ['one in many', () => torch.arange(5000), () => torch.arange(5000).indexFill(0, torch.tensor([2500n]), 1)],
];
const inside: [string, (tensor: Tensor) => unknown][] = [
  ['alone', (tensor) => tensor],
  ['in an array', (tensor) => [1, tensor]],
  ['in an object', (tensor) => ({ a: { tensor } })],
  ['in a Map', (tensor) => new Map([['a', tensor]])],
];

describe.each(inside)('%s', (_, put) => {
  test.each(equal)('equal: %s', (_, makeA, makeB) => {
    const [a, b] = [put(makeA()), put(makeB())];
    assert.deepEqual(a, b);
    assert.deepStrictEqual(a, b);
    expect(isDeepStrictEqual(a, b)).toBe(true);
    expect(a).toEqual(b);
    expect(a).toStrictEqual(b);
    expect({ a }).toMatchObject({ a: b });
    expect([a]).toContainEqual(b);
    const call = jest.fn();
    call(a);
    expect(call).toHaveBeenCalledWith(b);
    expect({ a }).toEqual(expect.objectContaining({ a: b }));
  });
  test.each(different)('different: %s', (_, makeA, makeB) => {
    const [a, b] = [put(makeA()), put(makeB())];
    assert.notDeepEqual(a, b);
    assert.notDeepStrictEqual(a, b);
    expect(isDeepStrictEqual(a, b)).toBe(false);
    expect(a).not.toEqual(b);
    expect(a).not.toStrictEqual(b);
    expect({ a }).not.toMatchObject({ a: b });
    expect([a]).not.toContainEqual(b);
  });
});

test('toBe still means the same tensor', () => {
  expect(f32([1])).not.toBe(f32([1]));
});

test('a tensor and a number are not equal', () => {
  expect(f32(1)).not.toEqual(1);
  assert.notDeepEqual(f32(1), 1);
});

test.each<[string, () => void]>([
  ['toEqual', () => expect({ a: f32([1, 0.1]) }).toEqual({ a: f32([1, 0.10001]) })],
  ['toStrictEqual', () => expect([f32([1, 0.1])]).toStrictEqual([f32([1, 0.10001])])],
  ['assert.deepEqual', () => assert.deepEqual([f32([1, 0.1])], [f32([1, 0.10001])])],
  ['assert.deepStrictEqual', () => assert.deepStrictEqual(f32([1, 0.1]), f32([1, 0.10001]))],
])('what %s shows has all digits', (_, assertion) => {
  expect(assertion).toThrow('tensor([1., 0.1])');
  expect(assertion).toThrow('tensor([1., 0.10001])');
});

describe('the text in a snapshot', () => {
  test.each<[tensor: Tensor, text: string]>([
    [f32([1, 0.1, 1e-7, -0, NaN, Infinity]), 'tensor([1., 0.1, 1e-07, -0., nan, inf])'],
    [f32(2.5), 'tensor(2.5)'],
    [f32([[1, 2], [3, 4]]), 'tensor([[1., 2.],\n        [3., 4.]])'], // prettier-ignore
    [torch.ones([2, 1, 1]), 'tensor([[[1.]],\n\n        [[1.]]])'],
    [torch.tensor([1n, 2n]), 'tensor([1, 2])'],
    [torch.tensor([true, false]), 'tensor([True, False])'],
    [torch.tensor([1, 2], { dtype: 'uint8' }), 'tensor([1, 2], dtype=torch.uint8)'],
    [torch.tensor([0.1], { dtype: 'float64' }), 'tensor([0.1], dtype=torch.float64)'],
    [torch.tensor([0.1], { dtype: 'float16' }), 'tensor([0.099976], dtype=torch.float16)'],
    [torch.tensor([0.1], { dtype: 'bfloat16' }), 'tensor([0.1001], dtype=torch.bfloat16)'],
    [torch.complex(f32([1]), f32([-0.1])), 'tensor([1.-0.1j])'],
    [torch.ones([0, 2]), 'tensor([], size=(0, 2))'],
    [new nn.Parameter(f32([1])), 'tensor([1.])'],
    [
      torch.arange(30).float().add(0.5),
      'tensor([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5,\n' +
        '        14.5, 15.5, 16.5, 17.5, 18.5, 19.5, 20.5, 21.5, 22.5, 23.5, 24.5, 25.5,\n' +
        '        26.5, 27.5, 28.5, 29.5])',
    ],
    [torch.arange(2000), 'tensor([   0,    1,    2,  ..., 1997, 1998, 1999], sha256=55f385cf2332d905)'],
  ])('%s', (tensor, text) => {
    expect(exactText(tensor)).toBe(text);
  });
});
