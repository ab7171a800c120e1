import { TorchTypeError } from '../../core/errors';
import { value } from '../../core/kinds';
import { checkMethods } from '../../core/calls';
import type { Call } from '../../core/signature';
import { optimSignature } from '../arguments';
import { typeName } from '../../tensor/repr';
import { valueError } from '../group';
import { entriesOf } from '../kinds';
import { type Value, times } from '../scalar';
import { type AnyOptimizer, LRScheduler, type SchedulerStateDict, checkZip } from './scheduler';

/** A factor for each epoch. */
export type LrLambda = (epoch: number) => number;

type LrLambdas = LrLambda | readonly LrLambda[];
const WITH_LAMBDAS = optimSignature(
  'LambdaLR',
  [value<AnyOptimizer>()('optimizer'), value<LrLambdas>()('lrLambda')],
  { lastEpoch: -1 },
  ['lastEpoch'],
);

/**
 * What LambdaLR and MultiplicativeLR share: a function for each group. Functions are not part of the state.
 */
class WithLambdas extends LRScheduler {
  readonly lrLambdas: LrLambda[];

  constructor(
    ...args: Call<typeof WITH_LAMBDAS, [optimizer: AnyOptimizer, lrLambda: LrLambdas], [lastEpoch: number]>
  ) {
    const [optimizer, lrLambda, { lastEpoch }] = WITH_LAMBDAS.bind(args, new.target.name);
    super(optimizer);
    const count = optimizer.paramGroups.length;
    const given: readonly LrLambda[] = Array.isArray(lrLambda)
      ? (lrLambda as readonly LrLambda[])
      : new Array<LrLambda>(count).fill(lrLambda as LrLambda);
    if (given.length !== count) throw valueError(`Expected ${count} lr_lambdas, but got ${given.length}`);
    for (const each of given) {
      if (typeof each !== 'function') {
        throw new TorchTypeError(`lr_lambda should be a function, but got ${typeName(each)}`);
      }
    }
    this.lrLambdas = [...given];
    this.start(lastEpoch);
  }

  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), lr_lambdas: this.lrLambdas.map(() => null) };
  }
  override loadStateDict(stateDict: SchedulerStateDict | ReadonlyMap<string, unknown>): void {
    const entries = entriesOf(stateDict);
    super.loadStateDict(Object.fromEntries(entries.filter(([key]) => key !== 'lr_lambdas')));
  }
}
checkMethods('LambdaLR', WithLambdas, 'stateDict()', 'loadStateDict(stateDict{})');

/**
 * The initial learning rate times `lrLambda(epoch)`: one function, or one for each group.
 *
 * @example
 * new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.95 ** epoch);
 */
export class LambdaLR extends WithLambdas {
  override getLr(): Value[] {
    this.warnOutsideStep();
    checkZip(this.lrLambdas, this.baseLrs);
    return this.baseLrs.map((lr, i) => times(lr, this.lrLambdas[i](this.lastEpoch)));
  }
}
checkMethods('LambdaLR', LambdaLR, 'getLr()');

/** The learning rate before times `lrLambda(epoch)`: one function, or one for each group. */
export class MultiplicativeLR extends WithLambdas {
  override getLr(): Value[] {
    this.warnOutsideStep();
    const lrs = this.options('lr');
    if (this._isInitial) return lrs;
    checkZip(this.lrLambdas, lrs);
    return lrs.map((lr, i) => times(lr, this.lrLambdas[i](this.lastEpoch)));
  }
}
checkMethods('MultiplicativeLR', MultiplicativeLR, 'getLr()');
