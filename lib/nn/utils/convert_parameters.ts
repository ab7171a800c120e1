import { checkTensor } from '../../native/tensor_base';
import { TorchTypeError, argumentError } from '../../core/errors';
import { kind, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import { Tensor } from '../../tensor';
import { typeName } from '../../tensor/repr';

function checkSameDevice(fn: string, parameters: readonly Tensor[]): void {
  for (const parameter of parameters) checkTensor(fn, 'parameters', parameter);
  const place = ({ device }: Tensor): string => (device.type === 'cuda' ? String(device) : '');
  if (new Set(parameters.map(place)).size > 1)
    throw new TorchTypeError('Found two parameters on different devices, this is currently not supported.');
}

// @throws TypeError for what is no list: an iterable may be a generator of parameters.
const tensors = kind<Iterable<Tensor>>((fn, argument, given) => {
  if (typeof (given as Partial<Iterable<Tensor>> | null)?.[Symbol.iterator] !== 'function')
    throw argumentError(fn, argument, 'an iterable of tensors', given);
});
const TO_VECTOR = signature('parametersToVector', [tensors('parameters')], {});
const TO_PARAMETERS = signature('vectorToParameters', [value<Tensor>()('vec'), tensors('parameters')], {});

/** All elements of all parameters, one after the other: `(Σ numel)`. */
export function parametersToVector(...args: Call<typeof TO_VECTOR, [parameters: Iterable<Tensor>]>): Tensor {
  const [parameters] = TO_VECTOR.bind(args);
  const params = [...parameters];
  checkSameDevice('parametersToVector', params);
  return aten.cat(params.map((param) => aten.view(param, [-1])));
}

/** Makes the parameters views of a piece each of `vec`: undoes {@link parametersToVector}. */
export function vectorToParameters(
  ...args: Call<typeof TO_PARAMETERS, [vec: Tensor, parameters: Iterable<Tensor>]>
): void {
  const [vec, parameters] = TO_PARAMETERS.bind(args);
  if (!(vec instanceof Tensor)) throw new TorchTypeError(`expected torch.Tensor, but got: ${typeName(vec)}`);
  const params = [...parameters];
  checkSameDevice('vectorToParameters', params);
  let start = 0;
  for (const param of params) {
    const count = param.numel();
    // Slicing stops at the end of the vector, and viewAs says what is wrong then.
    param.data = aten.viewAs(aten.slice(vec, 0, start, start + count), param).data;
    start += count;
  }
}
