import { TorchTypeError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { Tensor } from '../../tensor';
import { typeName } from '../../tensor/repr';

function checkSameDevice(parameters: readonly Tensor[]): void {
  const place = ({ device }: Tensor): string => (device.type === 'cuda' ? String(device) : '');
  if (new Set(parameters.map(place)).size > 1)
    throw new TorchTypeError('Found two parameters on different devices, this is currently not supported.');
}

/** All elements of all parameters, one after the other: `(Σ numel)`. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const params = [...parameters];
  checkSameDevice(params);
  return aten.cat(params.map((param) => aten.view(param, [-1])));
}

/** Makes the parameters views of a piece each of `vec`: undoes {@link parametersToVector}. */
export function vectorToParameters(vec: Tensor, parameters: Iterable<Tensor>): void {
  if (!(vec instanceof Tensor)) throw new TorchTypeError(`expected torch.Tensor, but got: ${typeName(vec)}`);
  const params = [...parameters];
  checkSameDevice(params);
  let start = 0;
  for (const param of params) {
    const count = param.numel();
    // Slicing stops at the end of the vector, and viewAs says what is wrong then.
    param.data = aten.viewAs(aten.slice(vec, 0, start, start + count), param).data;
    start += count;
  }
}
