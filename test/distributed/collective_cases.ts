// Every collective, as collectives.py calls them.
import torch, { type DTypeName, type Tensor } from 'nodetorch';
import * as dist from 'nodetorch/distributed';

/** A rank, and the group that it is one of. */
export interface Rank {
  readonly rank: number;
  readonly world: number;
  readonly group: dist.ProcessGroup;
}

export const DTYPES: readonly DTypeName[] = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int8',
  'uint8',
  'int32',
  'int64',
  'bool',
  'complex64',
];

function make({ rank }: Rank, dtype: DTypeName, count = 4, start = 0): Tensor {
  const values = Array.from({ length: count }, (_, i) => (i * 3 + rank * 5 + start + 1) % 7);
  return torch.tensor(values, { dtype: 'float32' }).to(dtype);
}

function plain(tensor: Tensor): number[] {
  const real = tensor.isComplex() ? torch.viewAsReal(tensor) : tensor;
  return real.to('float64').flatten().tolist() as number[];
}

type Case = (rank: Rank, dtype: DTypeName) => [work: PromiseLike<unknown>, ...tensors: Tensor[]];
const zeros = (dtype: DTypeName, count = 4): Tensor => torch.zeros([count], { dtype });
const many = ({ world }: Rank, dtype: DTypeName): Tensor[] =>
  Array.from({ length: world }, () => zeros(dtype));
const parts = (rank: Rank, dtype: DTypeName): Tensor[] =>
  Array.from({ length: rank.world }, (_, i) => make(rank, dtype, 4, i));

const reducing = (op: dist.ReduceOp): Record<string, Case> => ({
  [`allReduce ${op}`]: (rank, dtype) => {
    const x = make(rank, dtype);
    return [dist.allReduce(x, { op, group: rank.group }), x];
  },
  [`reduce ${op}`]: (rank, dtype) => {
    const x = make(rank, dtype);
    const work = dist.reduce(x, rank.world - 1, op, rank.group);
    return rank.rank === rank.world - 1 ? [work, x] : [work];
  },
  [`reduceScatter ${op}`]: (rank, dtype) => {
    const out = zeros(dtype);
    return [dist.reduceScatter(out, parts(rank, dtype), op, rank.group), out];
  },
  [`reduceScatterTensor ${op}`]: (rank, dtype) => {
    const out = zeros(dtype);
    return [dist.reduceScatterTensor(out, make(rank, dtype, 4 * rank.world), op, rank.group), out];
  },
});

export const cases: Record<string, Case> = {
  ...Object.assign({}, ...Object.values(dist.ReduceOp).map(reducing)),
  'allReduceCoalesced SUM': (rank, dtype) => {
    const [x, y] = [make(rank, dtype), make(rank, dtype, 2, 3)];
    return [dist.allReduceCoalesced([x, y], { group: rank.group }), x, y];
  },
  broadcast: (rank, dtype) => {
    const x = make(rank, dtype);
    return [dist.broadcast(x, { src: rank.world - 1, group: rank.group }), x];
  },
  all_gather: (rank, dtype) => {
    const out = many(rank, dtype);
    return [dist.allGather(out, make(rank, dtype), rank.group), ...out];
  },
  all_gather_into_tensor: (rank, dtype) => {
    const out = zeros(dtype, 4 * rank.world);
    return [dist.allGatherIntoTensor(out, make(rank, dtype), rank.group), out];
  },
  all_gather_coalesced: (rank, dtype) => {
    const lists = many(rank, dtype).map((one) => [one, zeros(dtype, 2)]);
    const work = dist.allGatherCoalesced(lists, [make(rank, dtype), make(rank, dtype, 2, 3)], rank.group);
    return [work, ...lists.flat()];
  },
  gather: (rank, dtype) => {
    const out = rank.rank === 0 ? many(rank, dtype) : [];
    return [dist.gather(make(rank, dtype), out, 0, rank.group), ...out];
  },
  scatter: (rank, dtype) => {
    const out = zeros(dtype);
    const scatterList = rank.rank === 1 ? parts(rank, dtype) : null;
    return [dist.scatter(out, { scatterList, src: 1, group: rank.group }), out];
  },
  all_to_all_single: (rank, dtype) => {
    const out = zeros(dtype, 2 * rank.world);
    return [dist.allToAllSingle(out, make(rank, dtype, 2 * rank.world), { group: rank.group }), out];
  },
  all_to_all_uneven: (rank, dtype) => {
    const sizes = Array.from({ length: rank.world }, (_, i) => i + 1);
    const mine = sizes.map(() => rank.rank + 1);
    const out = zeros(dtype, (rank.rank + 1) * rank.world);
    const x = make(
      rank,
      dtype,
      sizes.reduce((a, b) => a + b),
    );
    return [dist.allToAllSingle(out, x, mine, sizes, rank.group), out];
  },
  all_to_all: (rank, dtype) => {
    const out = many(rank, dtype);
    return [dist.allToAll(out, parts(rank, dtype), rank.group), ...out];
  },
  send: (rank, dtype) => {
    const x = make(rank, dtype);
    if (rank.rank === 0) return [dist.send(x, { dst: 1, tag: 7, group: rank.group }), x];
    if (rank.rank === 1) return [dist.recv(x, { src: 0, tag: 7, group: rank.group }), x];
    return [Promise.resolve(), x];
  },
};

/** What the tensors of a case are afterwards; null where it was refused. */
export async function outcome(rank: Rank, dtype: DTypeName, run: Case): Promise<number[][] | null> {
  try {
    const [work, ...tensors] = run(rank, dtype);
    await work;
    return tensors.map(plain);
  } catch {
    return null;
  }
}
