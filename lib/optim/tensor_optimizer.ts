// The optimizers whose update has several implementations.
import type { Tensor } from '../tensor';
import { type ParamSlot, checkDtypes, upgradeCounters } from './batch';
import { type ParamGroup, type Params, checkKindsOf, toGroupKeys } from './group';
import {
  type Implementation,
  type ImplementationGroup,
  type Scaling,
  checkImplementation,
  chooseImplementation,
} from './implementation';
import { Optimizer } from './optimizer';
import type { ParamState } from './state_dict';

/** Moves the parameters of one group. */
export type Update<Group> = (slots: readonly ParamSlot[], group: Group, scaling: Scaling) => void;

/** For Adam, PyTorch's `_single_tensor_adam`, `_multi_tensor_adam` and `_fused_adam`. */
export type Implementations<Group> = Readonly<
  Record<Exclude<Implementation, 'fused'>, Update<Group>> & Partial<Record<'fused', Update<Group>>>
>;

/**
 * Base of the optimizers that collect the parameters with a gradient, begin their state, choose an implementation and
 * run it. A subclass says what a state begins with and gives the implementations.
 */
export abstract class TensorOptimizer<
  Group extends ParamGroup & ImplementationGroup,
  Options extends object,
> extends Optimizer<Group, Options> {
  protected abstract readonly implementations: Implementations<Group>;
  /** What a sparse gradient is refused with; null where it is welcome. */
  protected readonly sparseRefusal: string | null = null;

  constructor(params: Params<Options>, options: Required<Options>) {
    super(params, toGroupKeys(options) as Group);
    checkImplementation(options);
    this._stepSupportsAmpScaling = 'fused' in options && options.fused === true;
  }

  protected override checkOptions(group: Group): void {
    checkKindsOf(this.constructor.name, group, this.defaults);
  }

  /** The state of a parameter before its first step. */
  protected abstract beginState(param: Tensor, grad: Tensor, group: Group): ParamState;

  protected override upgrade(): void {
    const options = { foreach: null, maximize: false, differentiable: false, capturable: false };
    this.setDefaults(options as Partial<ImplementationGroup> as Partial<Group>);
    upgradeCounters(this.paramGroups, this.state);
  }

  protected choose(group: Group, params: readonly Tensor[]): Implementation {
    return chooseImplementation(group, params);
  }

  /** Moves all parameters of a group that have a gradient, in one native call. False: nothing was done. */
  protected updateAtOnce(_group: Group): boolean {
    return false;
  }

  protected override updateGroup(group: Group): void {
    if (this.updateAtOnce(group)) return;
    const begin = (param: Tensor, grad: Tensor) => this.beginState(param, grad, group);
    const slots = this.collect(group, begin, this.sparseRefusal);
    if (slots.length > 0) this.update(slots, group);
  }

  protected update(slots: readonly ParamSlot[], group: Group): void {
    const chosen = this.choose(group, slots.map(({ param }) => param)); // prettier-ignore
    if (chosen === 'multiTensor') checkDtypes(slots);
    this.implementations[chosen]!(slots, group, this);
  }
}
