// Runs a learning rate scheduler: the other half of test/fixtures/scheduler_run.py, which says what a case
// is.
import crypto from 'node:crypto';
import torch, { optim, Tensor } from 'nodetorch';
import CASES from '../fixtures/scheduler_cases.json';
import { begin } from '../gpu/device';

begin(torch);
const { lrScheduler, swaUtils } = optim;
const STEPS = 200;
const LAMBDAS: Record<string, (epoch: number) => number> = {
  decay: (epoch) => 1 / (1 + 0.1 * epoch),
  warm: (epoch) => Math.min(1, (epoch + 1) / 30),
  almost: (epoch) => 0.99 + (epoch % 3) * 0.004,
};
export const CLOSED = new Set([
  'StepLR',
  'MultiStepLR',
  'ConstantLR',
  'LinearLR',
  'ExponentialLR',
  'PolynomialLR',
  'CosineAnnealingLR',
  'CosineAnnealingWarmRestarts',
  'LambdaLR',
]);

type Args = Record<string, unknown>;
type AnyOptimizer = optim.lrScheduler.AnyOptimizer;
type Scheduler = optim.lrScheduler.LRScheduler;
export interface Setting {
  optimizer_name?: string;
  tensor_lr?: boolean;
  epochs?: boolean;
}

export function makeOptimizer({ optimizer_name = 'SGD', tensor_lr = false }: Setting): AnyOptimizer {
  const params = [0, 1, 2].map(() => torch.zeros([2], { requiresGrad: true }));
  const lr = (value: number) => (tensor_lr ? torch.tensor(value) : value);
  const groups = [{ params: params.slice(0, 2) }, { params: params.slice(2), lr: lr(0.03) }];
  if (optimizer_name === 'Adam') return new optim.Adam(groups, { lr: lr(0.1) });
  return new optim[optimizer_name as 'SGD' | 'RMSprop'](groups, { lr: lr(0.1), momentum: 0.9 });
}

// The arguments that have no default, in order; the others are keywords.
const REQUIRED: Record<string, string[]> = {
  LambdaLR: ['lr_lambda'],
  MultiplicativeLR: ['lr_lambda'],
  StepLR: ['step_size'],
  MultiStepLR: ['milestones'],
  ExponentialLR: ['gamma'],
  CosineAnnealingLR: ['T_max'],
  CosineAnnealingWarmRestarts: ['T_0'],
  CyclicLR: ['base_lr', 'max_lr'],
  OneCycleLR: ['max_lr'],
  SWALR: ['swa_lr'],
  SequentialLR: ['schedulers', 'milestones'],
  ChainedScheduler: ['schedulers'],
};
const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

function argument(key: string, value: unknown, optimizer: AnyOptimizer): unknown {
  if (key === 'lr_lambda' || key === 'scale_fn') {
    return Array.isArray(value) ? value.map((name: string) => LAMBDAS[name]) : LAMBDAS[value as string];
  }
  if (key !== 'schedulers') return value;
  return (value as [string, Args][]).map(([name, args]) => makeScheduler(name, args, optimizer));
}

export function makeScheduler(name: string, args: Args, optimizer: AnyOptimizer): Scheduler {
  const required = REQUIRED[name] ?? [];
  const positional = required.map((key) => argument(key, args[key], optimizer));
  const rest = Object.entries(args).filter(([key]) => !required.includes(key));
  const options = Object.fromEntries(
    rest.map(([key, value]) => [camel(key), argument(key, value, optimizer)]),
  );
  const last = rest.length > 0 ? [options] : [];
  type Kind = new (...args: unknown[]) => Scheduler;
  const kind = (name === 'SWALR' ? swaUtils.SWALR : lrScheduler[name as 'StepLR']) as unknown as Kind;
  if (name === 'ChainedScheduler') return new kind(...positional);
  return new kind(optimizer, ...positional, ...last);
}

const epochOf = (i: number) => ((i * 5) % 37) + Math.floor(i / 50);
const metricOf = (i: number) => ((i * 7919) % 13) / 13 + 5 / (i + 1);
const number = (value: unknown) => (value instanceof Tensor ? value.item() : (value as number));

export function step(name: string, scheduler: Scheduler, i: number, epochs: boolean): void {
  if (name === 'ReduceLROnPlateau') scheduler.step(metricOf(i));
  else if (epochs) scheduler.step(epochOf(i));
  else scheduler.step();
}

function valuesOf(optimizer: AnyOptimizer): Float64Array {
  return new Float64Array(
    optimizer.paramGroups.flatMap((group) => [
      number(group.lr),
      number('betas' in group ? (group.betas as number[])[0] : group.momentum),
    ]),
  );
}

function plain(value: unknown): unknown {
  if (value instanceof Tensor) return value.item();
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  }
  return Math.abs(value as number) === Infinity ? String(value).replace('Infinity', 'inf') : value;
}

type Around = (step: () => void) => () => void;

/** `around`: what is made of the function of a step. */
export function run(
  name: string,
  args: Args,
  setting: Setting,
  resume = -1,
  around: Around = (each) => each,
) {
  let optimizer = makeOptimizer(setting);
  let scheduler = makeScheduler(name, args, optimizer);
  const digests: string[] = [];
  const digest = crypto.createHash('sha256').update(valuesOf(optimizer));
  // A scheduler that is told a number each time is no part of a step that may be captured.
  const isTold = name === 'ReduceLROnPlateau' || (setting.epochs ?? false);
  const makeStep = () =>
    around(() => {
      optimizer.step();
      if (!isTold) scheduler.step();
    });
  let move = makeStep();
  for (let i = 0; i < STEPS; i++) {
    move();
    if (isTold) step(name, scheduler, i, setting.epochs ?? false);
    if (i === resume) {
      const [state, saved] = [scheduler.stateDict(), optimizer.stateDict()];
      optimizer = makeOptimizer(setting);
      scheduler = makeScheduler(name, args, optimizer);
      scheduler.loadStateDict(state);
      optimizer.loadStateDict(saved);
      move = makeStep();
    }
    digest.update(valuesOf(optimizer));
    if (i % 10 === 9) digests.push(digest.copy().digest('hex').slice(0, 8));
  }
  const groups = optimizer.paramGroups.map(({ params: _, ...group }) => group);
  return {
    digests: digests.join(' '),
    state: plain(scheduler.stateDict()),
    groups: plain(groups),
    last: plain(scheduler.getLastLr()),
  };
}
export { CASES };
