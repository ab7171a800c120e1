// Averaged models equal Python's after every update, in weights and buffers.
import torch, { nn, optim } from 'nodetorch';
import fixture from '../fixtures/swa.json';
import { digestOf } from './run';

const { AveragedModel, getEmaAvgFn, getEmaMultiAvgFn, getSwaAvgFn, getSwaMultiAvgFn, updateBn } =
  optim.swaUtils;
const averages: Record<keyof typeof fixture.cases, optim.swaUtils.AveragedModelOptions> = {
  default: {},
  'avg swa': { avgFn: getSwaAvgFn() },
  'avg ema': { avgFn: getEmaAvgFn(0.9) },
  'multi swa': { multiAvgFn: getSwaMultiAvgFn() },
  'multi ema': { multiAvgFn: getEmaMultiAvgFn() },
  'buffers ema': { multiAvgFn: getEmaMultiAvgFn(0.7), useBuffers: true },
  'buffers default': { useBuffers: true },
};

torch.setNumThreads(1); // as the fixture: matrix products of two threads differ in the last bit

function build() {
  torch.manualSeed(3);
  return new nn.Sequential(new nn.Linear(4, 6), new nn.BatchNorm1d(6), new nn.ReLU(), new nn.Linear(6, 2));
}

it.each(Object.keys(averages) as (keyof typeof averages)[])('%s', (name) => {
  const model = build();
  const averaged = new AveragedModel(model, averages[name]);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const batches = fixture.cases[name].digests.map(() => torch.randn([8, 4]));
  const digest = () => digestOf([...averaged.stateDict().values()]);
  const digests = batches.map((batch) => {
    optimizer.zeroGrad();
    model(batch).square().mean().backward();
    optimizer.step();
    averaged.updateParameters(model);
    return digest();
  });
  updateBn(batches.slice(0, 5).map((batch) => [batch]), averaged); // prettier-ignore
  const norm = [...averaged.modules()].find((module) => module instanceof nn.BatchNorm1d)!;
  expect({
    keys: [...averaged.stateDict().keys()],
    digests,
    momentum: norm.momentum,
    updated: digest(),
    output: digestOf(averaged(batches[0])),
  }).toEqual(fixture.cases[name]);
});

it('fails as Python does where the equal average meets integers', () => {
  const model = build();
  const averaged = new AveragedModel(model, { multiAvgFn: getSwaMultiAvgFn(), useBuffers: true });
  averaged.updateParameters(model);
  expect(() => averaged.updateParameters(model)).toThrow(fixture.refused);
});

it('refuses two kinds of average, and a decay that is none', () => {
  const both = { avgFn: getSwaAvgFn(), multiAvgFn: getSwaMultiAvgFn() };
  expect(() => new AveragedModel(build(), both)).toThrow(
    'Only one of avg_fn and multi_avg_fn should be provided',
  );
  expect(() => getEmaAvgFn(2)).toThrow(
    'Invalid decay value 2 provided. Please provide a value in [0,1] range.',
  );
});
