import { value } from '../core/kinds';
import type { Call } from '../core/signature';
import { optimSignature } from './arguments';
import * as aten from '../tensor/aten';
import { enableGrad, noGrad } from '../autograd/mode';
import { TorchError, TorchTypeError, checkNumber } from '../core/errors';
import { contiguousFormat } from '../core/layout';
import { keep } from '../tensor/memory';
import { Tensor } from '../tensor';
import { asReal, checkLearningRate, scalar } from './implementation';
import { type ParamGroup, type Params, checkKindsOf, toGroupKeys, valueError } from './group';
import type { Closure } from './hooks';
import { Optimizer } from './optimizer';
import { type Value, less, numberOf, over, smaller, squeezed, times } from './scalar';
import { type History, arrange, begin, nextDirection } from './lbfgs_history';
import { strongWolfe } from './strong_wolfe';

/** Options of `optim.LBFGS`. */
export interface LBFGSOptions {
  /** Learning rate. Default: 1. */
  lr?: Value;
  /** Most iterations of one step. Default: 20. */
  maxIter?: number;
  /** Most evaluations of the closure in one step. Default: null, which is `⌊maxIter · 5 / 4⌋`. */
  maxEval?: number | null;
  /** The step ends when no gradient is larger. Default: 1e-7. */
  toleranceGrad?: number;
  /** The step ends when parameters and loss change less. Default: 1e-9. */
  toleranceChange?: number;
  /** How many directions are remembered. Default: 100. */
  historySize?: number;
  /** How the step size is found. Default: null, which takes `lr`. */
  lineSearchFn?: 'strong_wolfe' | null;
}

/** A group of parameters of `optim.LBFGS`, with its options. */
export interface LBFGSGroup extends ParamGroup {
  max_iter: number;
  max_eval: number;
  tolerance_grad: number;
  tolerance_change: number;
  history_size: number;
  line_search_fn: 'strong_wolfe' | null;
}

const LBFGS_DEFAULTS: Required<LBFGSOptions> = {
  lr: 1,
  maxIter: 20,
  maxEval: null,
  toleranceGrad: 1e-7,
  toleranceChange: 1e-9,
  historySize: 100,
  lineSearchFn: null,
};

const LBFGS_CALL = optimSignature('LBFGS', [value<Params<LBFGSOptions>>()('params')], LBFGS_DEFAULTS, [
  'lr',
  'maxIter',
  'maxEval',
  'toleranceGrad',
  'toleranceChange',
  'historySize',
  'lineSearchFn',
]);

/**
 * L-BFGS: approximates the inverse Hessian by the last changes of gradient and parameters. `step` needs a
 * closure, which is evaluated several times. All parameters are one group on one device.
 *
 * Nocedal 1980, Updating Quasi-Newton Matrices with Limited Storage; the line search: More and
 * Thuente 1994, Line Search Algorithms with Guaranteed Sufficient Decrease.
 *
 * @example
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = lossOf(model(input), target);
 *   loss.backward();
 *   return loss;
 * });
 */
export class LBFGS extends Optimizer<LBFGSGroup, LBFGSOptions> {
  override readonly _stateIsWhole = true;

  constructor(
    ...args: Call<
      typeof LBFGS_CALL,
      [params: Params<LBFGSOptions>],
      [
        lr: Value,
        maxIter: number,
        maxEval: number | null,
        toleranceGrad: number,
        toleranceChange: number,
        historySize: number,
        lineSearchFn: 'strong_wolfe' | null,
      ]
    >
  ) {
    const [list, given] = LBFGS_CALL.bind(args);
    checkLearningRate(given.lr);
    if (given.maxEval !== null) checkNumber('LBFGS', 'maxEval', given.maxEval);
    const most = given.maxEval ?? Math.floor((given.maxIter * 5) / 4);
    super(list, toGroupKeys({ ...given, maxEval: most }) as LBFGSGroup);
    if (this.paramGroups.length !== 1) {
      throw valueError("LBFGS doesn't support per-parameter options (parameter groups)");
    }
  }

  protected override checkOptions(group: LBFGSGroup): void {
    checkKindsOf('LBFGS', group, this.defaults);
  }

  get #params(): Tensor[] {
    return this.paramGroups[0].params;
  }

  protected override run(closure: Closure | null): Tensor | number {
    if (!closure) throw new TorchTypeError("LBFGS.step() missing 1 required positional argument: 'closure'");
    if (this.paramGroups.length !== 1) {
      throw new TorchError(
        `Expected exactly one param_group, but got ${this.paramGroups.length}`,
        'AssertionError',
      );
    }
    return noGrad(() => {
      const state = this.stateOf(this.#params[0]) as unknown as History;
      state.func_evals ??= 0;
      state.n_iter ??= 0;
      const first = enableGrad(closure);
      const begins = !('d' in state);
      this.#iterate(state, numberOf(first), () => numberOf(enableGrad(closure)));
      if (begins) arrange(state);
      for (const value of Object.values(state).flat()) if (value instanceof Tensor) keep(value);
      return first;
    });
  }

  // The order of the operations decides the last bit.
  #iterate(state: History, first: number, evaluate: () => number): void {
    const group = this.paramGroups[0];
    const { max_iter, max_eval, tolerance_grad, tolerance_change, line_search_fn } = group;
    checkNumber('LBFGS', 'maxEval', max_eval);
    const lr = squeezed(group.lr);
    let loss = first;
    let evaluations = 1;
    state.func_evals += 1;
    let grad = this.#gatherGrad();
    const isFlat = () => grad.abs().max().le(tolerance_grad).item<boolean>();
    let flat = isFlat();
    if (flat) return;
    for (let iteration = 1; iteration <= max_iter; iteration++) {
      state.n_iter += 1;
      const isFirst = state.n_iter === 1;
      const direction = isFirst ? begin(state, grad) : nextDirection(state, grad, group.history_size);
      if (state.prev_flat_grad) state.prev_flat_grad.copy_(grad);
      else state.prev_flat_grad = grad.clone();
      state.prev_loss = loss;
      state.t = isFirst ? times(smaller(1, over(1, grad.abs().sum())), lr) : lr;
      const slope = grad.dot(direction);
      if (less(-tolerance_change, slope)) break;
      let used = 0;
      if (line_search_fn !== null) {
        if (line_search_fn !== 'strong_wolfe') throw new TorchError("only 'strong_wolfe' is supported");
        const start = this.#params.map((param) => param.clone({ memoryFormat: contiguousFormat }));
        const at = (t: Value) => this.#evaluateAt(start, t, direction, evaluate);
        const rest = max_eval - evaluations;
        const found = strongWolfe(
          at,
          { step: state.t, direction, loss, grad, slope },
          rest,
          tolerance_change,
        );
        ({ loss, grad, step: state.t, evaluations: used } = found);
        this.#move(state.t, direction);
        flat = isFlat();
      } else {
        this.#move(state.t, direction);
        if (iteration !== max_iter) {
          loss = evaluate();
          grad = this.#gatherGrad();
          flat = isFlat();
          used = 1;
        }
      }
      evaluations += used;
      state.func_evals += used;
      if (iteration === max_iter || evaluations >= max_eval || flat) break;
      if (direction.mul(scalar(state.t)).abs().max().le(tolerance_change).item<boolean>()) break;
      if (Math.abs(loss - state.prev_loss) < tolerance_change) break;
    }
  }

  #gatherGrad(): Tensor {
    const views = this.#params.map((param) => {
      const { grad } = param;
      if (!grad) return asReal(param.newZeros([param.numel()])).view([-1]);
      const view = (grad.isSparse ? grad.toDense() : grad).view([-1]);
      return asReal(view).view([-1]);
    });
    return aten.cat(views, 0);
  }

  #move(size: Value, direction: Tensor): void {
    let offset = 0;
    for (const each of this.#params) {
      const param = asReal(each);
      const count = param.numel();
      param.add_(direction.narrow(0, offset, count).viewAs(param), { alpha: numberOf(size) });
      offset += count;
    }
  }

  /** Loss and gradient at `start + t · direction`; the parameters end at `start`. */
  #evaluateAt(start: Tensor[], t: Value, direction: Tensor, evaluate: () => number): [number, Tensor] {
    this.#move(t, direction);
    const loss = evaluate();
    const grad = this.#gatherGrad();
    this.#params.forEach((param, i) => param.copy_(start[i]));
    return [loss, grad];
  }
}
