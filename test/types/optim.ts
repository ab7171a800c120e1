// Parameter groups: their options in both spellings, and no others.
import { type Tensor, optim } from 'nodetorch';
import { expectType } from './expect';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- as a program declares its own keys
  namespace nodetorch {
    interface OwnGroupKeys {
      name: string;
      lrScale: number;
    }
  }
}

declare const params: Tensor[];
declare const rate: Tensor;

const sgd = new optim.SGD([{ params, name: 'head', lrScale: 0.5 }], { lr: 0.1 });
const [group] = sgd.paramGroups;
sgd.paramGroups[0].lr *= 0.1;
sgd.paramGroups[0].weightDecay *= 0.5;
sgd.paramGroups[0].lr = rate;
group.weight_decay = rate;
for (const each of sgd.paramGroups) each.weightDecay = 0;
expectType<number>()(group.lr);
expectType<number>()(group.weightDecay);
expectType<number | undefined>()(group.initialLr);
expectType<number | undefined>()(group.swaLr);
expectType<string | undefined>()(group['name']);
expectType<number | undefined>()(group.lrScale);
expectType<number>()(sgd.defaults.weightDecay);
expectType<[optim.WithCamelCase<optim.SGDGroup>, ...optim.WithCamelCase<optim.SGDGroup>[]]>()(
  sgd.paramGroups,
);
sgd.paramGroups = sgd.paramGroups.map((each) => ({ ...each, weightDecay: 0 }));
sgd.addParamGroup({ ...group, params, weightDecay: 0 });

// @ts-expect-error -- misspelt
group.weigthDecay = 0;
// @ts-expect-error -- misspelt, as stored
group.weigth_decay = 0;
// @ts-expect-error -- not of this optimizer
group.betas = [0.9, 0.999];
// @ts-expect-error -- no number
group.weightDecay = '0';
// @ts-expect-error -- misspelt
sgd.defaults.weigthDecay = 0;
// @ts-expect-error -- misspelt
new optim.SGD([{ params, weigthDecay: 0 }]);
// @ts-expect-error -- nobody's
group.unknown = 0;
// @ts-expect-error -- no key of a state_dict
sgd.stateDict().param_groups[0].weightDecay = 0;

const adam = new optim.AdamW([{ params }]);
adam.paramGroups[0].betas = [0.9, 0.95];
adam.paramGroups[0].decoupledWeightDecay = true;
expectType<boolean>()(adam.paramGroups[0].amsgrad);
expectType<number>()(new optim.Adafactor(params).paramGroups[0].beta2Decay);
expectType<'strong_wolfe' | null>()(new optim.LBFGS(params).paramGroups[0].lineSearchFn);
expectType<number>()(new optim.lrScheduler.StepLR(adam, 1).getLastLr()[0]);
expectType<number>()(adam.stateDict().param_groups[0].lr);

// Any optimizer, and one of a program.
declare function train(optimizer: optim.Optimizer): void;
train(sgd);
train(adam);
const moved = (optimizer: optim.Optimizer): void => {
  optimizer.paramGroups[0].lr *= 0.5;
  // @ts-expect-error -- not every optimizer has it
  optimizer.paramGroups[0].weightDecay = 0;
};
moved(adam);
interface OwnGroup extends optim.ParamGroup {
  trust_ratio: number;
}
class Own extends optim.Optimizer<OwnGroup, { lr?: number; trustRatio?: number }> {
  constructor(given: Tensor[]) {
    super(given, { lr: rate, trust_ratio: 0.5 });
  }
  protected override updateGroup({ lr, trust_ratio }: OwnGroup): void {
    expectType<number>()(lr * trust_ratio);
  }
}
new Own(params).paramGroups[0].trustRatio = 1;

// The state of a state_dict is a Map by number and its entries are properties.
const saved = adam.stateDict();
expectType<optim.ParamState>()(saved.state[0]);
expectType<optim.ParamState | undefined>()(saved.state.get(0));
for (const [number, state] of saved.state)
  expectType<optim.ParamState>()((expectType<number>()(number), state));
const all: [string, unknown][] = Object.entries(saved.state);
adam.loadStateDict({ ...saved, state: { 0: { step: 1 } } });
adam.loadStateDict({ ...saved, state: new Map([[all.length, { step: 1 }]]) });
adam.loadStateDict(new Map<string, unknown>(Object.entries(saved)));
// @ts-expect-error -- entries come by set()
saved.state[1] = {};
// @ts-expect-error -- and go by delete()
delete saved.state[1];
