// A rank of a group that compares its calls, by TORCH_DISTRIBUTED_DEBUG=DETAIL. In each case rank OTHER calls something else,
// and all say what they throw. details_child.py is such a rank in Python.
import torch, { type DType, type Tensor } from 'nodetorch';
import * as dist from 'nodetorch/distributed';

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const other = Number(process.env.OTHER);

async function main(): Promise<void> {
  await dist.initProcessGroup('gloo');
  const [rank, world] = [dist.getRank(), dist.getWorldSize()];
  const isOther = rank === other;
  /** Of `count` elements; of the other rank `more` or `dtype` differs. */
  const x = (count = 4, more = count, dtype: DType = torch.float32): Tensor =>
    torch.ones([isOther ? more : count], { dtype: isOther ? dtype : torch.float32 });
  const several = (tensor: Tensor): Tensor[] => Array.from({ length: world }, () => tensor.clone());
  const ofInts = (count = 4): Tensor => x(count, count, torch.int32);
  const hasty = await dist.newGroup({ timeout: 1000 });
  const cases: Record<string, () => unknown> = {
    'broadcast, fewer': () => dist.broadcast(x(4, 3), other),
    'broadcast, more': () => dist.broadcast(x(4, 5), other),
    'broadcast, dtype of one size': () => dist.broadcast(ofInts(), other),
    'allReduce, more': () => dist.allReduce(x(4, 6)),
    'allReduce, dtype of one size': () => dist.allReduce(ofInts()),
    'allReduce, dtype of another size': () => dist.allReduce(x(4, 4, torch.float64)),
    'reduce, fewer': () => dist.reduce(x(4, 2), 0),
    'scatter, fewer': () =>
      dist.scatter(x(4, 2), { scatterList: isOther ? several(x(4, 2)) : null, src: other }),
    'allGather, fewer': () => dist.allGather(several(x(4, 2)), x(4, 2)),
    'allGatherIntoTensor, dtype': () => dist.allGatherIntoTensor(ofInts(4 * world), ofInts()),
    'gather, more': () => dist.gather(x(4, 6), { gatherList: rank === 0 ? several(x(4, 6)) : null, dst: 0 }),
    'reduceScatterTensor, more': () => dist.reduceScatterTensor(x(4, 6), x(4 * world, 6 * world)),
    'allReduce and allToAllSingle': () =>
      isOther ? dist.allToAllSingle(x(world), x(world)) : dist.allReduce(x()),
    'allReduce and broadcast': () => (isOther ? dist.broadcast(x(), other) : dist.allReduce(x())),
    'allReduce and barrier': () => (isOther ? dist.barrier() : dist.allReduce(x())),
    'allReduce, which one does not call': () => isOther || dist.allReduce(x(), { group: hasty }),
  };
  for (const [what, call] of Object.entries(cases)) {
    try {
      await call();
      say({ what, done: true });
    } catch (error) {
      say({ what, message: (error as Error).message });
    }
  }
  await dist.barrier();
  // The group is as good as before.
  const tensor = torch.ones([2]);
  await dist.allReduce(tensor);
  say({ what: 'afterwards', sum: tensor.tolist() });
  await dist.barrier();
  dist.destroyProcessGroup();
}
void main();
