// Where the ranks of a group meet.
import { checkText, valueError } from '../core/errors';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import type { Handle } from '../../typings/native';
import { ProcessGroup } from './group';
import type { Place } from './rendezvous';
import type { Store } from './store';

export function checkBackend(fn: string, backend: unknown): void {
  if (backend === null) return;
  checkText(fn, 'backend', backend);
  const name = (backend as string).toLowerCase();
  if (name === 'gloo' || name === 'cpu:gloo') return;
  throw valueError(`${fn}(): backend '${name}' is not there: 'gloo' is, which is for tensors of the CPU`);
}

interface Made {
  readonly store: Store;
  readonly rank: number;
  readonly ranks: readonly number[];
  readonly timeout: number;
  readonly name: string;
  readonly description: string;
  readonly what: string;
  readonly master: Place['master'];
}

/** Meets the other ranks. @internal */
export async function makeGroup({
  store,
  rank,
  ranks,
  timeout,
  name,
  description,
  what,
  master,
}: Made): Promise<ProcessGroup> {
  const interfaces = (process.env.GLOO_SOCKET_IFNAME ?? '').split(',').filter((one) => one !== '');
  const handle = await native.makeGroup(
    store[HANDLE] as Handle,
    rank,
    ranks,
    timeout,
    [name, description, what],
    master[0],
    master[1],
    interfaces,
  );
  return new ProcessGroup(handle, rank, ranks, name, description, timeout);
}
