// What all optimizers have in common.
import { enableGrad, setGradEnabled } from '../autograd/mode';
import { jsonOf } from '../core/conversions';
import { TorchError, checkFunction } from '../core/errors';
import { checkMethods } from '../core/calls';
import { compareByIdentity } from '../core/identity';
import { type Call, signature } from '../core/signature';
import { HookList, type HookOptions, PREPEND, type RemovableHandle } from '../core/hooks';
import {
  type Closure,
  type OptimizerHook,
  type OptimizerStateDictHook,
  type Step,
  type StepPostHook,
  type StepPreHook,
  globalPostHooks,
  globalPreHooks,
} from './hooks';
import { hostCall, recording } from '../native/recording';
import { type Tensor } from '../tensor';
import { type ParamSlot, clearGradients, collect, zeroGradients } from './batch';
import { type WithCamelCase, addAccessors, lookOver } from './accessors';
import {
  type GroupDefaults,
  type ParamGroup,
  type ParamGroupOptions,
  type ParamGroups,
  type Params,
  checkOptions,
  fillIn,
  groupText,
  groupsOf,
  makeGroup,
} from './group';
import {
  type GivenOptimizerState,
  type OptimizerStateDict,
  type ParamState,
  givenState,
  pack,
  unpack,
} from './state_dict';

const ZERO_GRAD = signature('Optimizer.zeroGrad', [], { setToNone: true });

/**
 * Base of all optimizers. A subclass passes its defaults, spelled as in Python's `param_groups`, and
 * says in `updateGroup` how a group's parameters move; or it has a `step` of its own.
 */
export class Optimizer<Group extends ParamGroup = ParamGroup, Options = object> {
  /** Options of a group that does not name them. */
  readonly defaults: WithCamelCase<GroupDefaults<Group>>;
  /** What is remembered of each parameter. */
  state = new Map<Tensor, ParamState>();
  #paramGroups: Group[] = [];

  /** For GradScaler: whether the step itself divides by `gradScale` and heeds `foundInf`. */
  _stepSupportsAmpScaling = false;
  gradScale: Tensor | null = null;
  foundInf: Tensor | null = null;

  /** Whether the state is one for all parameters in their order, not one for each. */
  readonly _stateIsWhole: boolean = false;

  readonly #preHooks = new HookList<StepPreHook>();
  readonly #postHooks = new HookList<StepPostHook>();
  readonly #stateDictPreHooks = new HookList<OptimizerHook>();
  readonly #stateDictPostHooks = new HookList<OptimizerStateDictHook>();
  readonly #loadPreHooks = new HookList<OptimizerStateDictHook>();
  readonly #loadPostHooks = new HookList<OptimizerHook>();

  constructor(params: Params<Options>, defaults: GroupDefaults<Group>) {
    this.defaults = addAccessors(defaults);
    // A subclass's own step has the hooks around it, too.
    const own = this.step as Step;
    if (own !== Optimizer.prototype.step) {
      this.step = ((closure: Closure | null = null) =>
        this.#hooked(closure, (given) => own.call(this, given))) as typeof this.step;
    }
    for (const group of groupsOf(params)) this.addParamGroup(group as ParamGroupOptions<Options>);
  }

  /**
   * Their options can be set, `optimizer.paramGroups[0].lr *= 0.1`, in camelCase or by Python's key, which is the stored one.
   */
  get paramGroups(): ParamGroups<Group> {
    return this.#paramGroups as ParamGroups<Group>;
  }
  set paramGroups(groups: Group[]) {
    this.#paramGroups = groups;
    this.#lookOver();
  }

  #lookOver(): void {
    for (const group of this.#paramGroups) lookOver(this.constructor.name, group, this.defaults);
  }

  /** Moves the parameters of one group. Runs without a graph unless the optimizer is differentiable. */
  protected updateGroup(_group: Group): void {
    throw new TorchError(
      `${this.constructor.name}: neither updateGroup nor step is there`,
      'NotImplementedError',
    );
  }

  /** Throws for options that a group must not have. */
  protected checkOptions(group: Group): void {
    checkOptions(group, this.defaults);
  }

  /** Adds parameters, for example layers that thaw during fine-tuning. */
  addParamGroup(group: ParamGroupOptions<Options>): void {
    const check = (made: ParamGroup) => this.checkOptions(made as Group);
    this.#paramGroups.push(makeGroup(group, this.defaults, this.#paramGroups, check) as Group);
    this.#lookOver();
  }

  /** Forgets the gradients, or sets them to zero with `false` or `{ setToNone: false }`. */
  zeroGrad(...args: Call<typeof ZERO_GRAD, [], [setToNone: boolean]>): void {
    const [{ setToNone }] = ZERO_GRAD.bind(args);
    hostCall(this, 'zeroGrad', [setToNone], () => this.#clear(setToNone));
  }

  #clear(setToNone: boolean): void {
    const { foreach, fused } = this.defaults as { foreach?: boolean | null; fused?: boolean | null };
    if (setToNone) for (const { params } of this.#paramGroups) clearGradients(params);
    else {
      const params = this.#paramGroups.flatMap((group) => group.params);
      zeroGradients(params, Boolean(foreach || fused));
    }
  }

  /** Moves all parameters that have a gradient. Returns what `closure` returned. */
  step(): null;
  step<Loss extends Tensor | number>(closure: Closure<Loss>): Loss;
  step(closure: Closure | null = null): Tensor | number | null {
    return this.#hooked(closure, (given) => this.run(given));
  }

  #hooked(closure: Closure | null, step: Step): ReturnType<Step> {
    if (closure != null && recording.active !== null && this.#callsClosureFirst) {
      // The recording has what the closure does, and then a step.
      const loss = enableGrad(closure);
      this.step();
      return loss;
    }
    const args = closure == null ? [] : [closure];
    return hostCall(this, 'step', args, () => this.#stepWithHooks(closure, step));
  }

  // Where nothing comes before the closure, and no hook is to get it.
  get #callsClosureFirst(): boolean {
    const lists = [globalPreHooks, globalPostHooks, this.#preHooks, this.#postHooks];
    const own: Optimizer = Optimizer.prototype;
    return (
      this.step === own.step && this.run === own.run && lists.every((list) => list.entries().length === 0)
    );
  }

  #stepWithHooks(closure: Closure | null, step: Step): ReturnType<Step> {
    if (closure != null) checkFunction('step', 'closure', closure);
    for (const { hook } of [...globalPreHooks.entries(), ...this.#preHooks.entries()]) {
      closure = hook(this.base, closure) ?? closure;
    }
    this.#lookOver();
    const loss = step(closure);
    for (const { hook } of [...this.#postHooks.entries(), ...globalPostHooks.entries()]) {
      hook(this.base, closure);
    }
    return loss;
  }

  /** A step without its hooks. */
  protected run(closure: Closure | null): Tensor | number | null {
    const { differentiable = false } = this.defaults as { differentiable?: boolean };
    return setGradEnabled(differentiable, () => {
      const loss = closure ? enableGrad(closure) : null;
      for (const group of this.paramGroups) this.updateGroup(group);
      return loss;
    });
  }

  /** Calls `hook` before each `step`; it may return another closure. */
  registerStepPreHook(hook: StepPreHook): RemovableHandle {
    return this.#preHooks.register('registerStepPreHook', {}, [hook]);
  }
  /** Calls `hook` after each `step`. */
  registerStepPostHook(hook: StepPostHook): RemovableHandle {
    return this.#postHooks.register('registerStepPostHook', {}, [hook]);
  }
  /** Calls `hook` before `stateDict`. */
  registerStateDictPreHook(hook: OptimizerHook, options?: HookOptions): RemovableHandle {
    return this.#stateDictPreHooks.register('registerStateDictPreHook', PREPEND, [hook, options]);
  }
  /** Calls `hook` with what `stateDict` is about to return; it may return another one. */
  registerStateDictPostHook(hook: OptimizerStateDictHook, options?: HookOptions): RemovableHandle {
    return this.#stateDictPostHooks.register('registerStateDictPostHook', PREPEND, [hook, options]);
  }
  /** Calls `hook` with what `loadStateDict` got; it may return another one. */
  registerLoadStateDictPreHook(hook: OptimizerStateDictHook, options?: HookOptions): RemovableHandle {
    return this.#loadPreHooks.register('registerLoadStateDictPreHook', PREPEND, [hook, options]);
  }
  /** Calls `hook` after `loadStateDict`. */
  registerLoadStateDictPostHook(hook: OptimizerHook, options?: HookOptions): RemovableHandle {
    return this.#loadPostHooks.register('registerLoadStateDictPostHook', PREPEND, [hook, options]);
  }

  /** State and groups, parameters numbered through; shares the tensors. */
  stateDict(): OptimizerStateDict<Group> {
    for (const { hook } of this.#stateDictPreHooks.entries()) hook(this.base);
    this.#lookOver();
    let stateDict = pack(this.paramGroups, this.state);
    for (const { hook } of this.#stateDictPostHooks.entries()) {
      stateDict = hook(this.base, stateDict) ?? stateDict;
    }
    return stateDict as unknown as OptimizerStateDict<Group>;
  }

  /**
   * Takes over what `stateDict` gave, here or in Python. Parameters are matched by order; where both sides have
   * names of them (`new Adam(model.namedParameters())`), the same ones in another order, by name.
   *
   * Differs from PyTorch: `torch.optim.Optimizer.loadStateDict` heeds `param_names`, where Python gives one
   * parameter's state to another if their order differs.
   *
   * @throws TorchError where groups or their sizes differ, or the order of names in LBFGS.
   */
  loadStateDict(stateDict: GivenOptimizerState | ReadonlyMap<string, unknown>): void {
    let given = givenState(stateDict);
    for (const { hook } of this.#loadPreHooks.entries()) given = hook(this.base, given) ?? given;
    const { groups, state } = unpack(given, this.paramGroups, this._stateIsWhole);
    this.state = state;
    this.paramGroups = groups as Group[];
    this.upgrade();
    for (const { hook } of this.#loadPostHooks.entries()) hook(this.base);
  }

  /** Fills in what a file of an older PyTorch lacks. */
  protected upgrade(): void {}

  /** Gives each group the options that it lacks. */
  protected setDefaults(options: Partial<Group>): void {
    for (const group of this.paramGroups) fillIn(group, options);
  }

  /** The parameters that have a gradient, with their state, which `begin` makes where there is none. */
  protected collect(
    group: Group,
    begin: (param: Tensor, grad: Tensor) => ParamState,
    sparse: string | null,
  ): ParamSlot[] {
    return collect(group.params, (param) => this.stateOf(param), begin, sparse);
  }

  /** The state of `param`, made when it is first asked for. */
  protected stateOf(param: Tensor): ParamState {
    let state = this.state.get(param);
    if (!state) this.state.set(param, (state = {}));
    return state;
  }

  /** What Python's `repr` prints. */
  toString(): string {
    return `${this.constructor.name} (${this.#paramGroups.map(groupText).join('')})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
  /** Throws a TypeError for `JSON.stringify`: what is plain data is in `stateDict()`. */
  toJSON(...args: unknown[]): unknown {
    return jsonOf(this, args, 'An Optimizer', 'torch.save(optimizer.stateDict(), file) writes its state');
  }

  private get base(): Optimizer {
    return this as unknown as Optimizer;
  }
}
compareByIdentity(Optimizer);
checkMethods(
  'Optimizer',
  Optimizer,
  'addParamGroup(paramGroup{})',
  'step(closure?)',
  'registerStepPreHook(hook)',
  'registerStepPostHook(hook)',
  'stateDict()',
  'loadStateDict(stateDict{})',
  'toString()',
  'registerStateDictPreHook(hook, options{}?)',
  'registerStateDictPostHook(hook, options{}?)',
  'registerLoadStateDictPreHook(hook, options{}?)',
  'registerLoadStateDictPostHook(hook, options{}?)',
);
