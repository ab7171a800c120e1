// What is in a .pt file but for its weights, without libtorch.
import { DType } from '../../core/dtype';
import { damaged } from '../io/errors';
import { Reader, bytesSource, fileSource } from '../io/source';
import { ZipReader, isZip } from '../io/zip_reader';
import { checkResult } from './check';
import { PythonClass, define } from './global';
import { FileHost } from './host';
import { unpickle } from './machine';
import { int, ints, kind, reach } from './parts';
import { refOf } from './storage';
import { TensorBuilder } from './tensors';

/** Stands for a tensor. */
export class TensorSketch {
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
  ) {
    Object.freeze(this); // a pickle may set attributes of tensors: not of these
  }

  get nbytes(): number {
    return this.shape.reduce((product, size) => product * size, this.dtype.itemsize);
  }
}

/** In place of a `TensorBuilder`. Knows the tensors that nearly all files hold. */
class SketchBuilder {
  constructor(private readonly zip: ZipReader) {}

  globals(): Map<string, PythonClass> {
    const functions: Record<string, (args: readonly unknown[]) => TensorSketch> = {
      'torch._utils._rebuild_tensor': (args) => this.#strided(args, null),
      'torch._utils._rebuild_tensor_v2': (args) => this.#strided(args, null),
      'torch._utils._rebuild_tensor_v3': (args) => this.#strided(args, args[6]),
      'torch._utils._rebuild_parameter': ([data]) => kind(data, TensorSketch, 'the data'),
    };
    const rare = (): never => {
      throw damaged('it holds a rare tensor');
    };
    const names = new TensorBuilder(rare, null as never).globals().keys();
    return new Map([...names].map((name) => [name, define(new PythonClass(name), functions[name] ?? rare)]));
  }

  #strided([storage, offset, size, stride]: readonly unknown[], dtype: unknown): TensorSketch {
    const { key, nbytes, dtype: stored } = refOf(storage);
    const type = dtype === null ? stored : kind(dtype, DType, 'the dtype');
    const shape = ints(size, 'size');
    const end = reach(int(offset, 'storage offset'), shape, ints(stride, 'stride')) * type.itemsize;
    if (end > nbytes || this.zip.sizeOf(`data/${key}`) < nbytes)
      throw damaged('a tensor goes beyond its storage');
    return new TensorSketch(type, shape);
  }
}

/**
 * What `torch.load` gives for a file, with a {@link TensorSketch} for each tensor. Throws for files that are damaged, of
 * before PyTorch 1.6, or hold other tensors: `torch.load` knows these, or what is wrong.
 */
export function sketchFile(path: string): unknown {
  const source = fileSource(path, false);
  try {
    const zip = isZip(source) ? new ZipReader(source) : null;
    if (!zip || zip.foreign) throw damaged('it is another kind of file');
    const pickle = new Reader(bytesSource(zip.read('data.pkl')));
    const result = unpickle(pickle, new FileHost(new SketchBuilder(zip), true));
    checkResult(result, () => {});
    return result;
  } finally {
    source.close();
  }
}
