/** Every kernel that tfjs's cpu backend has: ours, and those that run through it. */
import type { Kernel, Kernels } from '../kernel';
import { binary } from './binary';
import { conv } from './conv';
import { creation } from './creation';
import { dilation } from './dilation';
import { gather } from './gather';
import { image } from './image';
import { linalg } from './linalg';
import { normalization } from './normalization';
import { pool } from './pool';
import { reduce } from './reduce';
import { shape } from './shape';
import { suppression } from './suppression';
import { unary } from './unary';
import { unique } from './unique';

const asItIs: Kernel = ({ x, input }) => x ?? input;

export const kernels: Kernels = {
  // shared.ts has given the data another shape before these are called.
  Identity: asItIs,
  Reshape: asItIs,
  ExpandDims: asItIs,
  ...unary,
  ...binary,
  ...creation,
  ...reduce,
  ...shape,
  ...gather,
  ...conv,
  ...pool,
  ...dilation,
  ...normalization,
  ...linalg,
  ...image,
  ...suppression,
  ...unique,
};

/** Kernels that tfjs's own cpu backend runs: strings, ragged tensors, and work that is not a tensor's. */
export const onCpu: readonly string[] = [
  'Draw',
  'RaggedGather',
  'RaggedRange',
  'RaggedTensorToTensor',
  'SparseFillEmptyRows',
  'SparseReshape',
  'SparseSegmentMean',
  'SparseSegmentSum',
  'StaticRegexReplace',
  'StringNGrams',
  'StringSplit',
  'StringToHashBucketFast',
];
