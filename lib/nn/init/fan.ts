// How many numbers a weight takes in and gives out.
import { bindArguments } from '../../core/calls';
import { valueError } from '../../core/errors';
import { checkTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';

/**
 * Shape: `(out, in, ...kernel)`.
 *
 * @throws ValueError for fewer than two dimensions.
 */
export function fanInAndFanOut(tensor: Tensor): [fanIn: number, fanOut: number] {
  const { shape } = tensor;
  if (shape.length < 2) {
    throw valueError('Fan in and fan out can not be computed for tensor with fewer than 2 dimensions');
  }
  const field = shape.slice(2).reduce((product, size) => product * size, 1);
  return [shape[1] * field, shape[0] * field];
}

/**
 * How many inputs and outputs a unit of the weight `(out, in, ...kernel)` has.
 *
 * @throws ValueError for fewer than two dimensions.
 */
export function _calculateFanInAndFanOut(...args: [tensor: Tensor]): [fanIn: number, fanOut: number] {
  const [tensor] = bindArguments('_calculateFanInAndFanOut(tensor)', args);
  checkTensor('_calculateFanInAndFanOut', 'tensor', tensor);
  return fanInAndFanOut(tensor);
}

/** The bound of the uniform distribution in which a layer's bias starts: `1 / √fanIn`. */
export function biasBound(weight: Tensor): number {
  const [fanIn] = fanInAndFanOut(weight);
  return fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
}
