// Tensors, and shapes, that are made to fit each other.
import { TorchError, TorchRangeError, checkSize } from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { withDefaults } from '../../core/signature';
import type { Tensor } from '..';
import type { TensorList } from '../tensor_list';
import { type Tensors, listOf, op } from './support';

const ops = {
  atleast1d: op('atleast_1d'),
  atleast2d: op('atleast_2d'),
  atleast3d: op('atleast_3d'),
  broadcastTensors: op('broadcast_tensors'),
  meshgrid: op('meshgrid'),
};

/** The tensors as views of the one shape that all of them broadcast to. */
export function broadcastTensors(...tensors: Tensors): TensorList {
  return ops.broadcastTensors(listOf(tensors)) as TensorList;
}

/** The shape that all shapes broadcast to. A number stands for a shape of one dimension. */
export function broadcastShapes(...shapes: (number | readonly number[])[]): number[] {
  for (const shape of shapes) checkSize('broadcastShapes', 'shapes', shape);
  const lists = shapes.map((shape) => (typeof shape === 'number' ? [shape] : shape));
  const result = new Array<number>(Math.max(0, ...lists.map((shape) => shape.length))).fill(1);
  lists.forEach((shape, argument) => {
    for (let back = 1; back <= shape.length; back++) {
      const size = shape[shape.length - back];
      const at = result.length - back;
      if (size < 0)
        throw new TorchRangeError(`broadcastShapes(): a shape must not hold the negative size ${size}`);
      if (size === 1 || size === result[at]) continue;
      if (result[at] !== 1) {
        throw new TorchError(
          `Attempting to broadcast a dimension of length ${size} at ${-back}! Mismatching argument at index ` +
            `${argument} had torch.Size([${shape.join(', ')}]); but expected shape should be broadcastable to ` +
            `[${result.join(', ')}]`,
        );
      }
      result[at] = size;
    }
  });
  return result;
}

/** Options of `torch.meshgrid`. */
export interface MeshgridOptions {
  /** `'ij'`: the first tensor runs along the first dimension; `'xy'`: along the second. Default `'ij'`. */
  indexing?: 'ij' | 'xy';
}

const MESHGRID: Required<MeshgridOptions> = { indexing: 'ij' };

/** Coordinate grids of one-dimensional tensors: `meshgrid(x, y, { indexing: 'ij' })`. */
export function meshgrid(tensors: readonly Tensor[], options?: MeshgridOptions): TensorList;
export function meshgrid(...tensors: Tensor[]): TensorList;
export function meshgrid(...args: [...tensors: Tensor[], options: MeshgridOptions]): TensorList;
export function meshgrid(...args: unknown[]): TensorList {
  const options = isPlainObject(args.at(-1)) ? (args.pop() as MeshgridOptions) : null;
  const { indexing } = withDefaults('torch.meshgrid', MESHGRID, options);
  return ops.meshgrid(listOf(args as Tensors), { indexing }) as TensorList;
}

/** The tensor, or each tensor, with at least one dimension. */
export function atleast1d(tensor: Tensor): Tensor;
export function atleast1d(...tensors: Tensors): TensorList;
export function atleast1d(...tensors: Tensors): Tensor | Tensor[] {
  return ops.atleast1d(tensors.length === 1 ? tensors[0] : tensors) as Tensor | Tensor[];
}
/** The tensor, or each tensor, with at least two dimensions. */
export function atleast2d(tensor: Tensor): Tensor;
export function atleast2d(...tensors: Tensors): TensorList;
export function atleast2d(...tensors: Tensors): Tensor | Tensor[] {
  return ops.atleast2d(tensors.length === 1 ? tensors[0] : tensors) as Tensor | Tensor[];
}
/** The tensor, or each tensor, with at least three dimensions. */
export function atleast3d(tensor: Tensor): Tensor;
export function atleast3d(...tensors: Tensors): TensorList;
export function atleast3d(...tensors: Tensors): Tensor | Tensor[] {
  return ops.atleast3d(tensors.length === 1 ? tensors[0] : tensors) as Tensor | Tensor[];
}
