// Communication hooks of JavaScript, as the addon calls them.
import { types } from 'node:util';
import { TorchError, TorchTypeError } from '../../core/errors';
import type { ProcessGroup } from '../../distributed/group';
import { Work } from '../../distributed/work';
import { newTensor } from '../../native/tensor_base';
import type { Tensor } from '../../tensor';
import type { Handle } from '../../../typings/native';
import type { CommHook } from './options';

const LONGEST_TIMER = 2 ** 31 - 1;

/** What a pass waits for, which is not to hang longer than a collective would. */
function within(timeout: number, promise: Promise<Tensor>): Promise<Tensor> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(new TorchError(`a communication hook has not kept its promise of gradients for ${timeout} ms`));
    const timer = setTimeout(late, Math.min(timeout, LONGEST_TIMER));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Calls `hook` with a bucket, and gives the handle of its work, or its promise of the gradients. */
export const callerOf =
  (hook: CommHook, group: ProcessGroup) =>
  (buffer: Handle, index: number, isLast: boolean): Handle | Promise<Tensor> => {
    const work = hook({ buffer: newTensor(buffer), index, isLast });
    if (types.isPromise(work)) return within(group.timeout, work as Promise<Tensor>);
    if (!(work instanceof Work) || work.handle === null)
      throw new TorchTypeError('A communication hook must return the Work of a collective, or a promise');
    return work.handle;
  };
