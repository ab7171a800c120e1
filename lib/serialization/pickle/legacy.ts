// The format before PyTorch 1.6: a chain of pickles, and the storages behind them.
import { wrap } from '../../native/dispatch';
import { native } from '../../native';
import type { Tensor } from '../../tensor';
import { type Placing, metaStorage } from '../map_location';
import { checkResult } from './check';
import { describeObject } from './construct';
import { PythonClass } from './global';
import { knownGlobal } from './globals';
import { FileHost, storageRef } from './host';
import { type Host, unpickle } from './machine';
import { type StorageRef, StorageType } from './storage';
import { TensorBuilder } from './tensors';
import { PythonObject } from './python_types';
import { Reader, type Source } from '../io/source';
import { damaged } from '../io/errors';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** Reads the values without any classes in them. */
const plainHost: Host = {
  global: (module, name) => {
    throw damaged(`its header names ${module}.${name}`.slice(0, 200));
  },
  construct: () => {
    throw damaged('its header makes an object');
  },
  persistent: () => {
    throw damaged('its header refers to a storage');
  },
  build: () => {
    throw damaged('its header holds objects');
  },
};

interface Place {
  readonly position: number;
  readonly nbytes: number;
}

// The storages come last. The pickle is read twice: to find its end and what storages it has, and for good.
export function loadLegacy(source: Source, places: Placing, lax: boolean): unknown {
  const start = readHeader(source, lax);
  const reader = new Reader(source, start);
  const refs = new Map<string, StorageRef>();
  unpickle(reader, surveying(refs));
  const table = readTable(source, reader, refs);
  const storages = new LegacyStorages(source, places, table);
  const builder = new TensorBuilder((ref) => storages.read(ref), places);
  const result = unpickle(new Reader(source, start), new FileHost(builder, lax));
  checkResult(result, (storage) => builder.fill(storage));
  storages.release();
  return result;
}

function readHeader(source: Source, lax: boolean): number {
  if (source.size > 512 && source.read(257, 5).toString('latin1') === 'ustar') {
    throw damaged(
      lax
        ? 'it is in the .tar format of before PyTorch 0.1.10, which is not supported: torch.load() of Python opens it, save it again there'
        : 'Cannot use ``weights_only=True`` with files saved in the legacy .tar format. torch.load() of Python opens such, with weights_only=False: save it again there',
    );
  }
  const reader = new Reader(source);
  let magic: unknown;
  try {
    magic = unpickle(reader, plainHost);
  } catch {
    // It is no pickle at all.
  }
  if (magic !== MAGIC) throw damaged('Invalid magic number; corrupt file? It is no file of torch.save');
  const version = unpickle(reader, plainHost);
  if (version !== PROTOCOL) throw damaged('Invalid protocol version');
  unpickle(reader, plainHost); // byte order and sizes of ints, which do not matter
  return reader.position;
}

/** Makes nothing; notes down the storages. */
function surveying(refs: Map<string, StorageRef>): Host {
  return {
    global(module, name) {
      const path = `${module}.${name}`;
      const known = knownGlobal(path);
      return known instanceof StorageType ? known : new PythonClass(path);
    },
    construct: (callee, how, args, keywords) =>
      describeObject(callee instanceof PythonClass ? callee : new PythonClass('object'), how, args, keywords),
    persistent(id) {
      const ref = storageRef(id);
      const before = refs.get(ref.key);
      if (before && before.nbytes !== ref.nbytes)
        throw damaged(`storage '${ref.key.slice(0, 80)}' has two sizes`);
      refs.set(ref.key, ref);
      return ref;
    },
    build(object, state) {
      if (object instanceof PythonObject) object.state = state;
    },
  };
}

// Their keys in the order in which they follow, each with its count of elements before it.
function readTable(
  source: Source,
  reader: Reader,
  refs: ReadonlyMap<string, StorageRef>,
): Map<string, Place> {
  const keys = unpickle(reader, plainHost);
  if (!Array.isArray(keys)) throw damaged('its list of storages is none');
  const table = new Map<string, Place>();
  let at = reader.position;
  for (const key of keys as unknown[]) {
    const ref = typeof key === 'string' ? refs.get(key) : undefined;
    if (!ref || table.has(ref.key)) throw damaged('its list of storages does not fit to what it holds');
    const count = Number(source.read(at, 8).readBigInt64LE(0));
    const { nbytes } = ref;
    if (count * ref.dtype.itemsize !== nbytes) {
      throw damaged(
        `storage '${ref.key.slice(0, 80)}' has ${count} elements, not ${nbytes / ref.dtype.itemsize}`,
      );
    }
    if (at + 8 + nbytes > source.size)
      throw damaged(`it is cut short: storage '${ref.key.slice(0, 80)}' is missing`);
    table.set(ref.key, { position: at + 8, nbytes });
    at += 8 + nbytes;
  }
  return table;
}

class LegacyStorages {
  readonly #loaded = new Map<string, Tensor>();

  constructor(
    private readonly source: Source,
    private readonly places: Placing,
    private readonly table: ReadonlyMap<string, Place>,
  ) {}

  read(ref: StorageRef): Tensor {
    const { view } = ref;
    const root = this.#once(`root ${ref.key}`, () => this.#fromFile(ref));
    if (!view) return root;
    if (view.offset + view.nbytes > root.numel())
      throw damaged('a part of a storage in it goes beyond its end');
    return this.#once(`view ${view.key}`, () => part(root, view.offset, view.nbytes));
  }

  #once(key: string, make: () => Tensor): Tensor {
    const found = this.#loaded.get(key) ?? make();
    this.#loaded.set(key, found);
    return found;
  }

  #fromFile({ key, location, nbytes }: StorageRef): Tensor {
    const place = this.table.get(key);
    if (!place || place.nbytes !== nbytes) throw damaged(`storage '${key.slice(0, 80)}' is missing`);
    if (this.places.meta) return metaStorage(nbytes);
    return this.places.place(this.source.tensor(place.position, nbytes), location);
  }

  release(): void {
    for (const storage of this.#loaded.values()) storage.dispose();
  }
}

function part(root: Tensor, offset: number, nbytes: number): Tensor {
  if (root.device.type === 'cpu') return wrap(native.storageSlice(root, offset, nbytes)) as Tensor;
  return root.slice(0, offset, offset + nbytes).clone();
}
