/** `torch.capture`: a function of tensors that runs without JavaScript from its third call on. */
import { isGradEnabled, noGrad } from '../autograd/mode';
import { TorchError, argumentError } from '../core/errors';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { recording } from '../native/recording';
import { checkedReplay } from './check';
import { callInTurn, checkNothingRuns, fence } from './turns';
import { type Given, given } from './given';
import { MORE, Variant } from './variant';
import { Variables } from './variables';

/** Options of `torch.capture`. */
export interface CaptureOptions {
  /** How many kinds of arguments (shapes, dtypes, modes) are recorded before there is an error. Default: 8. */
  maxRecordings?: number;
  /** How many replays run beside the function itself, and must have the same bits. Default: 0. */
  check?: number;
  /**
   * Instead of every so many replays the function itself runs and is compared with its recording: after 8, 16, 32 ...
   * replays, up to each `recheck`th. A number of JavaScript that has changed meanwhile is an error then. 0: never.
   * Default: 128.
   */
  recheck?: number;
  /**
   * For inference: replays run a program whose weights are packed, batch norms folded and operators fused. It computes no
   * gradients, and its numbers are near those of the function, not the same bits. Weights that are changed in place are
   * frozen anew. Default: false.
   */
  freeze?: boolean;
  /**
   * For inference on an accelerator: replays are one graph of the device. Arguments are copied to memory of its own, and
   * results from there. Not for functions that compute gradients, make steps of optimizers, change their arguments, or
   * make tensors of numbers of JavaScript. Default: false.
   */
  graph?: boolean;
  /**
   * Gives what `fn` reads from variables, numbers and tensors in arrays or plain objects: it is asked at each call, and
   * what it gives is treated as more arguments. So another number begins another recording. Default: nothing is given.
   */
  reads?: (() => unknown) | null;
  /**
   * Whether variables of JavaScript that `fn` reads, and those that functions of the program read that it calls, are found
   * out by V8's inspector, and looked at before each replay. Default: true.
   */
  watch?: boolean;
}

/** What `torch.capture` makes of a function. */
export interface Captured<Args extends unknown[], Result> {
  (...args: Args): Result;
  /**
   * The same on another thread: a promise of the result. Calls of captured functions run one after the other, in the order
   * in which they were made. Until the promise is settled, tensors that the function changes or reads belong to it: what
   * would read or change them meanwhile throws. {@link Captured.fence} is where they can be used.
   *
   * @throws TorchError inside of `noGrad`, autocast and the like: such a scope belongs into the function.
   */
  async(...args: Args): Promise<Result>;
  /**
   * Runs `read` when all calls of `async` before it have ended, and has those after it wait: there it may use the tensors
   * that they work on. Gives what `read` gives.
   */
  fence<T>(read: () => T): Promise<Awaited<T>>;
  /** How many kinds of arguments are recorded. */
  readonly recordings: number;
  /** How many calls were replayed. */
  readonly replays: number;
  /** Variables of JavaScript, and fields of what they hold, that are looked at before each replay. */
  readonly watched: readonly string[];
  /** Forgets what was recorded. */
  reset(): void;
}

const CAPTURE = signature(
  'capture',
  [callable<(...args: unknown[]) => unknown>()('fn')],
  {
    maxRecordings: 8,
    check: 0,
    recheck: 128,
    freeze: false,
    graph: false,
    reads: null,
    watch: true,
  } as Required<CaptureOptions>,
  [],
);

/**
 * A function that does what `fn` does, with the same bits, mostly without JavaScript: its operators are recorded, and
 * replayed by later calls in one native run.
 *
 * Arguments are tensors, or nested in arrays, plain objects and Maps; other values among them are part of what a
 * recording is for, as are shapes, dtypes, gradient mode, autocast, and the fields of modules that `fn` calls. What `fn`
 * knows from elsewhere is held by identity: changed in place, a parameter is seen. The first two calls of a kind run
 * `fn` itself, and what both did is replayed from then on. Steps of optimizers and schedulers, and calls of a
 * GradScaler, run in JavaScript each time, with their numbers of that time; so do Functions, hooks and checkpoints.
 *
 * Differs from PyTorch: `torch.capture` is not in PyTorch; `torch.compile` is what comes near, and changes bits.
 *
 * @throws TorchError, with the line, where `fn` does what cannot be replayed: `item()` and other reads of numbers,
 * shapes that depend on data, random numbers of JavaScript; and where more than `maxRecordings` kinds of arguments
 * come, or calls of one kind do different things, as far as a look at every `recheck`th call can tell.
 *
 * @example
 * const step = torch.capture((x: Tensor, y: Tensor) => {
 *   const loss = F.crossEntropy(model(x), y);
 *   optimizer.zeroGrad();
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 */
export function capture<Args extends unknown[], Result>(
  ...args: Call<typeof CAPTURE, [fn: (...args: Args) => Result], []>
): Captured<Args, Result> {
  const [body, { maxRecordings, check, recheck, freeze, graph, reads, watch }] = CAPTURE.bind(args);
  const fn: typeof body = freeze ? (...all) => noGrad(() => body(...all)) : body;
  if (!Number.isInteger(maxRecordings) || maxRecordings < 1) {
    throw argumentError('capture', 'maxRecordings', 'a positive whole number', maxRecordings);
  }
  for (const [name, value] of Object.entries({ check, recheck })) {
    if (Number.isInteger(value) && value >= 0) continue;
    throw argumentError('capture', name, 'a whole number that is not negative', value);
  }
  if (freeze && check > 0) {
    throw argumentError('capture', 'check', '0 with freeze, which changes the last bits', check);
  }
  if (freeze && graph) throw argumentError('capture', 'graph', 'false with freeze', graph);
  if (reads !== null && typeof reads !== 'function') {
    throw argumentError('capture', 'reads', 'a function', reads);
  }
  let variants: Variant[] = [];
  let replays = 0;
  let last: Variant | null = null;
  let variables: Variables | null = null;
  const recordChanged = (all: Given, fitting: readonly Variant[], changed: string): { result: unknown } => {
    const { result, variant } = Variant.again(fn, all, fitting);
    if (variants.includes(variant)) return { result };
    if (variants.length >= maxRecordings) {
      throw new TorchError(
        `torch.capture: ${variants.length} recordings are there, and the function does something else now that the ` +
          `variable ${changed} has changed: give it as a tensor; maxRecordings says how many there may be`,
      );
    }
    variants.push(variant);
    return { result };
  };
  // A variant that can replay the call; else the result of `fn`, which was recorded.
  const prepare = (all: Given): { variant: Variant } | { result: unknown } => {
    const fitting = variants.filter((each) => each.fits(all));
    const variant = fitting.find((each) => each.changedVariable(all) === null) ?? fitting[0];
    if (variant) {
      if (variant.needsRecording(all)) return { result: variant.recordAgain(fn, all) };
      const changed = variant.changedVariable(all);
      if (changed !== null) return recordChanged(all, fitting, changed);
      return variant.isDue(recheck) ? { result: variant.recheck(fn, all) } : { variant };
    }
    variants = variants.filter((each) => each.isReady || !each.isFor(all));
    if (variants.length >= maxRecordings) {
      throw new TorchError(
        `torch.capture: ${variants.length} recordings are there, and this call fits none of them: its shapes, dtypes, ` +
          'values, modes or modules are others; maxRecordings says how many there may be',
      );
    }
    // A recording is for arguments that want gradients, or for such as do not.
    if (freeze && isGradEnabled() && all.tensors.some((tensor) => tensor.requiresGrad)) {
      throw new TorchError(
        'torch.capture: freeze: no gradients are computed: call it in torch.noGrad, or detach its arguments',
      );
    }
    if (watch) variables ??= new Variables(body);
    const begun = Variant.begin(fn, all, { freeze, graph }, variables);
    variants.push(begun.variant);
    return begun;
  };
  const call = (...all_: unknown[]): unknown => {
    if (recording.active !== null) return fn(...all_); // part of what is being recorded
    checkNothingRuns();
    const all = given(all_, reads);
    if (last !== null && replays >= check) {
      const result = last.replayNow(all, recheck);
      if (result !== MORE) {
        replays++;
        return result;
      }
    }
    const prepared = prepare(all);
    if ('result' in prepared) return prepared.result;
    last = prepared.variant;
    return replays++ < check ? checkedReplay(fn, last, all) : last.replay(all);
  };
  const async = (...all_: unknown[]): Promise<unknown> =>
    callInTurn(() => {
      const all = given(all_, reads);
      const prepared = prepare(all);
      if ('result' in prepared) return prepared.result;
      return replays++ < check ? checkedReplay(fn, prepared.variant, all) : prepared.variant.replayAsync(all);
    });
  return Object.defineProperties(call, {
    async: { value: async },
    fence: { value: fence },
    recordings: { get: () => variants.length },
    replays: { get: () => replays },
    watched: { get: () => variables?.snapshot().names ?? [] },
    reset: {
      value: () => {
        variants = [];
        last = null;
        variables = null;
        replays = 0;
      },
    },
  }) as unknown as Captured<Args, Result>;
}
