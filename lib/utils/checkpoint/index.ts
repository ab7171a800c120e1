import {
  autocast,
  type AutocastOptions,
  getAutocastDtype,
  isAutocastCacheEnabled,
  isAutocastEnabled,
} from '../../amp/autocast';
import { backward } from '../../autograd/backward';
import { AutogradFunction, type FunctionContext } from '../../autograd/function';
import { savedTensorsHooks } from '../../autograd/graph';
import { enableGrad, noGrad } from '../../autograd/mode';
import { TorchError, TorchRangeError, TorchTypeError, valueError } from '../../core/errors';
import { isPlainObject } from '../../core/realm';
import { withDefaults } from '../../core/signature';
import { sizeText } from '../../core/size_text';
import { keep } from '../../tensor/memory';
import { native } from '../../native';
import { Sequential } from '../../nn/layers/sequential';
import { defaultGenerator } from '../../tensor/random';
import { Tensor } from '../../tensor';
import { warn } from '../../core/warn';

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

/** What was computed again differs from what was computed first (`torch.utils.checkpoint.CheckpointError`). */
export class CheckpointError extends TorchError {
  constructor(message: string) {
    super(message, 'CheckpointError');
  }
}

let forcedEarlyStop: boolean | null = null;

/** Overrides `earlyStop` of the checkpoints made in `body`. */
export function setCheckpointEarlyStop<T>(enable: boolean, body: () => T): T {
  const before = forcedEarlyStop;
  forcedEarlyStop = enable;
  try {
    return body();
  } finally {
    forcedEarlyStop = before;
  }
}

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
  if (useReentrant('checkpoint', options)) {
    const run = func as unknown as (...args: unknown[]) => unknown;
    return Reentrant.apply(run, options.preserveRngState, ...inputs) as Out;
  }
  return withoutReentry(func, inputs, options);
}

const SEQUENTIAL = { useReentrant: null as boolean | null, preserveRngState: true };

/**
 * Runs a sequence of functions, or a Sequential, in `segments` checkpointed pieces; the last piece is
 * not checkpointed (`torch.utils.checkpoint.checkpoint_sequential`).
 */
export function checkpointSequential(
  functions: Sequential | readonly ((input: Tensor) => Tensor)[],
  segments: number,
  input: Tensor,
  options?: Pick<CheckpointOptions, 'useReentrant' | 'preserveRngState'>,
): Tensor {
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

// ---- what computing again must find as it was ----

type AutocastState = [deviceType: string, options: AutocastOptions][];

function autocastState(args: readonly unknown[]): AutocastState {
  const types = new Set(['cpu', ...args.flatMap((arg) => (arg instanceof Tensor ? [arg.device.type] : []))]);
  types.delete('meta');
  return [...types].map((type) => [
    type,
    {
      enabled: isAutocastEnabled(type),
      dtype: getAutocastDtype(type),
      cacheEnabled: isAutocastCacheEnabled(),
    },
  ]);
}

function inAutocast<T>(state: AutocastState, body: () => T): T {
  if (state.length === 0) return body();
  const [[type, options], ...rest] = state;
  return autocast(type, options, () => inAutocast(rest, body));
}

interface RngState {
  device: string;
  state: Tensor;
}

function rngStates(args: readonly unknown[]): RngState[] {
  const devices = new Set([
    'cpu',
    ...args.flatMap((arg) => (arg instanceof Tensor ? [String(arg.device)] : [])),
  ]);
  devices.delete('meta');
  return [...devices].map((device) => ({ device, state: keep(defaultGenerator(device).getState()) }));
}

function setRngStates(states: RngState[]): void {
  for (const { device, state } of states) defaultGenerator(device).setState(state);
}

// Runs `body` with these numbers to come, and puts the present ones back.
function withRng<T>(states: RngState[] | null, body: () => T): T {
  if (!states) return body();
  const now = states.map(({ device }) => ({ device, state: keep(defaultGenerator(device).getState()) }));
  try {
    setRngStates(states);
    return body();
  } finally {
    setRngStates(now);
    for (const { state } of now) state.dispose();
  }
}

// ---- the reentrant way: one node, whose backward runs a backward of its own ----

class Reentrant extends AutogradFunction {
  static override get name(): string {
    return 'CheckpointFunction';
  }

  static override forward(
    ctx: FunctionContext,
    run: (...args: unknown[]) => unknown,
    preserve: boolean,
    ...args: unknown[]
  ): unknown {
    if (!args.some((arg) => arg instanceof Tensor && arg.requiresGrad)) {
      warn('None of the inputs have requires_grad=True. Gradients will be None');
    }
    ctx.run = run;
    ctx.rng = preserve ? rngStates(args) : null;
    ctx.autocast = autocastState(args);
    ctx.args = args.map((arg) => (arg instanceof Tensor ? null : arg));
    ctx.where = args.flatMap((arg, i) => (arg instanceof Tensor ? [i] : []));
    ctx.saveForBackward(...args.filter((arg): arg is Tensor => arg instanceof Tensor));
    return run(...args);
  }

  static override backward(ctx: FunctionContext, ...grads: Tensor[]): (Tensor | null)[] {
    if (!native.isCheckpointValid()) {
      throw new TorchError(
        'When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` ' +
          'parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call ' +
          '.backward() without passing the `inputs` argument.',
      );
    }
    const inputs = [...(ctx.args as unknown[])];
    const where = ctx.where as number[];
    ctx.savedTensors.forEach((tensor, i) => {
      inputs[where[i]] = tensor.detach().requiresGrad_(tensor.requiresGrad);
    });
    const run = ctx.run as (...args: unknown[]) => unknown;
    const result = withRng(ctx.rng as RngState[] | null, () =>
      enableGrad(() => inAutocast(ctx.autocast as AutocastState, () => run(...inputs))),
    );
    const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
    const used = outputs.flatMap((output, i) =>
      output instanceof Tensor && output.requiresGrad ? [[output, grads[i]] as const] : [],
    );
    if (used.length === 0) {
      throw new TorchError('none of output has requires_grad=True, this checkpoint() is not necessary');
    }
    backward(
      used.map(([output]) => output),
      used.map(([, grad]) => grad),
    );
    return [null, null, ...inputs.map((input) => (input instanceof Tensor ? input.grad : null))];
  }
}

// ---- the other way: what is saved is a place, filled when backward first asks for one ----

interface Meta {
  shape: string;
  dtype: string;
  device: string;
}

// The place of one saved tensor, by backward pass; null once it was taken.
type Place = Map<number, Tensor | null>;

class Stop extends Error {}

class Frame {
  readonly places: Place[] = [];
  readonly metas: Meta[] = [];
  readonly #done = new Set<number>();
  completed = false;

  constructor(
    readonly again: () => void,
    readonly earlyStop: boolean,
    readonly check: boolean,
  ) {}

  readonly pack = (tensor: Tensor): Place => {
    const place: Place = new Map();
    this.places.push(place);
    if (this.check) this.metas.push(metaOf(tensor));
    return place;
  };

  readonly unpack = (place: Place): Tensor => {
    const pass = native.graphTask();
    if (!this.#done.has(pass)) {
      this.#recompute(pass);
      if (pass >= 0) this.#done.add(pass);
    }
    const tensor = place.get(pass);
    if (!tensor) {
      throw new CheckpointError(
        'torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you ' +
          'are calling ctx.saved_tensors in backward, make sure to do so only once. Otherwise please open an issue ' +
          'with details on your use case.',
      );
    }
    place.set(pass, null);
    return tensor;
  };

  #recompute(pass: number): void {
    let next = 0;
    let partial = false;
    const pack = (tensor: Tensor): Tensor => {
      const value = tensor.requiresGrad ? tensor.detach() : tensor;
      const i = next++;
      if (i >= this.places.length) {
        if (!this.completed) {
          partial = true; // backward inside of the forward: not all is there yet
          return value;
        }
        throw new CheckpointError(
          'torch.utils.checkpoint: trying to save more tensors during recomputation than during the original ' +
            'forward pass.',
        );
      }
      this.places[i].set(pass, value);
      if (this.earlyStop && next === this.places.length) throw new Stop();
      return value;
    };
    try {
      savedTensorsHooks(
        pack,
        (value) => value,
        () => enableGrad(this.again),
      );
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    if (!partial) this.#compare(pass, next);
  }

  #compare(pass: number, count: number): void {
    if (count !== this.places.length) {
      throw new CheckpointError(
        'torch.utils.checkpoint: A different number of tensors was saved during the original forward and ' +
          `recomputation.\nNumber of tensors saved during forward: ${this.places.length}\n` +
          `Number of tensors saved during recomputation: ${count}.`,
      );
    }
    if (!this.check) return;
    const different = this.places.flatMap((place, i) => {
      const [saved, found] = [metaText(this.metas[i]), metaText(metaOf(place.get(pass)!))];
      if (saved === found) return [];
      return [`tensor at position ${i}:\nsaved metadata: ${saved}\nrecomputed metadata: ${found}\n`];
    });
    if (different.length === 0) return;
    throw new CheckpointError(
      'torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during ' +
        `the forward pass.\n${different.join('')}`,
    );
  }
}

const metaOf = (tensor: Tensor): Meta => ({
  shape: sizeText(tensor.shape),
  dtype: String(tensor.dtype),
  device: String(tensor.device),
});
const metaText = ({ shape, dtype, device }: Meta): string =>
  `{'shape': ${shape}, 'dtype': ${dtype}, 'device': device(type='${device}')}`;

function withoutReentry<Args extends unknown[], Out>(
  func: (...args: Args) => Out,
  args: Args,
  options: Required<CheckpointOptions>,
): Out {
  const { preserveRngState, determinismCheck, earlyStop } = options;
  if (determinismCheck !== 'default' && determinismCheck !== 'none') {
    throw valueError(
      `determinism_check should be one of ['default', 'none'], but got ${String(determinismCheck)}`,
    );
  }
  if (!native.isGradEnabled()) return func(...args);
  const rng = preserveRngState ? rngStates(args) : null;
  const state = autocastState(args);
  // Values of their own: the caller may dispose of his.
  const kept = noGrad(() =>
    args.map((arg) => (arg instanceof Tensor ? keep(arg.detach().requiresGrad_(arg.requiresGrad)) : arg)),
  ) as Args;
  const again = () => void withRng(rng, () => inAutocast(state, () => func(...kept)));
  const frame = new Frame(again, forcedEarlyStop ?? earlyStop, determinismCheck === 'default');
  const result = savedTensorsHooks(frame.pack, frame.unpack, () => func(...args));
  frame.completed = true;
  return result;
}
