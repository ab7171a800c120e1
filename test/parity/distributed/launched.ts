/** One rank that torchrun has started, of one of two machines; launched.py is its twin. */
import torch from 'nodetorch';
import * as dist from 'nodetorch/distributed';

async function main(): Promise<void> {
  await dist.initProcessGroup('gloo');
  const [rank, local] = [dist.getRank(), dist.getNodeLocalRank()];
  const x = torch.tensor([10 ** rank]);
  await dist.allReduce(x);
  console.log(`rank ${rank}, here ${local}, of ${dist.getWorldSize()}: ${x.item()}`);
  if (!dist.isTorchelasticLaunched()) throw new Error('torchrun has not started this');
  await dist.barrier();
  dist.destroyProcessGroup();
}
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
