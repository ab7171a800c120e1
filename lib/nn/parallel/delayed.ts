// Parameters that are reduced all at once when another one's gradient is there.
import { argumentError, valueError } from '../../core/errors';
import type { ProcessGroup } from '../../distributed/group';
import { allReduce } from '../../distributed/reductions';
import type { Tensor } from '../../tensor';
import { zeros } from '../../tensor/aten';
import { Parameter } from '../parameter';
import { broadcastTensors } from './reducer';
import type { DistributedDataParallelOptions } from './options';

const FN = 'DistributedDataParallel';

/** What the options say, checked; null where no parameter is delayed. Blocks. */
export function delayedOf(
  group: ProcessGroup,
  given: Required<DistributedDataParallelOptions>,
): Delayed | null {
  const { delayAllReduceNamedParams: delayed, paramToHookAllReduce: hooked, bucketCapMb } = given;
  if ((delayed === null) !== (hooked === null))
    throw valueError('delayAllReduceNamedParams and paramToHookAllReduce need to be set at the same time.');
  if (delayed === null) return null;
  if (!(hooked instanceof Parameter)) throw argumentError(FN, 'paramToHookAllReduce', 'a Parameter', hooked);
  const isNamed = (one: unknown): boolean =>
    Array.isArray(one) && typeof one[0] === 'string' && one[1] instanceof Parameter;
  if (!Array.isArray(delayed) || !delayed.every(isNamed))
    throw argumentError(FN, 'delayAllReduceNamedParams', 'a list of [name, Parameter]', delayed);
  return new Delayed(group, delayed as Named, hooked, bucketCapMb ?? 25);
}

type Named = readonly (readonly [name: string, parameter: Parameter])[];

export class Delayed {
  readonly names: readonly string[];
  readonly #parameters: readonly Parameter[];
  // The gradients, one behind the other.
  readonly #buffer: Tensor;
  readonly #views: readonly Tensor[];

  /** Gives all ranks the parameters of rank 0, and reduces their gradients when that of `hooked` is there. */
  constructor(group: ProcessGroup, named: Named, hooked: Parameter, bucketCapMb: number) {
    this.names = named.map(([name]) => name);
    const parameters = (this.#parameters = named.map(([, parameter]) => parameter));
    const sizes = parameters.map((one) => one.numel());
    const buffer = zeros([sizes.reduce((a, b) => a + b, 0)]);
    // Python has so many bytes at once, not mebibytes, and all ranks must do the same.
    const detached = parameters.map((one) => one.detach());
    broadcastTensors(group, detached, 0, Math.max(1, Math.trunc(bucketCapMb)));
    hooked.registerHook(() => {
      buffer.div_(group.size());
      allReduce(buffer, { group }).wait();
    });
    this.#buffer = buffer;
    this.#views = buffer.split(sizes).map((part, i) => part.view(parameters[i].shape));
  }

  /** After each forward: makes gradients that are null parts of the buffer, where the backward pass adds to them. */
  clear(): void {
    const missing = this.#parameters.map((one) => one.grad === null);
    const isAll = missing.every(Boolean);
    if (isAll) this.#buffer.zero_();
    this.#parameters.forEach((parameter, i) => {
      if (!missing[i]) return;
      if (!isAll) this.#views[i].zero_();
      parameter.grad = this.#views[i];
    });
  }
}
