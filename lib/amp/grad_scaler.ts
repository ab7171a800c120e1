import { jsonOf } from '../core/conversions';
import * as aten from '../tensor/aten';
import { noGrad } from '../autograd/mode';
import { full } from '../tensor/creation';
import * as cuda from '../cuda';
import type { Device } from '../core/device';
import { float16, float32, int32 } from '../core/dtype';
import { TorchError, argumentError, valueError, checkNumber } from '../core/errors';
import { checkMethods } from '../core/calls';
import { compareByIdentity } from '../core/identity';
import { type Call, signature } from '../core/signature';
import { keep } from '../tensor/memory';
import type { Optimizer } from '../optim';
import { isMap } from '../core/realm';
import { hostCall } from '../native/recording';
import { Tensor } from '../tensor';
import { repr } from '../tensor/repr';
import { warn } from '../core/warn';

/** Options of `torch.amp.GradScaler`. */
export interface GradScalerOptions {
  /** Default: 65,536. */
  initScale?: number;
  /** The scale is multiplied by this after `growthInterval` steps without inf or NaN. Default: 2. */
  growthFactor?: number;
  /** The scale is multiplied by this after a step with inf or NaN. Default: 0.5. */
  backoffFactor?: number;
  /** In steps. Default: 2000. */
  growthInterval?: number;
  /** `false` makes all methods do nothing. Default: `true`. */
  enabled?: boolean;
}
interface AllOptions extends GradScalerOptions {
  device?: string;
}
const GRAD_SCALER = signature('GradScaler', [], {
  device: 'cuda',
  initScale: 2 ** 16,
  growthFactor: 2,
  backoffFactor: 0.5,
  growthInterval: 2000,
  enabled: true,
} as Required<AllOptions>);

/** `GradScaler.stateDict()`, in Python's spelling; empty when disabled. */
export interface GradScalerStateDict {
  scale: number;
  growth_factor: number;
  backoff_factor: number;
  growth_interval: number;
  _growth_tracker: number;
}

type Stage = 'ready' | 'unscaled' | 'stepped';
interface OptimizerState {
  stage: Stage;
  /** By device, whether some gradient is not finite: 0 or 1. */
  foundInf: Map<Device, Tensor>;
}

// Copies of one number on the devices that need it.
class PerDevice {
  readonly copies = new Map<Device, Tensor>();
  constructor(readonly master: Tensor) {}

  on(device: Device): Tensor {
    let copy = this.copies.get(device);
    if (!copy) this.copies.set(device, (copy = keep(this.master.to(device, { copy: true }))));
    return copy;
  }
}

/** Tensors, or lists of them, nested. */
export type Outputs = Tensor | Outputs[];

/**
 * Scales losses so that float16 gradients do not vanish, and skips steps whose gradients are not
 * finite (`torch.amp.GradScaler`; Micikevicius et al., 2018).
 *
 * @example
 * scaler.scale(loss).backward();
 * scaler.step(optimizer);
 * scaler.update();
 */
export class GradScaler {
  readonly #device: string;
  readonly #enabled: boolean;
  #initScale: number;
  #growthFactor: number;
  #backoffFactor: number;
  #growthInterval: number;
  #initGrowthTracker = 0;
  #scale: Tensor | null = null;
  #growthTracker: Tensor | null = null;
  #states = new Map<Optimizer, OptimizerState>();

  constructor(
    ...args: Call<
      typeof GRAD_SCALER,
      [],
      [
        device: string,
        initScale: number,
        growthFactor: number,
        backoffFactor: number,
        growthInterval: number,
        enabled: boolean,
      ]
    >
  ) {
    const [given] = GRAD_SCALER.bind(args);
    for (const name of ['initScale', 'growthFactor', 'backoffFactor', 'growthInterval'] as const)
      checkNumber('GradScaler', name, given[name]);
    this.#device = given.device;
    this.#enabled = given.enabled && this.#usable();
    if (this.#enabled && given.growthFactor <= 1)
      throw new TorchError('The growth factor must be > 1.0.', 'AssertionError');
    if (this.#enabled && given.backoffFactor >= 1)
      throw new TorchError('The backoff factor must be < 1.0.', 'AssertionError');
    this.#initScale = given.initScale;
    this.#growthFactor = given.growthFactor;
    this.#backoffFactor = given.backoffFactor;
    this.#growthInterval = given.growthInterval;
  }

  #usable(): boolean {
    if (this.#device !== 'cuda' || cuda.isAvailable()) return true;
    warn('torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.');
    return false;
  }

  /** The loss, or each of several outputs, times the scale. */
  scale<T extends Outputs>(outputs: T): T {
    if (!this.#enabled) return outputs;
    let scale: PerDevice | null = null;
    const apply = (value: Outputs): Outputs => {
      if (Array.isArray(value)) return value.map(apply);
      if (!(value instanceof Tensor)) {
        throw valueError('outputs must be a Tensor or an iterable of Tensors');
      }
      if (!this.#scale) this.#begin(value.device);
      if (value === outputs) return value.mul(this.#scale!.to(value.device));
      scale ??= new PerDevice(this.#scale!);
      return value.mul(scale.on(value.device));
    };
    return apply(outputs) as T;
  }

  /** Divides the optimizer's gradients by the scale, for clipping before {@link step}. */
  unscale_(optimizer: Optimizer): void {
    hostCall(this, 'unscale_', [optimizer], () => this.#unscaleNow(optimizer));
  }

  #unscaleNow(optimizer: Optimizer): void {
    if (!this.#enabled) return;
    const { scale } = this.#started('unscale_');
    const state = this.#stateOf(optimizer);
    if (state.stage === 'unscaled') {
      throw new TorchError('unscale_() has already been called on this optimizer since the last update().');
    }
    if (state.stage === 'stepped') throw new TorchError('unscale_() is being called after step().');
    state.foundInf = this.#unscale(optimizer, scale.double().reciprocal().float(), false);
    state.stage = 'unscaled';
  }

  /** Unscales, unless done before, and steps unless a gradient is not finite. Returns what the step returned. */
  step(optimizer: Optimizer): Tensor | number | null {
    return hostCall(this, 'step', [optimizer], () => this.#stepNow(optimizer));
  }

  #stepNow(optimizer: Optimizer): Tensor | number | null {
    if (!this.#enabled) return optimizer.step();
    const { scale } = this.#started('step');
    const state = this.#stateOf(optimizer);
    if (state.stage === 'stepped')
      throw new TorchError('step() has already been called since the last update().');
    let result: Tensor | number | null;
    if (optimizer._stepSupportsAmpScaling) {
      result = this.#stepWithin(optimizer, state, scale);
    } else {
      if (state.stage === 'ready') this.unscale_(optimizer);
      if (state.foundInf.size === 0)
        throw new TorchError('No inf checks were recorded for this optimizer.', 'AssertionError');
      const found = [...state.foundInf.values()].some((value) => value.item() !== 0);
      result = found ? null : optimizer.step();
    }
    state.stage = 'stepped';
    return result;
  }

  // A fused optimizer divides and checks inside of its kernel.
  #stepWithin(optimizer: Optimizer, state: OptimizerState, scale: Tensor): Tensor | number | null {
    if (state.stage === 'ready') {
      const one = full([], 1, { dtype: float32, device: scale.device });
      state.foundInf = this.#unscale(optimizer, one, true);
    }
    const found = [...state.foundInf.values()].map((value) => value.to(scale.device));
    const before = optimizer.gradScale;
    const scaled = before ? scale.mul(before) : scale;
    try {
      optimizer.gradScale = state.stage === 'unscaled' ? before : scaled;
      optimizer.foundInf = found.length > 0 ? found.reduce((sum, value) => sum.add(value)) : null;
      return optimizer.step();
    } finally {
      optimizer.gradScale = null;
      optimizer.foundInf = null;
    }
  }

  /** Adjusts the scale by what the steps since the last call found, or sets it. */
  update(newScale: number | Tensor | null = null): void {
    hostCall(this, 'update', [newScale], (scale) => this.#updateNow(scale as typeof newScale));
  }

  #updateNow(newScale: number | Tensor | null): void {
    if (!this.#enabled) return;
    const { scale, tracker } = this.#started('update');
    if (typeof newScale === 'number') scale.fill_(newScale);
    else if (newScale !== null) this.#setScale(scale, newScale);
    else {
      const found = [...this.#states.values()]
        .flatMap((state) => [...state.foundInf.values()])
        .map((value) => value.to(scale.device));
      if (found.length === 0)
        throw new TorchError('No inf checks were recorded prior to update.', 'AssertionError');
      const combined = found.reduce((sum, value) => sum.add_(value));
      aten._ampUpdateScale_(
        scale,
        tracker,
        combined,
        this.#growthFactor,
        this.#backoffFactor,
        this.#growthInterval,
      );
    }
    this.#states = new Map();
  }

  #setScale(scale: Tensor, value: Tensor): void {
    if (value.device.type !== this.#device || value.numel() !== 1 || value.requiresGrad) {
      throw new TorchError(
        'new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor ' +
          'with requires_grad=False.',
        'AssertionError',
      );
    }
    scale.copy_(value);
  }

  /** The factor that losses are multiplied by; 1 where scaling is off. */
  getScale(): number {
    if (!this.#enabled) return 1;
    return this.#scale ? (this.#scale.item() as number) : this.#initScale;
  }
  /** What the scale is multiplied by after a row of steps without infinities. */
  getGrowthFactor(): number {
    return this.#growthFactor;
  }
  /** Sets what {@link GradScaler.getGrowthFactor} gives. */
  setGrowthFactor(factor: number): void {
    this.#growthFactor = factor;
  }
  /** What the scale is multiplied by after a step with infinities or NaN. */
  getBackoffFactor(): number {
    return this.#backoffFactor;
  }
  /** Sets what {@link GradScaler.getBackoffFactor} gives. */
  setBackoffFactor(factor: number): void {
    this.#backoffFactor = factor;
  }
  /** How many steps without infinities let the scale grow. */
  getGrowthInterval(): number {
    return this.#growthInterval;
  }
  /** Sets what {@link GradScaler.getGrowthInterval} gives. */
  setGrowthInterval(interval: number): void {
    this.#growthInterval = interval;
  }
  /** Whether losses are scaled at all. */
  isEnabled(): boolean {
    return this.#enabled;
  }

  /** Throws a TypeError for `JSON.stringify`: what is plain data is in `stateDict()`. */
  toJSON(...args: unknown[]): unknown {
    return jsonOf(this, args, 'A GradScaler', 'scaler.stateDict() is plain data');
  }

  /** The scale, the factors and the count of good steps, by Python's names; empty where scaling is off. */
  stateDict(): GradScalerStateDict | Record<string, never> {
    if (!this.#enabled) return {};
    return {
      scale: this.getScale(),
      growth_factor: this.#growthFactor,
      backoff_factor: this.#backoffFactor,
      growth_interval: this.#growthInterval,
      _growth_tracker: this.#growthTracker ? Number(this.#growthTracker.item()) : this.#initGrowthTracker,
    };
  }

  /** Takes over what `stateDict` gave, here or in Python. */
  loadStateDict(stateDict: GradScalerStateDict | ReadonlyMap<string, unknown> | Record<string, never>): void {
    if (!this.#enabled) return;
    const given = (isMap(stateDict) ? Object.fromEntries(stateDict) : stateDict) as GradScalerStateDict;
    if (Object.keys(given).length === 0) {
      throw new TorchError(
        'The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler.',
      );
    }
    // All of them, before any is changed.
    const [scale, growth, backoff, interval, tracker] = STATE_KEYS.map((key) => numberIn(given, key));
    this.#initScale = scale;
    this.#growthFactor = growth;
    this.#backoffFactor = backoff;
    this.#growthInterval = interval;
    this.#initGrowthTracker = tracker;
    this.#scale?.fill_(this.#initScale);
    this.#growthTracker?.fill_(this.#initGrowthTracker);
  }

  #begin(device: Device): void {
    this.#scale = keep(full([], this.#initScale, { dtype: float32, device }));
    this.#growthTracker = keep(full([], this.#initGrowthTracker, { dtype: int32, device }));
  }

  #started(method: string): { scale: Tensor; tracker: Tensor } {
    if (this.#scale && this.#growthTracker) return { scale: this.#scale, tracker: this.#growthTracker };
    throw new TorchError(
      `Attempted ${method} but _scale is None.  This may indicate your script did not use ` +
        'scaler.scale(loss or outputs) earlier in the iteration.',
      'AssertionError',
    );
  }

  #stateOf(optimizer: Optimizer): OptimizerState {
    let state = this.#states.get(optimizer);
    if (!state) this.#states.set(optimizer, (state = { stage: 'ready', foundInf: new Map() }));
    return state;
  }

  #unscale(optimizer: Optimizer, inverse: Tensor, allowFloat16: boolean): Map<Device, Tensor> {
    const inverses = new PerDevice(inverse);
    const found = new PerDevice(full([], 0, { dtype: float32, device: inverse.device }));
    noGrad(() => {
      for (const grads of gradients(optimizer, allowFloat16)) {
        const { device } = grads[0];
        aten._ampForeachNonFiniteCheckAndUnscale_(grads, found.on(device), inverses.on(device));
      }
    });
    return found.copies;
  }
}
compareByIdentity(GradScaler);
checkMethods(
  'GradScaler',
  GradScaler,
  'scale(outputs)',
  'unscale_(optimizer)',
  'step(optimizer)',
  'update(newScale?)',
  'getScale()',
  'getGrowthFactor()',
  'setGrowthFactor(newFactor)',
  'getBackoffFactor()',
  'setBackoffFactor(newFactor)',
  'getGrowthInterval()',
  'setGrowthInterval(newInterval)',
  'isEnabled()',
  'stateDict()',
  'loadStateDict(stateDict{})',
);

const STATE_KEYS = [
  'scale',
  'growth_factor',
  'backoff_factor',
  'growth_interval',
  '_growth_tracker',
] as const;
function numberIn(state: GradScalerStateDict, key: (typeof STATE_KEYS)[number]): number {
  if (!(key in state)) throw new TorchError(repr(key), 'KeyError');
  const value: unknown = state[key];
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw argumentError('GradScaler.loadStateDict', `stateDict.${key}`, 'a number', value);
}

// Lists of one device and dtype.
function gradients(optimizer: Optimizer, allowFloat16: boolean): Iterable<Tensor[]> {
  const lists = new Map<string, Tensor[]>();
  for (const param of optimizer.paramGroups.flatMap((group) => group.params)) {
    let { grad } = param;
    if (!grad) continue;
    if (!allowFloat16 && grad.dtype === float16) throw valueError('Attempting to unscale FP16 gradients.');
    if (grad.isSparse) {
      if (grad.dtype === float16) param.grad = grad = grad.coalesce();
      grad = aten._values(grad);
    }
    const key = `${grad.device} ${grad.dtype}`;
    const list = lists.get(key);
    if (list) list.push(grad);
    else lists.set(key, [grad]);
  }
  return lists.values();
}
