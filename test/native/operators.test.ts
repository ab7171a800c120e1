// Every operator of the dispatcher is reachable, three ways; overloads are chosen as Python does it.
import overloads from './overloads.json';
import { dtypes, native, ops, Tensor, tensor, torch } from './support/torch';

const aten = native.operatorNames().filter((name) => name.startsWith('aten::'));

// The only overloads without a converter, by what they take.
const excluded: Record<string, string[]> = {
  Storage: [
    'aten::set.source_Storage',
    'aten::set.source_Storage_out',
    'aten::set.source_Storage_storage_offset',
    'aten::set.source_Storage_storage_offset_out',
    'aten::set_.source_Storage',
    'aten::set_.source_Storage_storage_offset',
  ],
  Stream: ['aten::record_stream'],
};

describe('the dispatcher', () => {
  test('has every operator that PyTorch documents', () => {
    expect(aten.length).toBeGreaterThan(3000);
    expect(new Set(aten.map((name) => name.split('.')[0])).size).toBeGreaterThan(1500);
  });

  test('has a converter for every overload but the excluded', () => {
    const found: Record<string, string[]> = {};
    for (const [name, type] of native.unsupported()) {
      if (name.startsWith('aten::')) (found[type] ??= []).push(name);
    }
    for (const list of Object.values(found)) list.sort();
    expect(found).toEqual(excluded);
  });

  test('gives every supported overload a signature, a function and, with a self tensor, a method', () => {
    const unsupported = new Set(Object.values(excluded).flat());
    for (const full of aten) {
      if (unsupported.has(full)) continue;
      const [name, overload = 'default'] = full.split('.');
      expect([full, native.signatures(name, overload, false).length]).toEqual([full, 1]);
    }
    const camel = (name: string) =>
      name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());
    const names = new Set(aten.map((name) => name.slice(6).split('.')[0]));
    expect([...names].filter((name) => typeof torch[camel(name)] !== 'function')).toEqual([]);
    expect([...names].filter((name) => !(camel(name) in Tensor.prototype))).toEqual([]);
  });
});

describe('an operator', () => {
  const x = tensor([
    [1, 5],
    [3, 4],
  ]);

  test('is a function, a method, and in torch.ops', () => {
    const image = torch.arange(16, { dtype: dtypes.float32 }).reshape(1, 4, 4);
    const expected = [
      [
        [5, 7],
        [13, 15],
      ],
    ];
    expect(torch.maxPool2d(image, 2).tolist()).toEqual(expected);
    expect(image.maxPool2d(2).tolist()).toEqual(expected);
    expect((ops.aten as typeof torch).max_pool2d(image, 2).tolist()).toEqual(expected);
    expect((ops.aten as typeof torch).max_pool2d(image, { kernel_size: 2 }).tolist()).toEqual(expected);
    expect((ops.aten as typeof torch).max_pool2d(image, { kernelSize: 2 }).tolist()).toEqual(expected);
  });

  // The addon gives libtorch float32 where it would turn the number itself; the Scalar overloads leave it to it.
  test('takes a number beside a tensor as libtorch does, to the bit', () => {
    const aten = ops.aten as typeof torch;
    const { float16, float32, float64, int32 } = dtypes;
    const numbers = [0.1, 1 / 3, 7, -3, 0, -0, 1e40, -1e40, 1e-40, 1e-50, 2 ** 24 + 1, 2 ** 53 - 1, 5n];
    numbers.push(3.4028235e38, 3.4028235677973366e38, NaN, Infinity);
    const values = [1, 0, -7, 3, 0.1, -2.5, 1e38, 1e-40];
    for (const dtype of [float16, float32, float64, int32]) {
      const held = dtype === int32 ? 4 : dtype === float16 ? 6 : 8;
      for (const self of [tensor(values.slice(0, held), { dtype }), tensor(3, { dtype })]) {
        for (const name of ['add', 'sub', 'mul', 'div', 'floor_divide']) {
          for (const number of numbers) {
            const attempt = (overload: string) => {
              try {
                const result = aten[`${name}${overload}`](self, number);
                return [name, number, result.dtype, result.tolist()];
              } catch (error) {
                return [name, number, (error as Error).message];
              }
            };
            expect(attempt(name === 'floor_divide' ? '' : '.Tensor')).toEqual(attempt('.Scalar'));
          }
        }
      }
    }
  });

  test('takes a number for a tensor of its dtype where it is no arithmetic', () => {
    const aten = ops.aten as typeof torch;
    const { float64, int64 } = dtypes;
    const y = x.to(dtypes.float32);
    expect([aten['to.other'](y, 2.5).dtype, aten['to.other'](y, 2).dtype]).toEqual([float64, int64]);
  });

  test('has overloads by name', () => {
    const aten = ops.aten as typeof torch;
    expect(aten['add.Tensor'](x, x).tolist()).toEqual([
      [2, 10],
      [6, 8],
    ]);
    expect(aten['add.Scalar'](x, 1, 2).tolist()).toEqual([
      [3, 7],
      [5, 6],
    ]);
    expect(aten['max.dim'](x, 1).indices.tolist()).toEqual([1, 1]);
    expect(aten['sum.default'](x).item()).toBe(13);
    expect(() => aten['add.Nothing'](x, x)).toThrow('torch.ops.aten.add.Nothing: no such operator');
    expect(() => aten.nothing(x)).toThrow('torch.ops.aten.nothing: no such operator');
    expect(() => (ops.nolibrary as typeof torch).foo(x)).toThrow('no such operator');
  });

  test('stands in its namespace', () => {
    expect(
      torch.linalg
        .det(
          tensor([
            [2, 0],
            [0, 3],
          ]),
        )
        .item(),
    ).toBeCloseTo(6);
    expect(torch.fft.fft(tensor([1, 2])).real.tolist()).toEqual([3, -1]);
    expect(torch.special.xlogy(tensor([0]), tensor([0])).tolist()).toEqual([0]);
    const { U, S, Vh } = torch.linalg.svd(x);
    expect(torch.allclose(U.mul(S).matmul(Vh), x, { atol: 1e-5 })).toBe(true);
  });

  test('returns the very object that it changed', () => {
    const y = tensor([1, 2]);
    expect(y.add_(1)).toBe(y);
    expect(torch.relu_(y)).toBe(y);
    const out = torch.empty([2]);
    expect(torch.add(y, 1, { out })).toBe(out);
    expect(out.tolist()).toEqual([3, 4]);
    const [values, indices] = [torch.empty([0]), torch.empty([0], { dtype: dtypes.int64 })];
    const result = torch.max(x, 1, { out: [values, indices] });
    expect(result.values).toBe(values);
    expect(result[1]).toBe(indices);
    expect(indices.tolist()).toEqual([1, 1]);
  });

  test('returns what its schema says', () => {
    expect(torch.unbind(x).map((row: Tensor) => row.tolist())).toEqual([
      [1, 5],
      [3, 4],
    ]);
    expect(Object.keys(torch.sort(x))).toEqual(['0', '1', 'values', 'indices']);
    expect(torch.equal(x, x)).toBe(true);
    expect(torch.isSameSize(x, x.at(0))).toBe(false);
    expect((ops.aten as typeof torch)['size.int'](x, 0)).toBe(2);
    expect(torch.promoteTypes(dtypes.int64, dtypes.float16)).toBe(dtypes.float16);
    expect(
      torch._fusedSdpChoice(torch.zeros([1, 1, 2, 2]), torch.zeros([1, 1, 2, 2]), torch.zeros([1, 1, 2, 2])),
    ).toEqual(expect.any(Number));
    expect(torch._foreachAdd_([tensor([1])], 1)).toBe(undefined);
    expect(torch._foreachAdd([tensor([1])], 1)[0].tolist()).toEqual([2]);
    expect(torch.batchNorm(x, null, null, null, null, true, 0.1, 1e-5, false).shape).toEqual([2, 2]);
  });

  test('takes keywords, null and undefined as Python takes keywords, None and nothing', () => {
    expect(torch.sum(x, { dim: 1, keepdim: true }).tolist()).toEqual([[6], [7]]);
    expect(torch.sum({ input: x, axis: 0 }).tolist()).toEqual([4, 9]);
    expect(torch.sum(x, null).item()).toBe(13);
    expect(torch.clamp(x, undefined, 2).tolist()).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(torch.clamp(x, null, 2).tolist()).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(torch.zeros(2, 3).shape).toEqual([2, 3]);
    expect(x.view(4).view(2, 1, -1).shape).toEqual([2, 1, 2]);
    expect(torch.zeros([2], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(torch.arange(3n).dtype).toBe(dtypes.int64);
  });
});

describe('the overload is the one that Python chooses', () => {
  const scope = {
    torch,
    y: tensor([
      [1, 2, 0.5],
      [0.25, 1.5, 3],
    ]),
    mask: tensor([
      [true, false, true],
      [false, false, true],
    ]),
    index: tensor([
      [0n, 2n, 1n],
      [1n, 1n, 0n],
    ]),
    q: tensor([0.25, 0.75]),
  };
  test.each(overloads.rows.map((row) => [row.typescript, row] as const))('%s', (source, row) => {
    const x = tensor(
      [
        [0.5, -1.25, 2],
        [3.5, 0.25, -0.75],
      ],
      { requiresGrad: true },
    );
    const call = new Function('x', ...Object.keys(scope), `return ${source};`) as (
      ...args: unknown[]
    ) => Tensor;
    const result = call(x, ...Object.values(scope));
    expect(result.gradFn?.name).toBe(row.gradFn);
    expect(result.shape).toEqual(row.shape);
    const values = Array.from(result.detach().double().toTypedArray() as Float64Array);
    values.forEach((value, i) => expect(value).toBeCloseTo(row.values[i], 6));
  });
});
