// Tensors and lists go to the addon as numbers: what must hold though a number keeps nothing alive, and though
// reading an argument may run code that calls operators.
import { collect } from '../../lib/native/collect';
import { live } from '../fixtures/live';
import { HANDLE, keep, memory, type Tensor, tensor, tidy, torch } from './support/torch';

const a = tensor([1, 2, 3]);
const b = tensor([4, 5, 6]);
// Leaves other numbers in the memory through which lists go.
const meddle = () => torch.cat([b, b, b, b]).view([2, 2, 3]).sum([0, 1]);

describe('arguments whose reading calls operators', () => {
  const withGetter = <T>(list: T[]): T[] =>
    Object.defineProperty([...list], 1, { get: () => (meddle(), list[1]), enumerable: true });
  const proxied = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, key) {
        meddle();
        return Reflect.get(object, key) as unknown;
      },
      getPrototypeOf(object) {
        meddle();
        return Reflect.getPrototypeOf(object);
      },
    });

  test.each([withGetter, proxied])('lists of tensors', (make) => {
    expect(torch.cat(make([a, b])).tolist()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(torch.stack(make([a, b]), 1).tolist()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  test.each([withGetter, proxied])('lists of numbers', (make) => {
    const x = torch.arange(6);
    expect(x.view(make([2, 3])).shape).toEqual([2, 3]);
    expect(x.view([3, 2]).permute(make([1, 0])).shape).toEqual([2, 3]);
    expect(torch.full(make([1, 2]), 7).tolist()).toEqual([[7, 7]]);
    expect(torch.sum(x.view(2, 3), make([0, 1]), { keepdim: true }).shape).toEqual([1, 1]);
  });

  test('tensors', () => {
    expect(a.add(proxied(b)).tolist()).toEqual([5, 7, 9]);
    expect(torch.where(tensor([true, false, true]), proxied(a), proxied(b)).tolist()).toEqual([1, 5, 3]);
  });
});

describe('numbers are not tensors', () => {
  const forged = (handle: unknown) => ({ [HANDLE]: handle });

  test.each([NaN, Infinity, -1, 0, 1.5, 1e9, 2 ** 31, 2 ** 53])('%p', (number) => {
    expect(() => torch.cat([a, number])).toThrow(TypeError);
    expect(() => torch.matmul(a, number)).toThrow(TypeError);
    expect(() => torch.neg(forged(number))).toThrow(TypeError);
    expect(a.mul(number).tolist()).toEqual(a.mul(tensor(number, { dtype: 'float64' })).tolist());
  });

  test('nor are lists of them', () => {
    expect(() => torch.cat([1, 2])).toThrow("argument 'tensors' (position 1) must be Tensor[]");
    expect(() => torch.cat([1.5])).toThrow('not array of fractional number');
    expect(() => torch.zeros([2]).view([NaN])).toThrow('not array of NaN');
    expect(() => torch.zeros([2]).view([a, b])).toThrow('not array of Tensor');
  });
});

describe('what is given back is the object that was given', () => {
  test('by position, by keyword, in a tuple', () => {
    const x = tensor([1, 2, 3]);
    expect(x.add_(1)).toBe(x);
    expect(torch.add(a, b, { out: x })).toBe(x);
    const [values, indices] = [tensor([0]), tensor([0n])];
    const most = torch.max(a, 0, { keepdim: true, out: [values, indices] });
    expect([most.values === values, most.indices === indices, most[0] === values]).toEqual([
      true,
      true,
      true,
    ]);
    const aten = torch.frexp(tensor([8]));
    expect([aten.mantissa.item(), aten.exponent.item()]).toEqual([0.5, 4]);
  });

  test('lists, short and long', () => {
    const x = torch.arange(100);
    expect(torch.unbind(x).map((each: Tensor) => each.item())).toEqual([...Array(100).keys()]);
    expect(torch.split(x, 50).map((each: Tensor) => each.shape)).toEqual([[50], [50]]);
    const before = live().tensors;
    for (let i = 0; i < 50; i++) torch.split(x, 10);
    expect(live().tensors).toBeLessThanOrEqual(before);
  });
});

describe('a scope owns small tensors alone', () => {
  test('what it has freed is nothing, also when others have its place', () => {
    const freed: Tensor[] = [];
    tidy(() => void freed.push(a.add(1), a.add(2)));
    const others = [a.add(3), a.add(4)];
    for (const tensor of freed) {
      expect(tensor.isDisposed).toBe(true);
      expect(() => tensor.add(1)).toThrow(/disposed/);
      expect(() => torch.cat([tensor])).toThrow(/disposed|must be Tensor/);
      tensor.dispose();
    }
    expect(others.map((tensor) => tensor.tolist())).toEqual([
      [4, 5, 6],
      [5, 6, 7],
    ]);
  });

  test('what is kept or returned lives on, from inner scopes, too', () => {
    const start = live().tensors;
    const held: Tensor[] = [];
    const result = tidy(() => {
      const outer = a.add(1);
      const other = a.add(2);
      const inner = tidy(() => {
        keep(other);
        held.push(keep(a.add(3)));
        return { outer, mine: a.add(4) };
      });
      expect(inner.mine.tolist()).toEqual([5, 6, 7]);
      held.push(inner.outer.add(other));
      return held;
    });
    collect(true);
    expect(result.map((tensor) => tensor.tolist())).toEqual([
      [4, 5, 6],
      [5, 7, 9],
    ]);
    expect(live().tensors).toBe(start + 2); // nobody has `other`
    held.length = 0;
    expect(live().tensors).toBe(start);
  });

  test('however many there are', () => {
    const before = live().tensors;
    const last = tidy(() => {
      let x = a;
      for (let i = 0; i < 10_000; i++) x = x.add(1);
      return x;
    });
    expect(last.tolist()).toEqual([10_001, 10_002, 10_003]);
    expect(memory().tensors).toBe(before + 1);
  });

  test('a tensor that grows, joins a graph, or is disposed', () => {
    const weight = tensor([1, 2, 3], { requiresGrad: true });
    tidy(() => {
      const grown = a.clone().resize_([2000]);
      const joined = a.clone().mul_(weight);
      a.add(1).dispose();
      joined.sum().backward();
      expect(grown.shape).toEqual([2000]);
    });
    expect(weight.grad!.tolist()).toEqual([1, 2, 3]);
  });
});
