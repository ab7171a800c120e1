// One rank for sync_batchnorm.process.test.ts: prints what each row of sync_batchnorm.ts gives, as JSON.
import { nn } from 'nodetorch';
import * as dist from 'nodetorch/distributed';
import { rows, train } from './sync_batchnorm';

async function main(): Promise<void> {
  await dist.initProcessGroup({
    initMethod: process.env.INIT,
    rank: Number(process.env.RANK),
    worldSize: Number(process.env.WORLD_SIZE),
    timeout: 20_000,
  });
  const rank = dist.getRank();
  const before = (sizes: number[]): number => sizes.slice(0, rank).reduce((sum, size) => sum + size, 0);
  const results = Object.keys(rows).map((name) => {
    const norm = (module: nn.Module) => nn.SyncBatchNorm.convertSyncBatchnorm(module) as never;
    const hasParameters = !('affine' in rows[name].options);
    const wrap = (module: nn.Module) =>
      (hasParameters ? new nn.parallel.DistributedDataParallel(module as never) : module) as never;
    return [name, train(name, norm, wrap, (sizes) => [before(sizes), sizes[rank]])];
  });
  let error = '';
  try {
    new nn.SyncBatchNorm(2)(await one());
  } catch (caught) {
    error = (caught as Error).message;
  }
  console.log(JSON.stringify({ results: Object.fromEntries(results) as unknown, error }));
  dist.destroyProcessGroup();
}

// One row for all ranks together.
async function one() {
  const { default: torch } = await import('nodetorch');
  return torch.ones([dist.getRank() === 0 ? 1 : 0, 2]);
}

void main();
