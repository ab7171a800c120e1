// Values in and out, of every dtype, against fixtures/values.json.
import * as torch from 'nodetorch';
import { Complex, type Tensor } from 'nodetorch';
import fixture from './fixtures/values.json';

type Text = string | boolean | string[];

const typeError = expect.objectContaining({ name: 'TypeError' });
const rangeError = expect.objectContaining({ name: 'RangeError' });
const hex = (tensor: Tensor) => Buffer.from(tensor.toTypedArray().buffer).toString('hex');
const float = (text: string) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN })[text] ?? Number(text);

function valueOf(text: Text, dtype: torch.DType): number | bigint | boolean | Complex {
  if (typeof text === 'boolean') return text;
  if (Array.isArray(text)) return new Complex(float(text[0]), float(text[1]));
  if (dtype.isFloatingPoint) return float(text);
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
}

describe.each(fixture.rows)('$dtype', ({ dtype: name, given, bytes, tolist }) => {
  const dtype = (torch as unknown as Record<string, torch.DType>)[name];
  const values = (given as Text[]).map((text) => valueOf(text, dtype));
  const x = torch.tensor(values, { dtype });

  test('tensor() writes the bytes that Python writes', () => expect(hex(x)).toBe(bytes));

  test('tolist() gives the values that Python gives', () => {
    expect(x.tolist()).toEqual((tolist as Text[]).map((text) => valueOf(text, dtype)));
  });

  test('item() gives one of them', () => {
    (tolist as Text[]).forEach((text, i) => {
      const value = valueOf(text, dtype);
      if (typeof value === 'bigint') {
        expect(() => x.at(i).item()).toThrow(rangeError);
        expect(x.at(i).itemBigInt()).toBe(value);
      } else {
        expect(x.at(i).item()).toEqual(value);
      }
    });
  });

  test('bytes come in and go out as they are', () => {
    const raw = new Uint8Array(Buffer.from(bytes, 'hex'));
    expect(hex(torch.fromBlob(raw, { dtype }))).toBe(bytes);
    expect(hex(torch.tensor(x.toTypedArray()).view(dtype))).toBe(bytes);
    const view = x.viewTypedArray();
    expect(Buffer.from(view.buffer).toString('hex')).toBe(bytes);
    expect(view.constructor).toBe(x.toTypedArray().constructor);
  });

  test('empty and zero-dimensional', () => {
    expect(torch.zeros([0, 2], { dtype }).tolist()).toEqual([]);
    expect(torch.zeros([2, 0], { dtype }).tolist()).toEqual([[], []]);
    expect(torch.zeros([0], { dtype }).toTypedArray()).toHaveLength(0);
    expect(torch.zeros([], { dtype }).tolist()).toEqual(x.newZeros([]).item());
  });
});

describe('toTypedArray', () => {
  test('goes row by row, whatever the strides', () => {
    const x = torch.arange(6).reshape([2, 3]);
    expect([...x.t().toTypedArray()]).toEqual([0n, 3n, 1n, 4n, 2n, 5n]);
    expect([...x.at(':', '::2').toTypedArray()]).toEqual([0n, 2n, 3n, 5n]);
    expect([...torch.tensor([1.5]).expand([3]).toTypedArray()]).toEqual([1.5, 1.5, 1.5]);
  });
  test('is a copy', () => {
    const x = torch.zeros([2]);
    x.toTypedArray()[0] = 5;
    expect(x.tolist()).toEqual([0, 0]);
  });
  test('resolves conjugate, negative and zero views', () => {
    const x = torch.tensor([new Complex(1, 2)]);
    expect(x.conj().tolist()).toEqual([new Complex(1, -2)]);
    expect([...x.conj().toTypedArray()]).toEqual([1, -2]);
    expect(x.conj().imag.tolist()).toEqual([-2]);
    expect(torch.ops.aten._efficientzerotensor([2]).tolist()).toEqual([0, 0]);
  });
  test('reads a tensor that requires grad', () => {
    expect(torch.tensor([2], { requiresGrad: true }).mul(3).tolist()).toEqual([6]);
  });
});

describe('viewTypedArray', () => {
  test('shares memory both ways and keeps it', () => {
    const x = torch.zeros([2, 2]);
    const view = x.viewTypedArray();
    view[3] = 7;
    x.setAt([0, 0], 5);
    expect(x.tolist()).toEqual([
      [5, 0],
      [0, 7],
    ]);
    x.dispose();
    expect([...view]).toEqual([5, 0, 0, 7]);
  });
  test('begins where the tensor begins', () => {
    expect([...torch.arange(6).at('2:5').viewTypedArray()]).toEqual([2n, 3n, 4n]);
  });
  test('fixes the size of the memory', () => {
    const x = torch.zeros([2]);
    x.viewTypedArray();
    expect(() => x.resize_([100])).toThrow('not resizable');
  });
  test('refuses what is not contiguous', () => {
    expect(() => torch.zeros([2, 3]).t().viewTypedArray()).toThrow('contiguous');
    expect(() => torch.zeros([2], { device: 'meta' }).viewTypedArray()).toThrow('meta');
    expect(() => torch.zeros([2], { dtype: 'complex64' }).conj().viewTypedArray()).toThrow('conjugate');
  });
});

describe('item', () => {
  test('needs one element', () => {
    expect(() => torch.zeros([2]).item()).toThrow('a Tensor with 2 elements cannot be converted to Scalar');
    expect(() => torch.zeros([0]).item()).toThrow('a Tensor with 0 elements cannot be converted to Scalar');
    expect(torch.tensor([[[4]]]).item()).toBe(4);
  });
  test('itemBigInt needs integers', () => {
    expect(torch.tensor(5n).itemBigInt()).toBe(5n);
    expect(torch.tensor(2n ** 64n - 1n, { dtype: 'uint64' }).itemBigInt()).toBe(2n ** 64n - 1n);
    expect(() => torch.tensor(1.5).itemBigInt()).toThrow(typeError);
    expect(() => torch.tensor(1).itemBigInt()).toThrow(typeError);
  });
});

describe('limits of dtypes', () => {
  const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const plain = (text: string) =>
    Number.isInteger(Number(text)) && !Number.isSafeInteger(Number(text)) && /^-?\d+$/.test(text)
      ? BigInt(text)
      : Number(text);
  test.each(Object.entries(fixture.finfo))('finfo %s', (name, { repr, ...expected }) => {
    const info = torch.finfo(name as torch.DTypeName);
    const fields = Object.fromEntries(
      Object.entries(expected).map(([key, text]) => [camel(key), Number(text)]),
    );
    expect(info).toMatchObject(fields);
    expect(String(info)).toBe(repr);
  });
  test.each(Object.entries(fixture.iinfo))('iinfo %s', (name, { repr, ...expected }) => {
    const info = torch.iinfo(name as torch.DTypeName);
    const fields = Object.fromEntries(
      Object.entries(expected).map(([key, text]) => [camel(key), plain(text)]),
    );
    expect(info).toMatchObject(fields);
    expect(String(info)).toBe(repr);
  });
  test('of the wrong kind', () => {
    expect(() => torch.iinfo('float32')).toThrow("Use torch.finfo to handle 'torch.float32'");
    expect(() => torch.finfo('int32')).toThrow('Use torch.iinfo');
    expect(() => torch.iinfo('bool')).toThrow('torch.bool is not supported by torch.iinfo');
    expect(() => torch.iinfo('nonsense' as never)).toThrow(typeError);
  });
});
