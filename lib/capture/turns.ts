// The order of awaited calls: one after the other, whatever tensors they touch.
import { TorchError } from '../core/errors';
import { native } from '../native';

let last: Promise<unknown> | null = null;
let isFenced = false;

const isPlain = (): boolean =>
  native.isGradEnabled() &&
  !native.isInferenceMode() &&
  !native.autocast('cpu')[0] &&
  !native.autocast('cuda')[0];

/** {@link inTurn} of a call, which must not be inside of a scope. */
export async function callInTurn(run: () => unknown): Promise<unknown> {
  if (!isPlain()) {
    throw new TorchError(
      'torch.capture: async() cannot be called inside of noGrad(), inferenceMode() or autocast(), which end before it ' +
        'does: put the scope into the function',
    );
  }
  return inTurn(run);
}

/** Has `read` run between two calls: what it does until its first `await` may be plain calls. */
export function fence<T>(read: () => T): Promise<Awaited<T>> {
  return inTurn(() => {
    isFenced = true;
    try {
      return read();
    } finally {
      isFenced = false;
    }
  }) as Promise<Awaited<T>>;
}

/** Has `run` begin when all before it have ended, and at once where there are none. */
async function inTurn(run: () => unknown): Promise<unknown> {
  const before = last;
  const mine = (async () => {
    if (before !== null) await before.catch(() => undefined);
    return await run();
  })();
  last = mine;
  try {
    return await mine;
  } finally {
    if (last === mine) last = null;
  }
}

/** A plain call would change tensors that an awaited one is reading. */
export function checkNothingRuns(): void {
  if (last === null || isFenced) return;
  throw new TorchError('torch.capture: a call of async() has not ended yet: await it before a plain call');
}
