/** Kernels that give their input's data another shape or name: the same data id, counted once more. */
import type { DataType, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';

type Reshaping = (input: TensorInfo, attributes: NamedAttrMap) => number[];

const reshapings: Record<string, Reshaping> = {
  Identity: ({ shape }) => shape,
  Reshape({ shape }, attributes) {
    const size = util.sizeFromShape(shape);
    const wanted = util.inferFromImplicitShape(attributes.shape as number[], size);
    util.assert(size === util.sizeFromShape(wanted), () => {
      return (
        `The new shape (${wanted.join()}) has ${util.sizeFromShape(wanted)} elements and the old shape ` +
        `(${shape.join()}) has ${size} elements. The new shape and old shape must have the same number of elements.`
      );
    });
    return wanted;
  },
  ExpandDims({ shape }, attributes) {
    const dim = attributes.dim as number;
    util.assert(-(shape.length + 1) <= dim, () => {
      return `Axis must be in the interval [${-(shape.length + 1)}, ${shape.length}]`;
    });
    return shape.toSpliced(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
  },
};

/** Names, and the input of each. */
const inputOf: Record<string, string> = { Identity: 'x', Reshape: 'x', ExpandDims: 'input', Cast: 'x' };

interface Counting {
  incRef(dataId: object): void;
}

/** Whether {@link shareData} has an answer for the kernel of a name. */
export const sharesData = (kernelName: string): boolean => Object.hasOwn(inputOf, kernelName);

/** Undefined where the values change, and another kernel is to make them. */
export function shareData(
  kernelName: string,
  backend: Counting,
  inputs: NamedTensorInfoMap,
  attributes: NamedAttrMap,
): TensorInfo | undefined {
  const input = inputs[inputOf[kernelName]]!;
  const { dataId, dtype } = input;
  if (kernelName === 'Cast' && (attributes.dtype as DataType) !== dtype) return undefined;
  const shape = (reshapings[kernelName] ?? reshapings.Identity)(input, attributes);
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}
