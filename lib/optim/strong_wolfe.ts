// The line search of L-BFGS. Step sizes and slopes are numbers or tensors of one element, as they come.
import type { Tensor } from '../tensor';
import { type Value, atMost, larger, less, magnitude, minus, over, plus, smaller, times } from './scalar';

/** Loss and gradient at a step size. */
type Evaluate = (step: Value) => [loss: number, grad: Tensor];

interface Start {
  step: Value;
  direction: Tensor;
  loss: number;
  grad: Tensor;
  /** Of the loss along the direction. */
  slope: Tensor;
}

export interface Found {
  loss: number;
  grad: Tensor;
  step: Value;
  evaluations: number;
}

/** A point on the line. */
interface Point {
  step: Value;
  loss: number;
  grad: Tensor;
  slope: Tensor;
}

/** The minimum of the cubic through two points, within bounds. */
function cubicMinimum(a: Point, b: Point, bounds?: [Value, Value]): Value {
  const [low, high] = bounds ?? (atMost(a.step, b.step) ? [a.step, b.step] : [b.step, a.step]);
  const d1 = minus(plus(a.slope, b.slope), over(3 * (a.loss - b.loss), minus(a.step, b.step))) as Tensor;
  const square = d1.pow(2).sub(a.slope.mul(b.slope));
  if (!atMost(0, square)) return over(plus(low, high), 2);
  const d2 = square.sqrt();
  const [near, far] = atMost(a.step, b.step) ? [a, b] : [b, a];
  const share = far.slope
    .add(d2)
    .sub(d1)
    .div(far.slope.sub(near.slope).add(d2.mul(2)));
  return smaller(larger(minus(far.step, times(minus(far.step, near.step), share)), low), high);
}

/**
 * A step size that satisfies the strong Wolfe conditions, by bracketing and cubic interpolation, in at most
 * `most` iterations.
 */
export function strongWolfe(at: Evaluate, start: Start, most: number, tolerance: number): Found {
  const { direction, loss, slope } = start;
  const c1 = 1e-4;
  const c2 = 0.9;
  const largest = direction.abs().max();
  let evaluations = 0;
  const pointAt = (step: Value): Point => {
    const [found, grad] = at(step);
    evaluations++;
    return { step, loss: found, grad, slope: grad.dot(direction) };
  };
  const isTooHigh = ({ step, loss: reached }: Point) =>
    less(plus(loss, times(times(c1, step), slope)), reached);
  const isFlatEnough = (point: Point) => atMost(point.slope.abs(), times(-c2, slope));

  const origin: Point = { step: 0, loss, grad: start.grad.clone(), slope };
  let previous = origin;
  let point = pointAt(start.step);
  let bracket: Point[] = [];
  let done = false;
  let iteration = 0;
  for (; iteration < most; iteration++) {
    if (isTooHigh(point) || (iteration > 1 && point.loss >= previous.loss)) {
      bracket = [previous, point];
      break;
    }
    if (isFlatEnough(point)) {
      bracket = [point];
      done = true;
      break;
    }
    if (atMost(0, point.slope)) {
      bracket = [previous, point];
      break;
    }
    const { step } = point;
    const bounds: [Value, Value] = [plus(step, times(0.01, minus(step, previous.step))), times(step, 10)];
    const next = cubicMinimum(previous, point, bounds);
    previous = point;
    point = pointAt(next);
  }
  if (iteration === most) bracket = [origin, point];

  let [low, high] = bracket[0].loss <= bracket.at(-1)!.loss ? [0, 1] : [1, 0];
  let stalled = false;
  while (!done && iteration < most) {
    const width = magnitude(minus(bracket[1].step, bracket[0].step));
    if (less(times(width, largest), tolerance)) break;
    let step = cubicMinimum(bracket[0], bracket[1]);
    [step, stalled] = awayFromEnds(step, bracket[0].step, bracket[1].step, stalled);
    point = pointAt(step);
    iteration++;
    if (isTooHigh(point) || point.loss >= bracket[low].loss) {
      bracket[high] = point;
      [low, high] = bracket[0].loss <= bracket[1].loss ? [0, 1] : [1, 0];
      continue;
    }
    if (isFlatEnough(point)) done = true;
    else if (atMost(0, times(point.slope, minus(bracket[high].step, bracket[low].step)))) {
      bracket[high] = bracket[low];
    }
    bracket[low] = point;
  }
  const { step, loss: lowest, grad } = bracket[low];
  return { step, loss: lowest, grad, evaluations };
}

/** Moves a step that is close to an end of the bracket inside, the second time or when it is outside. */
function awayFromEnds(step: Value, a: Value, b: Value, stalled: boolean): [Value, boolean] {
  const top = larger(a, b);
  const bottom = smaller(a, b);
  const margin = times(0.1, minus(top, bottom));
  if (!less(smaller(minus(top, step), minus(step, bottom)), margin)) return [step, false];
  if (!stalled && !atMost(top, step) && !atMost(step, bottom)) return [step, true];
  const atTop = less(magnitude(minus(step, top)), magnitude(minus(step, bottom)));
  return [atTop ? minus(top, margin) : plus(bottom, margin), false];
}
