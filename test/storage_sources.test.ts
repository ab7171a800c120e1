// Storages that tensors take, of buffers and files, and in files: as Python has them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { type Tensor, UntypedStorage, type serialization } from 'nodetorch';
import { bytesSource } from '../lib/serialization/io/source';
import { ZipReader } from '../lib/serialization/io/zip_reader';
import { results } from './storages.json';
import { classAndMessage } from './errors';

function said(call: () => unknown): unknown {
  let value: unknown;
  const error = classAndMessage(() => void (value = call()));
  if (error !== 'nothing') return error;
  return value instanceof UntypedStorage ? value.tolist() : value;
}

const x = torch.arange(4).float();
const s = x.untypedStorage();
const of = (...values: number[]) => new UntypedStorage(values);
const meta = new UntypedStorage(2, { device: 'meta' });

describe('a tensor that takes the memory', () => {
  type Taken = [shape: number[], stride: number[], offset: number, values: unknown];
  function taken(change: (tensor: Tensor) => Tensor, dtype = torch.float32): Taken | string {
    const tensor = torch.empty([0], { dtype });
    const error = classAndMessage(() => change(tensor));
    if (error !== 'nothing') return error;
    return [[...tensor.shape], [...tensor.stride()], tensor.storageOffset(), tensor.tolist()];
  }

  test('has it as Python has it', () => {
    expect([
      taken((t) => t.set_(s)),
      taken((t) => t.set_(s, 1, [2])),
      taken((t) => t.set_(s, 1, [2], [1])),
      taken((t) => t.set_(s, 0, [2, 2])),
      taken((t) => t.set_(s, 0, [2, 2], [1, 2])),
      taken((t) => t.set_(s, 0, [2, 2], [1])),
      taken((t) => t.set_(s, -1, [1])),
      taken((t) => t.set_(s, 4, [0])),
      taken((t) => t.set_(s, 0, [])),
      taken((t) => t.set_({ source: s })),
      taken((t) => t.set_({ source: s, storageOffset: 1, size: [2] })),
      taken((t) => t.set_({ source: s, storageOffset: 0, size: [2], stride: [2] })),
      taken((t) => t.set_(s), torch.int16),
      taken((t) => t.set_(s, 2, [2]), torch.uint8),
      taken((t) => t.set_(new UntypedStorage(7).slice(0, 0))),
      taken((t) => t.set_(meta)),
    ]).toEqual(results.set_);
  });

  test('shares it, and refuses what is no memory', () => {
    const own = new UntypedStorage([1, 2, 3, 4]);
    const tensor = torch.empty([0], { dtype: torch.uint8 }).set_(own);
    own.fill_(5);
    expect([tensor.untypedStorage() === own, tensor.tolist()]).toEqual([true, [5, 5, 5, 5]]);
    expect(tensor.set_(x, 0, [2]).dtype).toBe(torch.uint8);
    // Python's names are those of C++: float, unsigned char.
    const kinds = /^RuntimeError: Could not set tensor of type torch.float32 to a tensor of type torch.uint8/;
    expect(said(() => tensor.set_(x))).toMatch(kinds);
    expect(said(() => tensor.set_({ source: x }))).toMatch(kinds);
    expect(tensor.set_().shape).toEqual([0]);
    expect(() => tensor.set_(3 as never)).toThrow(TypeError);
    expect(() => tensor.set_(own, 1)).toThrow(TypeError);
    const leaf = torch.ones([1], { requiresGrad: true });
    expect(() => leaf.set_(own)).toThrow(
      'a leaf Variable that requires grad is being used in an in-place operation',
    );
    own.dispose();
    expect(() => tensor.set_(own)).toThrow(/dispose/);
  });
});

test('bytes of buffers', () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const { fromBuffer } = UntypedStorage;
  const from = (options: object, given: Uint8Array = bytes) => said(() => fromBuffer(given, options));
  expect([
    from({ dtype: torch.uint8 }),
    from({ byteOrder: 'native', dtype: torch.int32 }),
    from({ byteOrder: 'little', dtype: torch.int32 }),
    from({ byteOrder: 'big', dtype: torch.int32 }),
    from({ byteOrder: 'big', count: 1, offset: 2, dtype: torch.int16 }),
    from({ byteOrder: 'big', dtype: torch.complex64 }),
    from({ byteOrder: 'big', dtype: torch.bfloat16, offset: 4 }),
    from({ byteOrder: 'big', dtype: torch.float8_e5m2 }),
    from({ byteOrder: 'little', dtype: torch.bool }, Uint8Array.from([1, 2, 0])),
    from({ byteOrder: 'little', dtype: torch.float32 }, new Uint8Array()),
    from({ byteOrder: 'little', dtype: torch.float32, count: 0 }),
    from({ byteOrder: 'little', dtype: torch.float32, offset: 3 }),
    // Python's message has its two numbers in each other's place.
    results.buffer[12],
    from({ byteOrder: 'little', dtype: torch.float32, count: 2, offset: 4 }),
    from({ byteOrder: 'little', dtype: torch.complex32 }),
    from({ byteOrder: 'little', dtype: torch.uint16 }),
    from({ byteOrder: 'little', dtype: torch.qint8 }),
    from({}),
  ]).toEqual(results.buffer);
  expect(from({ byteOrder: 'little', dtype: torch.float32, offset: 9 })).toBe(
    'ValueError: offset must be non-negative and no greater than buffer length (8) , but got 9',
  );
  const named = results['buffer that cannot be'].map((text) => text.replace('byte_order', 'byteOrder'));
  expect([from({ byteOrder: 'odd', dtype: torch.float32 }), from({ dtype: torch.float32 })]).toEqual(named);
  const own = fromBuffer(bytes.buffer, { dtype: torch.uint8 }).resize_(9);
  expect([own.nbytes(), said(() => fromBuffer([1] as never, { dtype: torch.uint8 }))]).toEqual([
    9,
    expect.stringMatching(/^TypeError/),
  ]);
});

test('bytes the other way round', () => {
  const { float32, int16, complex64, float64, uint8, complex32 } = torch;
  const swapped = [float32, int16, complex64, float64, uint8, complex32].map((dtype) => {
    const storage = of(1, 2, 3, 4, 5, 6, 7, 8);
    storage.byteswap(dtype);
    return storage.tolist();
  });
  expect([...swapped, said(() => new UntypedStorage(7).byteswap(float32))]).toEqual(results.swapped);
  expect(said(() => meta.byteswap(int16))).toMatch(/^NotImplementedError/); // Python ends there
});

test('bytes of files', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nodetorch-'));
  const file = path.join(folder, 'bytes');
  writeFileSync(
    file,
    Uint8Array.from({ length: 10 }, (_, i) => i),
  );
  const mapped = (...args: [shared?: boolean, nbytes?: number]) => {
    let storage!: UntypedStorage;
    const error = classAndMessage(() => (storage = UntypedStorage.fromFile(file, ...args)));
    if (error !== 'nothing') return error.replace(folder, 'FOLDER').replace('RuntimeError: ', '');
    const before = storage.tolist();
    const facts = [storage.filename === file, storage.isShared(), storage.resizable()];
    storage.fill_(7);
    storage.dispose();
    return [before, ...facts, [...readFileSync(file)]];
  };
  try {
    expect([mapped(), mapped(false, 4), mapped(false, 20), mapped(true, 4), mapped(true, 12)]).toEqual(
      results.file,
    );
    expect(said(() => UntypedStorage.fromFile(3 as never))).toMatch(/^TypeError/);
    expect(said(() => UntypedStorage.fromFile(`${file}\0more`, true, 20))).toBe(
      'ValueError: embedded null character',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect([s.isSparseCsr, s.filename]).toEqual(results['other names']);
});

describe('saved', () => {
  const small = torch.arange(4, { dtype: torch.uint8 });
  const pickled = (value: unknown) => {
    let bytes!: Uint8Array;
    const error = classAndMessage(() => (bytes = torch.save(value)));
    if (error !== 'nothing') return error;
    return new ZipReader(bytesSource(bytes)).read('data.pkl').toString('base64');
  };

  test("has Python's bytes", () => {
    expect(
      [
        s,
        { a: s, b: s },
        [small, small.untypedStorage()],
        [small.untypedStorage(), small],
        { x, s },
        new UntypedStorage(),
        meta,
      ].map(pickled),
    ).toEqual(results.saved);
  });

  test('comes back, and is still shared with tensors', () => {
    const { tensor, storage } = torch.load<{ tensor: Tensor; storage: serialization.TypedStorage }>(
      torch.save({ tensor: small, storage: small.untypedStorage() }),
      { objects: true },
    );
    expect([storage.dtype, storage.untyped().tolist()]).toEqual([torch.uint8, [0, 1, 2, 3]]);
    storage.untyped().fill_(9);
    expect([tensor.tolist(), storage.untyped() === tensor.untypedStorage()]).toEqual([[9, 9, 9, 9], true]);
    const again = torch.load<serialization.TypedStorage>(torch.save(storage), { mapLocation: 'meta' });
    expect([again.untyped().device.type, again.untyped().nbytes()]).toEqual(['meta', 4]);
  });
});
