// torch.utils.checkpoint: what backward needs is computed again instead of kept.
import { bindArguments } from '../../core/calls';
import {
  TorchRangeError,
  TorchTypeError,
  argumentError,
  checkFunction,
  checkNumber,
} from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { withDefaults } from '../../core/signature';
import { warn } from '../../core/warn';
import { Sequential } from '../../nn/layers/sequential';
import { native } from '../../native';
import { liveCall } from '../../native/recording';
import type { Tensor } from '../../tensor';
import { Reentrant } from './reentrant';
import { withoutReentry } from './without_reentry';

export { CheckpointError } from './frame';
export { setCheckpointEarlyStop } from './without_reentry';

/** Options of `torch.utils.checkpoint.checkpoint`. */
export interface CheckpointOptions {
  /** Which of the two ways: `false` is recommended, `true` the default for now, with a warning. */
  useReentrant?: boolean | null;
  /** Whether random operators draw the same numbers again. Default: `true`. */
  preserveRngState?: boolean;
  /** `'default'` compares shape, dtype and device of what is computed again; `'none'` nothing. */
  determinismCheck?: 'default' | 'none';
  /** Whether computing again ends with the last tensor that is needed. Default: `true`. */
  earlyStop?: boolean;
}
const CHECKPOINT: Required<CheckpointOptions> = {
  useReentrant: null,
  preserveRngState: true,
  determinismCheck: 'default',
  earlyStop: true,
};

/**
 * Runs `func(...args)` without keeping what backward needs: it is computed again there
 * (`torch.utils.checkpoint.checkpoint`; Chen et al., 2016). A trailing object holds the options.
 *
 * @example
 * const y = checkpoint((x: Tensor) => block(x), x, { useReentrant: false });
 */
export function checkpoint<Args extends unknown[], Out>(
  func: (...args: Args) => Out,
  ...args: Args | [...Args, CheckpointOptions]
): Out {
  if (typeof func !== 'function')
    throw new TorchTypeError('checkpoint(): the first argument must be a function');
  const last = args.at(-1);
  // Another object is an argument of `func`.
  const keys = isPlainObject(last) ? Object.keys(last) : ['an argument'];
  const named = keys.length === 0 || keys.some((key) => Object.hasOwn(CHECKPOINT, key));
  const options = withDefaults('checkpoint', CHECKPOINT, named ? (last as CheckpointOptions) : null);
  const inputs = (named ? args.slice(0, -1) : args) as Args;
  const isReentrant = useReentrant('checkpoint', options);
  if (!isReentrant && !native.isGradEnabled()) return withoutReentry(func, inputs, options);
  return liveCall('checkpoint()', [func, ...inputs], (run, ...given) =>
    isReentrant
      ? (Reentrant.apply(run as (...args: unknown[]) => unknown, options.preserveRngState, ...given) as Out)
      : withoutReentry(run as typeof func, given as Args, options),
  );
}

const SEQUENTIAL = { useReentrant: null as boolean | null, preserveRngState: true };

/**
 * Runs a sequence of functions, or a Sequential, in `segments` checkpointed pieces; the last piece is
 * not checkpointed (`torch.utils.checkpoint.checkpoint_sequential`).
 */
export function checkpointSequential(
  ...args: [
    functions: Sequential | readonly ((input: Tensor) => Tensor)[],
    segments: number,
    input: Tensor,
    options?: Pick<CheckpointOptions, 'useReentrant' | 'preserveRngState'>,
  ]
): Tensor {
  const [functions, segments, input, options] = bindArguments(
    'checkpointSequential(functions, segments, input, options{}?)',
    args,
  );
  if (!Array.isArray(functions) && !(functions instanceof Sequential)) {
    throw argumentError(
      'checkpointSequential',
      'functions',
      'a Sequential or an array of functions',
      functions,
    );
  }
  for (const one of functions) checkFunction('checkpointSequential', 'functions', one);
  checkNumber('checkpointSequential', 'segments', segments);
  const { preserveRngState, ...rest } = withDefaults('checkpointSequential', SEQUENTIAL, options);
  const given = { preserveRngState, useReentrant: useReentrant('checkpoint.checkpoint_sequential', rest) };
  const list = (functions instanceof Sequential ? [...functions] : functions) as ((x: Tensor) => Tensor)[];
  const piece = (from: number, to: number) => (x: Tensor) =>
    list.slice(from, to).reduce((value, one) => one(value), x);
  const size = Math.floor(list.length / segments);
  if (!(segments >= 1) || size < 1) {
    throw new TorchRangeError(`checkpointSequential(): ${list.length} functions in ${segments} segments`);
  }
  let value = input;
  for (let i = 0; i < segments - 1; i++) {
    value = checkpoint(piece(i * size, (i + 1) * size), value, given);
  }
  return piece((segments - 1) * size, list.length)(value);
}

function useReentrant(name: string, options: CheckpointOptions): boolean {
  if (options.useReentrant != null) return options.useReentrant;
  warn(
    `torch.utils.${name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is ` +
      'recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True.',
  );
  return true;
}
