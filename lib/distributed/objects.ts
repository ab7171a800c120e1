// Collectives of plain values. They travel as JSON text in the same collectives that carry Python's pickles: nothing that
// a peer sends is ever run.
import { bindArguments } from '../core/calls';
import { TorchError, argumentError, valueError } from '../core/errors';
import { isPlainObject } from '../core/realm';
import { tensor as makeTensor } from '../tensor/creation';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { isOutside } from './begin';
import { allGather, broadcast, gather, scatter } from './gathers';
import { type ProcessGroup, groupOf, rankIn } from './group';

type Group = ProcessGroup | null;

/** What can be sent: what JSON can say. */
export type PlainValue =
  null | boolean | number | string | readonly PlainValue[] | { readonly [key: string]: PlainValue };

// A peer that says more is not believed.
const MOST_BYTES = 1 << 28;
const MARK = 'json:'; // no pickle begins so
const INT64 = { dtype: 'int64' } as const;

function checkPlain(fn: string, value: unknown, where: string): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    value.forEach((one, i) => checkPlain(fn, one, `${where}[${i}]`));
  } else if (isPlainObject(value)) {
    for (const [key, one] of Object.entries(value)) checkPlain(fn, one, `${where}.${key}`);
  } else {
    throw argumentError(
      fn,
      where,
      'a value of JSON (null, boolean, finite number, string, array, plain object)',
      value,
    );
  }
}

export function encode(fn: string, value: unknown): Buffer {
  checkPlain(fn, value, 'obj');
  const bytes = Buffer.from(MARK + JSON.stringify(value));
  if (bytes.length <= MOST_BYTES) return bytes;
  throw valueError(
    `${fn}(): an object of ${bytes.length} bytes is too large; at most ${MOST_BYTES} can be sent`,
  );
}

export function decode(fn: string, bytes: Buffer, rank: number): unknown {
  if (bytes.subarray(0, MARK.length).toString('latin1') === MARK)
    return JSON.parse(bytes.subarray(MARK.length).toString());
  throw new TorchError(
    `${fn}(): rank ${rank} has not sent JSON but, it seems, a pickle of Python's, which is never run here. Between ` +
      'ranks of both languages send tensors.',
  );
}

export function checkSize(fn: string, size: number, rank: number): number {
  if (Number.isInteger(size) && size >= 0 && size <= MOST_BYTES) return size;
  throw new TorchError(
    `${fn}(): rank ${rank} announces an object of ${size} bytes; at most ${MOST_BYTES} are taken`,
  );
}

/** `bytes`, with zeros behind them. */
export function asTensor(bytes: Buffer, length = bytes.length): Tensor {
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return makeTensor(padded);
}

export const emptyBytes = (length: number): Tensor => aten.zeros([length], { dtype: 'uint8' });
export const sizes = (all: readonly number[]): Tensor => makeTensor([...all], INT64);
export const numbersOf = (tensor: Tensor): number[] => (tensor.tolist() as bigint[]).map(Number);
export const bytesOf = (tensor: Tensor): Buffer => Buffer.from(tensor.toTypedArray() as Uint8Array);

/**
 * Fills `objectList` with the objects of all ranks, in their order.
 *
 * Differs from PyTorch: `torch.distributed.allGatherObject` and its like take what JSON can say, between ranks of Node's alone: a
 * pickle of Python's is refused.
 *
 * @throws TypeError where `obj` is no value of JSON.
 *
 * @example
 * const all: dist.PlainValue[] = [];
 * await dist.allGatherObject(all, { rank: dist.getRank(), loss: 0.25 });
 */
export function allGatherObject(
  ...args: [objectList: unknown[], obj: PlainValue, group?: Group]
): Promise<void> {
  return gatherAll(bindArguments('allGatherObject(objectList, obj{}, group?)', args));
}

async function gatherAll([objectList, obj, given]: [
  objectList: unknown[],
  obj: PlainValue,
  group?: Group,
]): Promise<void> {
  const fn = 'allGatherObject';
  if (!Array.isArray(objectList)) throw argumentError(fn, 'objectList', 'an array', objectList);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return;
  const bytes = encode(fn, obj);
  const ofAll = group.ranks.map(() => sizes([0]));
  await allGather(ofAll, sizes([bytes.length]), group);
  const lengths = ofAll.map((one, rank) => checkSize(fn, numbersOf(one)[0], rank));
  const longest = Math.max(...lengths);
  const all = lengths.map(() => emptyBytes(longest));
  await allGather(all, asTensor(bytes, longest), group);
  const values = all.map((one, rank) => decode(fn, bytesOf(one).subarray(0, lengths[rank]), rank));
  objectList.splice(0, values.length, ...values);
}

/** {@link allGatherObject} whose result rank `dst` alone gets, in `objectGatherList`. Default: rank 0. */
export function gatherObject(
  ...args: [obj: PlainValue, objectGatherList?: unknown[] | null, dst?: number | null, group?: Group]
): Promise<void> {
  return gatherOn(bindArguments('gatherObject(obj{}, objectGatherList?, dst?, group?)', args));
}

async function gatherOn([obj, list, dst, given]: [
  obj: PlainValue,
  objectGatherList?: unknown[] | null,
  dst?: number | null,
  group?: Group,
]): Promise<void> {
  const fn = 'gatherObject';
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return;
  const groupDst = rankIn(group, dst ?? 0, null);
  const isDestination = groupDst === group.rank();
  if (isDestination !== Array.isArray(list)) {
    throw valueError(
      'Argument `objectGatherList` must be specified on destination rank, and NOT on the others.',
    );
  }
  const bytes = encode(fn, obj);
  const ofAll = group.ranks.map(() => sizes([0]));
  await allGather(ofAll, sizes([bytes.length]), group);
  const lengths = ofAll.map((one, rank) => checkSize(fn, numbersOf(one)[0], rank));
  const longest = Math.max(...lengths);
  const all = isDestination ? lengths.map(() => emptyBytes(longest)) : [];
  await gather(asTensor(bytes, longest), { gatherList: all, group, groupDst });
  const values = all.map((one, rank) => decode(fn, bytesOf(one).subarray(0, lengths[rank]), rank));
  if (list) list.splice(0, values.length, ...values);
}

/** Gives all ranks the objects of rank `src`. All have a list of as many. Default: rank 0. */
export function broadcastObjectList(
  ...args: [objectList: unknown[], src?: number | null, group?: Group]
): Promise<void> {
  return broadcastList(bindArguments('broadcastObjectList(objectList, src?, group?)', args));
}

async function broadcastList([list, src, given]: [
  objectList: unknown[],
  src?: number | null,
  group?: Group,
]): Promise<void> {
  const fn = 'broadcastObjectList';
  if (!Array.isArray(list)) throw argumentError(fn, 'objectList', 'an array', list);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return;
  const groupSrc = rankIn(group, src ?? 0, null);
  const isSource = groupSrc === group.rank();
  const encoded = isSource ? list.map((one) => encode(fn, one)) : [];
  const lengths = sizes(isSource ? encoded.map(({ length }) => length) : list.map(() => 0));
  await broadcast(lengths, { group, groupSrc });
  const each = numbersOf(lengths).map((one) => checkSize(fn, one, groupSrc));
  const total = checkSize(
    fn,
    each.reduce((a, b) => a + b, 0),
    groupSrc,
  );
  const bytes = isSource ? asTensor(Buffer.concat(encoded)) : emptyBytes(total);
  await broadcast(bytes, { group, groupSrc });
  if (isSource) return;
  const all = bytesOf(bytes);
  let offset = 0;
  each.forEach((length, i) => {
    list[i] = decode(fn, all.subarray(offset, (offset += length)), groupSrc);
  });
}

/** Gives each rank one object of the list that rank `src` alone has, as the first of its own list. Default: rank 0. */
export function scatterObjectList(
  ...args: [
    outputList: unknown[],
    inputList?: readonly PlainValue[] | null,
    src?: number | null,
    group?: Group,
  ]
): Promise<void> {
  return scatterList(bindArguments('scatterObjectList(outputList, inputList?, src?, group?)', args));
}

async function scatterList([output, input, src, given]: [
  outputList: unknown[],
  inputList?: readonly PlainValue[] | null,
  src?: number | null,
  group?: Group,
]): Promise<void> {
  const fn = 'scatterObjectList';
  if (!Array.isArray(output)) throw argumentError(fn, 'outputList', 'an array', output);
  const group = groupOf(fn, given);
  if (isOutside(fn, group)) return;
  const groupSrc = rankIn(group, src ?? 0, null);
  const isSource = groupSrc === group.rank();
  if (isSource && (!Array.isArray(input) || input.length !== group.size()))
    throw valueError(`${fn}(): the source rank needs a list of ${group.size()} objects, one for each rank`);
  const encoded = isSource ? input!.map((one) => encode(fn, one)) : [];
  const longest = sizes([Math.max(0, ...encoded.map(({ length }) => length))]);
  await broadcast(longest, { group, groupSrc });
  const most = checkSize(fn, numbersOf(longest)[0], groupSrc);
  const bytes = emptyBytes(most);
  const length = sizes([0]);
  const parts = isSource ? encoded.map((one) => asTensor(one, most)) : null;
  await scatter(bytes, { scatterList: parts, group, groupSrc });
  const ofParts = isSource ? encoded.map((one) => sizes([one.length])) : null;
  await scatter(length, { scatterList: ofParts, group, groupSrc });
  const used = Math.min(most, checkSize(fn, numbersOf(length)[0], groupSrc));
  output[0] = decode(fn, bytesOf(bytes).subarray(0, used), groupSrc);
}
