/** One rank of Node's for every collective; every_collective.py is its twin. */
import torch from 'nodetorch';
import * as dist from 'nodetorch/distributed';
import { DTYPES, cases, outcome } from '../../distributed/collective_cases';

async function main(): Promise<void> {
  torch.setNumThreads(1);
  await dist.initProcessGroup('gloo');
  const rank = { rank: dist.getRank(), world: dist.getWorldSize(), group: dist.group.WORLD! };
  for (const dtype of DTYPES) {
    for (const [name, run] of Object.entries(cases))
      console.log(`${name} ${dtype} ${JSON.stringify(await outcome(rank, dtype, run))}`);
  }
  await dist.barrier();
  dist.destroyProcessGroup();
}
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
