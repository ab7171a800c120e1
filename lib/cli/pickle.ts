// .pt files: a tree of Maps, arrays and values, as a list of paths.
import { inspect } from 'node:util';
import { isTensor } from '../native/tensor_base';
import { leavesOf } from '../serialization/pickle/leaves';
import { sketchFile, TensorSketch } from '../serialization/pickle/sketch';
import type { Tensor } from '../tensor';
import type { Description } from './description';

/* eslint-disable @typescript-eslint/no-require-imports -- the addon, only where it is needed */
const serialization = () => require('../serialization/load') as typeof import('../serialization/load');
/* eslint-enable @typescript-eslint/no-require-imports */

/** Shapes and types alone, without libtorch where that can be. */
function outline(file: string): unknown {
  try {
    return sketchFile(file);
  } catch {
    return serialization().load(file, { weightsOnly: false, mapLocation: 'meta' }); // or its error
  }
}

/** The weights, mapped where the format allows it. */
export function loadWhole(file: string): unknown {
  const { load } = serialization();
  const lenient = { weightsOnly: false };
  try {
    return load(file, { ...lenient, mapLocation: 'cpu', mmap: true });
  } catch (error) {
    // The format of before 1.6 cannot be mapped.
    if (!/mmap can only be used/.test((error as Error).message)) throw error;
    return load(file, { ...lenient, mapLocation: 'cpu' });
  }
}

/** What is in a .pt file, by path: `'model.fc1.weight'`, `'optimizer.param_groups[0].lr'`. */
export function loadPickle(file: string, { weights = true } = {}): Map<string, unknown> {
  return leavesOf(weights ? loadWhole(file) : outline(file), isAnyTensor);
}

const isAnyTensor = (value: unknown): value is Tensor | TensorSketch =>
  isTensor(value) || value instanceof TensorSketch;

export function describePickle(file: string): Pick<Description, 'tensors' | 'values'> {
  const all = [...loadPickle(file, { weights: false })];
  const isNamed = (entry: [string, unknown]): entry is [string, Tensor | TensorSketch] =>
    isAnyTensor(entry[1]);
  return {
    tensors: all.filter(isNamed).map(([name, tensor]) => ({
      name,
      dtype: tensor.dtype.name,
      shape: tensor.shape,
      bytes: tensor.nbytes,
    })),
    values: all
      .filter((entry) => !isNamed(entry))
      .map(([name, value]) => ({ name, type: typeOf(value), text: textOf(value) })),
  };
}

function typeOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'object';
}

const textOf = (value: unknown): string =>
  inspect(value, { breakLength: Infinity, depth: 1, maxArrayLength: 8, maxStringLength: 80 }).slice(0, 120);
