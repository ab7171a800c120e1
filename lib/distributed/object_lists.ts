// Plain values from one rank to another, as objects.ts has them for all.
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { isOutside } from './begin';
import { type ProcessGroup, groupOf, rankIn } from './group';
import {
  type PlainValue,
  asTensor,
  bytesOf,
  checkSize,
  decode,
  emptyBytes,
  encode,
  numbersOf,
  sizes,
} from './objects';
import { recv, send } from './point_to_point';

type Group = ProcessGroup | null;

/**
 * Gives rank `dst` a list of objects; it calls {@link recvObjectList} with a list of as many.
 *
 * @throws TypeError where one of them is no value of JSON.
 */
export function sendObjectList(
  ...args: [objectList: readonly PlainValue[], dst?: number | null, group?: Group]
): Promise<void> {
  return sendList(bindArguments('sendObjectList(objectList, dst?, group?)', args));
}

async function sendList([list, dst, given]: [
  objectList: readonly PlainValue[],
  dst?: number | null,
  group?: Group,
]): Promise<void> {
  const fn = 'sendObjectList';
  if (!Array.isArray(list)) throw argumentError(fn, 'objectList', 'an array', list);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return;
  const to = { group, groupDst: rankIn(group, dst, null) };
  const encoded = list.map((one) => encode(fn, one));
  await send(sizes(encoded.map(({ length }) => length)), to);
  await send(asTensor(Buffer.concat(encoded)), to);
}

/** Fills `objectList` with what rank `src` sends, or any rank; the result is the sender's rank. */
export function recvObjectList(
  ...args: [objectList: unknown[], src?: number | null, group?: Group]
): Promise<number> {
  return receiveList(bindArguments('recvObjectList(objectList, src?, group?)', args));
}

async function receiveList([list, src, given]: [
  objectList: unknown[],
  src?: number | null,
  group?: Group,
]): Promise<number> {
  const fn = 'recvObjectList';
  if (!Array.isArray(list)) throw argumentError(fn, 'objectList', 'an array', list);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return -1;
  const lengths = sizes(list.map(() => 0));
  const sender = await recv(lengths, src ?? null, group);
  const each = numbersOf(lengths).map((one) => checkSize(fn, one, sender));
  const total = each.reduce((a, b) => a + b, 0);
  const bytes = emptyBytes(checkSize(fn, total, sender));
  await recv(bytes, sender, group);
  const all = bytesOf(bytes);
  let offset = 0;
  each.forEach((length, i) => {
    list[i] = decode(fn, all.subarray(offset, (offset += length)), sender);
  });
  return sender;
}
