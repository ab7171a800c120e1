// What LBFGS remembers of its way, and the direction that follows from it.
import { TorchError, argumentError } from '../core/errors';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { scalar } from './implementation';
import { type Value, less, over } from './scalar';

/** What is remembered between steps, under the first parameter. */
export interface History {
  func_evals: number;
  n_iter: number;
  d?: Tensor;
  t?: Value;
  old_dirs?: Tensor[];
  old_stps?: Tensor[];
  ro?: Tensor[];
  H_diag?: Value;
  prev_flat_grad?: Tensor;
  prev_loss?: number;
  al?: (Tensor | null)[];
}

// Python writes these at the end of a step, after `al`.
const LATER = ['d', 't', 'old_dirs', 'old_stps', 'ro', 'H_diag', 'prev_flat_grad', 'prev_loss'] as const;

/** Puts a new history into the order of Python's. */
export function arrange(state: History): void {
  const values: Partial<History> = { ...state };
  for (const key of LATER) {
    if (!(key in state)) continue;
    delete state[key];
    Object.assign(state, { [key]: values[key] });
  }
}

export function begin(state: History, grad: Tensor): Tensor {
  Object.assign(state, { d: grad.neg(), old_dirs: [], old_stps: [], ro: [], H_diag: 1 });
  return state.d!;
}

/** The gradient times the approximate inverse Hessian, by the two-loop recursion. */
export function nextDirection(state: History, grad: Tensor, historySize: number): Tensor {
  const [dirs, steps, ro] = [state.old_dirs!, state.old_stps!, state.ro!];
  const change = grad.sub(state.prev_flat_grad!);
  const move = state.d!.mul(scalar(state.t!));
  const product = change.dot(move);
  if (less(1e-10, product)) {
    if (dirs.length === historySize) for (const list of [dirs, steps, ro]) list.shift();
    dirs.push(change);
    steps.push(move);
    ro.push(over(1, product) as Tensor);
    state.H_diag = product.div(change.dot(change));
  }
  if (!Number.isInteger(historySize)) throw argumentError('LBFGS', 'historySize', 'an integer', historySize);
  if (historySize < 0) throw new TorchError('list assignment index out of range', 'IndexError');
  const al = (state.al ??= new Array<null>(historySize).fill(null));
  const q = grad.neg();
  for (let i = dirs.length - 1; i >= 0; i--) {
    const factor = steps[i].dot(q).mul(ro[i]);
    if (i >= al.length) throw new TorchError('list assignment index out of range', 'IndexError');
    al[i] = factor;
    q.add_(dirs[i], { alpha: -factor.item() });
  }
  const direction = aten.mul(q, state.H_diag as Tensor);
  for (let i = 0; i < dirs.length; i++) {
    const factor = dirs[i].dot(direction).mul(ro[i]);
    direction.add_(steps[i], { alpha: al[i]!.sub(factor).item() });
  }
  state.d = direction;
  return direction;
}
