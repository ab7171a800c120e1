// Kinds of arguments that are tensors.
import { type Argument, kind } from '../core/kinds';
import { checkTensor } from '../native/tensor_base';
import type { Tensor } from './index';

export const tensor: <const N extends string>(name: N) => Argument<N, Tensor> = kind(checkTensor);
