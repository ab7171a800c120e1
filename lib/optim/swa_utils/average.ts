// How averages of weights are computed.
import { checkNumber } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { bindArguments } from '../../core/calls';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd/mode';
import { repr } from '../../tensor/repr';
import { Tensor } from '../../tensor';
import { valueError } from '../group';
import { over, plus } from '../scalar';

/** The new average of one parameter, from the old one, the model's, and how many were averaged. */
export type AvgFn = (averaged: Tensor, current: Tensor, numAveraged: Tensor | number) => Tensor;
/** Changes the averages of many parameters in place. */
export type MultiAvgFn = (averaged: Tensor[], current: Tensor[], numAveraged: Tensor | number) => void;

function checkDecay(decay: number): void {
  checkNumber('decay', 'decay', decay);
  if (decay >= 0 && decay <= 1) return;
  throw valueError(`Invalid decay value ${repr(decay)} provided. Please provide a value in [0,1] range.`);
}

const isInexact = (value: Tensor) => value.isFloatingPoint() || value.isComplex();

const DECAY = { decay: 0.999 };
const EMA = signature('getEmaAvgFn', [], DECAY);
const EMA_MULTI = signature('getEmaMultiAvgFn', [], DECAY);

/** Exponential moving average, for many parameters at once: `a ← decay a + (1 − decay) p`. */
export function getEmaMultiAvgFn(...args: Call<typeof EMA_MULTI, [], [decay: number]>): MultiAvgFn {
  const [{ decay }] = EMA_MULTI.bind(args);
  checkDecay(decay);
  return (averaged, current) =>
    noGrad(() => {
      if (isInexact(averaged[0])) aten._foreachLerp_(averaged, current, 1 - decay);
      else averaged.forEach((each, i) => each.copy_(each.mul(decay).add(current[i].mul(1 - decay))));
    });
}

/** Equal average, for many parameters at once: `a ← a + (p − a) / (n + 1)`. */
export function getSwaMultiAvgFn(...args: []): MultiAvgFn {
  bindArguments('getSwaMultiAvgFn()', args);
  return (averaged, current, numAveraged) =>
    noGrad(() => {
      const count = plus(numAveraged, 1);
      if (isInexact(averaged[0])) {
        const weight = over(1, count);
        return aten._foreachLerp_(averaged, current, weight instanceof Tensor ? weight.item() : weight);
      }
      const differences = aten._foreachSub(current, averaged);
      if (count instanceof Tensor) {
        const counts = new Array<Tensor>(averaged.length).fill(count);
        aten._foreachAddcdiv_(averaged, differences, counts);
      } else aten._foreachAdd_(averaged, differences, { alpha: 1 / count });
    });
}

/** Exponential moving average of one parameter. */
export function getEmaAvgFn(...args: Call<typeof EMA, [], [decay: number]>): AvgFn {
  const [{ decay }] = EMA.bind(args);
  checkDecay(decay);
  return (averaged, current) => noGrad(() => averaged.mul(decay).add(current.mul(1 - decay)));
}

/** Equal average of one parameter. */
export function getSwaAvgFn(...args: []): AvgFn {
  bindArguments('getSwaAvgFn()', args);
  return (averaged, current, numAveraged) =>
    noGrad(() => averaged.add(current.sub(averaged).div(plus(numAveraged, 1) as Tensor)));
}
