// From one rank to another.
import { bindArguments } from '../core/calls';
import { TorchError, TorchTypeError, argumentError, valueError } from '../core/errors';
import { native } from '../native';
import type { Tensor } from '../tensor';
import { asReal, begin, checkTensor, isOutside, nothing } from './begin';
import { type ProcessGroup, groupOf, rankIn } from './group';
import { Work } from './work';

type Group = ProcessGroup | null;
type SendArguments = [
  tensor: Tensor,
  dst?: number | null,
  group?: Group,
  tag?: number,
  groupDst?: number | null,
];
type ReceiveArguments = [
  tensor: Tensor,
  src?: number | null,
  group?: Group,
  tag?: number,
  groupSrc?: number | null,
];
interface SendOptions {
  /** Of the default group. */
  dst?: number;
  /** Default null: the default group. */
  group?: Group;
  /** That of the `recv` that it is for. Default 0. */
  tag?: number;
  /** Of `group`, instead of `dst`. */
  groupDst?: number;
}
interface ReceiveOptions {
  /** Of the default group. Default null: any rank. */
  src?: number;
  /** Default null: the default group. */
  group?: Group;
  /** That of the `send` that it is for. Default 0. */
  tag?: number;
  /** Of `group`, instead of `src`. */
  groupSrc?: number;
}

function checkTag(fn: string, tag: unknown): void {
  if (!Number.isInteger(tag) || (tag as number) < 0)
    throw argumentError(fn, 'tag', 'an int that is not negative', tag);
}

function startSend(fn: string, [tensor, dst, given, tag = 0, groupDst]: SendArguments): Work {
  checkTensor('tensor', tensor);
  checkTag(fn, tag);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return nothing();
  const peer = rankIn(group, dst, groupDst);
  if (peer === group.rank())
    throw valueError(
      'Invalid destination rank: destination rank should not be the same as the rank of the current process.',
    );
  const inputs = [asReal(tensor.contiguous())];
  const detail = ` to rank ${group.ranks[peer]}`;
  return new Work(begin('send', group, { inputs, peer, numbers: [tag], detail }), () => undefined);
}

function startReceive(fn: string, [tensor, src, given, tag = 0, groupSrc]: ReceiveArguments): Work<number> {
  checkTensor('tensor', tensor);
  checkTag(fn, tag);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return new Work(null, () => -1);
  if (!tensor.isContiguous()) throw valueError(`${fn}(): the tensor must be contiguous`);
  const isFromAny = src == null && groupSrc == null;
  const peer = isFromAny ? -1 : rankIn(group, src, groupSrc);
  const detail = isFromAny ? ' from any rank' : ` from rank ${group.ranks[peer]}`;
  const handle = begin('recv', group, { outputs: [asReal(tensor)], peer, numbers: [tag], detail });
  return new Work(handle, () => group.ranks[isFromAny ? native.workSource(handle) : peer]);
}

/** Gives `tensor` to rank `dst`, which calls {@link recv}. */
export function send(...args: SendArguments | [tensor: Tensor, options: SendOptions]): Work {
  return startSend(
    'send',
    bindArguments('send(tensor, dst?, group?, tag?, groupDst?)', args as SendArguments),
  );
}

/** The same as {@link send}, which waits in Python. */
export function isend(...args: SendArguments | [tensor: Tensor, options: SendOptions]): Work {
  return startSend(
    'isend',
    bindArguments('isend(tensor, dst?, group?, tag?, groupDst?)', args as SendArguments),
  );
}

/**
 * Fills `tensor` with what rank `src` sends, or any rank; the result is the sender's rank.
 *
 * @example
 * const sender = await dist.recv(tensor);
 */
export function recv(...args: ReceiveArguments | [tensor: Tensor, options: ReceiveOptions]): Work<number> {
  return startReceive(
    'recv',
    bindArguments('recv(tensor, src?, group?, tag?, groupSrc?)', args as ReceiveArguments),
  );
}

/** The same as {@link recv}, which waits in Python. */
export function irecv(...args: ReceiveArguments | [tensor: Tensor, options: ReceiveOptions]): Work<number> {
  return startReceive(
    'irecv',
    bindArguments('irecv(tensor, src?, group?, tag?, groupSrc?)', args as ReceiveArguments),
  );
}

/** One `isend` or `irecv` of {@link batchIsendIrecv}. */
export class P2POp {
  /** {@link isend} or {@link irecv}. */
  readonly op: typeof isend | typeof irecv;
  readonly tensor: Tensor;
  /** The other rank, of the default group. */
  readonly peer: number;
  readonly group: Group;
  readonly tag: number;

  constructor(
    ...args: [op: typeof isend | typeof irecv, tensor: Tensor, peer: number, group?: Group, tag?: number]
  ) {
    const [op, tensor, peer, group = null, tag = 0] = bindArguments(
      'P2POp(op, tensor, peer, group?, tag?)',
      args,
    );
    if (op !== isend && op !== irecv) throw new TorchTypeError('Invalid `op`. Expected `isend` or `irecv`.');
    checkTensor('tensor', tensor);
    this.op = op;
    this.tensor = tensor;
    this.peer = peer;
    this.group = group;
    this.tag = tag;
  }
}

/** Begins all of them; each gives a Work. */
export function batchIsendIrecv(...args: [p2pOpList: readonly P2POp[]]): (Work | Work<number>)[] {
  const [list] = bindArguments('batchIsendIrecv(p2pOpList)', args);
  if (!Array.isArray(list) || !list.every((one) => one instanceof P2POp))
    throw valueError('Invalid `p2pOpList`. Each op is expected to be of type `P2POp`.');
  if (list.some((one: P2POp) => one.group !== (list[0] as P2POp).group))
    throw new TorchError('All ops need to use the same group.', 'ValueError');
  return (list as P2POp[]).map(({ op, tensor, peer, group, tag }) => op(tensor, peer, group, tag));
}
