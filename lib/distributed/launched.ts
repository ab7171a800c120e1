// What a launcher says of this process.
import { bindArguments } from '../core/calls';
import { TorchError } from '../core/errors';

/** Whether torchrun, or what sets the same variables, has started this process. */
export function isTorchelasticLaunched(...args: []): boolean {
  bindArguments('isTorchelasticLaunched()', args);
  return process.env.TORCHELASTIC_RUN_ID !== undefined;
}

/** The rank among those of this machine, from `LOCAL_RANK`; `fallbackRank` where there is none. */
export function getNodeLocalRank(...args: [fallbackRank?: number | null]): number {
  const [fallback = null] = bindArguments('getNodeLocalRank(fallbackRank?)', args);
  const given = process.env.LOCAL_RANK;
  if (given !== undefined) return Number(given);
  if (fallback !== null) return Number(fallback);
  throw new TorchError(
    'LOCAL_RANK is not in the environment. Consider passing fallbackRank to allow `getNodeLocalRank` to work, ' +
      'assuming you are not running in a multi-process environment.',
  );
}
