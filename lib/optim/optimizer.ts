// What all optimizers have in common.
import * as aten from '../aten';
import type { RemovableHandle } from '../autograd/hooks';
import { enableGrad, noGrad } from '../autograd/mode';
import { repr } from '../repr';
import type { Tensor } from '../tensor';
import { type ParamGroup, type ParamGroupOptions, type Params, groupsOf, makeGroup } from './group';
import { type OptimizerStateDict, type ParamState, pack, unpack } from './state_dict';

/** Evaluates the model again and returns the loss. */
export type Closure<Loss = Tensor | number> = () => Loss;
/** May return the closure to use instead. */
export type StepPreHook = (optimizer: Optimizer, closure: Closure | null) => Closure | null | void;
export type StepPostHook = (optimizer: Optimizer, closure: Closure | null) => void;

const print = (key: string, value: unknown) =>
  key === 'param_names' ? `[${(value as string[]).map(repr).join(', ')}]` : repr(value);

function add<Hook>(hooks: Set<{ hook: Hook }>, hook: Hook): RemovableHandle {
  const entry = { hook };
  hooks.add(entry);
  return { remove: () => void hooks.delete(entry) };
}

const globalPreHooks = new Set<{ hook: StepPreHook }>();
const globalPostHooks = new Set<{ hook: StepPostHook }>();

/** Calls `hook` before every step of every optimizer. */
export function registerOptimizerStepPreHook(hook: StepPreHook): RemovableHandle {
  return add(globalPreHooks, hook);
}
/** Calls `hook` after every step of every optimizer. */
export function registerOptimizerStepPostHook(hook: StepPostHook): RemovableHandle {
  return add(globalPostHooks, hook);
}

/**
 * Base of all optimizers. A subclass passes its defaults, spelled as in Python's `param_groups`, and
 * says in `updateGroup` how a group's parameters move.
 */
export abstract class Optimizer<Group extends ParamGroup = ParamGroup, Options = object> {
  /** Options of a group that does not name them. */
  readonly defaults: Omit<Group, 'params'>;
  /** What is remembered of each parameter. */
  state = new Map<Tensor, ParamState>();
  /** Writable: `optimizer.paramGroups[0].lr *= 0.1`. */
  paramGroups: Group[] = [];

  readonly #preHooks = new Set<{ hook: StepPreHook }>();
  readonly #postHooks = new Set<{ hook: StepPostHook }>();

  constructor(params: Params<Options>, defaults: Omit<Group, 'params'>) {
    this.defaults = defaults;
    for (const group of groupsOf(params)) this.addParamGroup(group as ParamGroupOptions<Options>);
  }

  /** Moves the parameters of one group. Runs without a graph. */
  protected abstract updateGroup(group: Group): void;

  /** Adds parameters, for example layers that thaw during fine-tuning. */
  addParamGroup(group: ParamGroupOptions<Options>): void {
    this.paramGroups.push(makeGroup(group, this.defaults, this.paramGroups) as Group);
  }

  /** Forgets the gradients, or sets them to zero with `{ setToNone: false }`. */
  zeroGrad(options: { setToNone?: boolean } = {}): void {
    const setToNone = options.setToNone ?? true;
    for (const { params } of this.paramGroups) {
      for (const param of params) {
        if (setToNone) {
          param.grad = null;
          continue;
        }
        const { grad } = param;
        if (!grad) continue;
        if (grad.gradFn) aten.detach_(grad);
        else grad.requiresGrad_(false);
        grad.zero_();
      }
    }
  }

  /** Moves all parameters that have a gradient. Returns what `closure` returned. */
  step(): null;
  step<Loss extends Tensor | number>(closure: Closure<Loss>): Loss;
  step(closure: Closure | null = null): Tensor | number | null {
    for (const { hook } of [...globalPreHooks, ...this.#preHooks])
      closure = hook(this.base, closure) ?? closure;
    const loss = closure ? enableGrad(closure) : null;
    noGrad(() => {
      for (const group of this.paramGroups) this.updateGroup(group);
    });
    for (const { hook } of [...this.#postHooks, ...globalPostHooks]) hook(this.base, closure);
    return loss;
  }

  registerStepPreHook(hook: StepPreHook): RemovableHandle {
    return add(this.#preHooks, hook);
  }
  registerStepPostHook(hook: StepPostHook): RemovableHandle {
    return add(this.#postHooks, hook);
  }

  /** State and groups, parameters numbered through; shares the tensors. */
  stateDict(): OptimizerStateDict {
    return pack(this.paramGroups, this.state);
  }

  /** Takes over what {@link stateDict} gave, here or in Python. Parameters are matched by order. */
  loadStateDict(stateDict: OptimizerStateDict | ReadonlyMap<string, unknown>): void {
    const { groups, state } = unpack(stateDict, this.paramGroups);
    this.state = state;
    this.paramGroups = groups as Group[];
    this.upgrade();
  }

  /** Fills in what a file of an older PyTorch lacks. */
  protected upgrade(): void {
    this.paramGroups = this.paramGroups.map((group) => ({ ...this.defaults, ...group }) as Group);
  }

  /** The state of `param`, made when it is first asked for. */
  protected stateOf(param: Tensor): ParamState {
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = {}));
    return state;
  }

  /** What Python's `repr` prints. */
  toString(): string {
    const groups = this.paramGroups.map((group, i) => {
      const keys = Object.keys(group)
        .filter((key) => key !== 'params')
        .sort();
      return `\nParameter Group ${i}\n${keys.map((key) => `    ${key}: ${print(key, group[key])}\n`).join('')}`;
    });
    return `${this.constructor.name} (${groups.join('')})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  private get base(): Optimizer {
    return this as unknown as Optimizer;
  }
}
