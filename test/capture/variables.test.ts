// Variables of JavaScript that a captured function reads are looked at before each replay.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import * as outside from './variables_outside';

const one = torch.ones([1]);
const run12 = (run: { (x: Tensor): unknown }, before: (i: number) => void): unknown[] =>
  Array.from({ length: 12 }, (_, i) => {
    before(i);
    return (run(one) as Tensor).item();
  });
const twoThenThree = Array.from({ length: 12 }, (_, i) => (i < 6 ? 2 : 3));

let atTop = 2;
function helper(x: Tensor): Tensor {
  return x.mul(atTop);
}

class Scaler {
  factor = 2;
  constructor(readonly inner = { factor: 1, list: [1, 1] }) {}
  run(x: Tensor): Tensor {
    return this.both(x);
  }
  both(x: Tensor): Tensor {
    return x.mul(this.factor).mul(this.inner.factor).mul(this.inner.list[1]);
  }
}

class Layer extends nn.Module<[Tensor], Tensor> {
  override forward(x: Tensor): Tensor {
    return helper(x);
  }
}

test('a number, a tensor and a function of a closure', () => {
  let [factor, tensor] = [2, torch.tensor([2])];
  let change = (x: Tensor) => x.mul(2);
  const number = torch.capture((x: Tensor) => x.mul(factor));
  expect(number.watched).toEqual([]);
  expect(run12(number, (i) => (factor = i < 6 ? 2 : 3))).toEqual(twoThenThree);
  expect([number.recordings, number.replays, number.watched]).toEqual([2, 8, ['factor']]);
  expect(
    run12(
      torch.capture((x: Tensor) => x.mul(tensor)),
      (i) => {
        if (i === 6) tensor = torch.tensor([3]);
      },
    ),
  ).toEqual(twoThenThree);
  expect(
    run12(
      torch.capture((x: Tensor) => change(x)),
      (i) => {
        if (i === 6) change = (x) => x.mul(3);
      },
    ),
  ).toEqual(twoThenThree);
});

test.each<[string, (x: Tensor) => Tensor, (value: number) => void]>([
  ['of a function that it calls', (x) => helper(x), (value) => (atTop = value)],
  [
    'of a layer that it calls',
    (
      (layer) => (x: Tensor) =>
        layer(x)
    )(new Layer()),
    (value) => (atTop = value),
  ],
  ['of a layer that it is', new Layer() as unknown as (x: Tensor) => Tensor, (value) => (atTop = value)],
  ['of another file', (x) => x.mul(outside.factor), outside.setFactor],
  ['of a function of another file', (x) => outside.scale(x), outside.setFactor],
  [
    'of the global object',
    (x) => x.mul((globalThis as unknown as { factor: number }).factor),
    (value) => ((globalThis as unknown as { factor: number }).factor = value),
  ],
])('a number %s', (_name, fn, set) => {
  const run = torch.capture(fn);
  expect(run12(run, (i) => set(i < 6 ? 2 : 3))).toEqual(twoThenThree);
  expect([run.recordings, run.replays]).toEqual([2, 8]);
});

test.each<[string, (scaler: Scaler) => (x: Tensor) => Tensor]>([
  ['an object', (scaler) => (x) => x.mul(scaler.factor).mul(scaler.inner.factor).mul(scaler.inner.list[1])],
  ['an object whose method it calls', (scaler) => (x) => scaler.run(x)],
  ['a bound method', (scaler) => scaler.run.bind(scaler)],
])('fields of %s', (_name, make) => {
  for (const set of [
    (scaler: Scaler, value: number) => (scaler.factor = value),
    (scaler: Scaler, value: number) => (scaler.inner.factor = value / 2),
    (scaler: Scaler, value: number) => (scaler.inner.list[1] = value / 2),
    (scaler: Scaler, value: number) => Object.assign(scaler, { inner: { factor: value / 2, list: [1, 1] } }),
  ]) {
    const scaler = new Scaler();
    const run = torch.capture(make(scaler));
    expect(run12(run, (i) => i === 6 && set(scaler, 3))).toEqual(twoThenThree);
    expect([run.recordings, run.replays]).toEqual([2, 8]);
  }
});

test('a variable that changes nothing costs a run of the function, and no recording', () => {
  let i = 0;
  const run = torch.capture((x: Tensor) => (i % 2 === 0 ? x.mul(2) : x.add(x)));
  const also = torch.capture((x: Tensor) => (i >= 0 ? x.mul(2) : x));
  for (; i < 12; i++) expect(also(one).item()).toBe(2);
  expect([also.recordings, also.replays]).toEqual([1, 0]);
  // The first two differ, and so do all: four calls are enough to say so.
  for (i = 0; i < 4; i++) run(one);
  expect(() => run(one)).toThrow('did different things');
});

test('a number of which one side alone matters is recorded once for each', () => {
  let i = 0;
  const run = torch.capture((x: Tensor) => x.mul(i < 4 ? 2 : 3));
  for (; i < 12; i++) expect(run(one).item()).toBe(i < 4 ? 2 : 3);
  expect([run.recordings, run.replays]).toEqual([2, 0]);
});

test('a closure of a step is recorded', () => {
  const values = [false, true].map((captured) => {
    const p = torch.ones([2], { requiresGrad: true });
    const optimizer = new optim.Adam([p], { lr: 0.1 });
    const step = (x: Tensor): Tensor =>
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = p.mul(x).square().sum();
        loss.backward();
        return loss;
      });
    const run = captured ? torch.capture(step) : step;
    const losses = Array.from({ length: 8 }, () => run(torch.tensor([1, 2])).item());
    return [losses, p.tolist()];
  });
  expect(values[1]).toEqual(values[0]);
});

test('what the function assigns is refused, and named', () => {
  let [last, count] = [one, 0];
  const losses: Tensor[] = [];
  const cases: [string, (x: Tensor) => Tensor][] = [
    ['last', (x) => (last = x.mul(2))],
    ['count', (x) => (count++, x.mul(2))],
    ['losses.length', (x) => (losses.push(x), x.mul(2))],
  ];
  for (const [name, fn] of cases) {
    const run = torch.capture(fn);
    run(one);
    run(one);
    expect(() => run(one)).toThrow(`torch.capture: the function changes ${name}, a variable of JavaScript`);
    const unwatched = torch.capture(fn, { watch: false });
    for (let i = 0; i < 3; i++) unwatched(one);
    expect([unwatched.replays, unwatched.watched]).toEqual([1, []]);
  }
  expect([last.item(), count, losses.length]).toEqual([2, 4, 4]);
});

test('more values than recordings: an error names the variable', () => {
  let factor = 0;
  const run = torch.capture((x: Tensor) => x.mul(factor), { maxRecordings: 2 });
  for (const value of [1, 1, 2, 2]) {
    factor = value;
    expect(run(one).item()).toBe(value);
  }
  factor = 3;
  expect(() => run(one)).toThrow('the function does something else now that the variable factor has changed');
});

test('awaited calls, and frozen ones', async () => {
  let factor = 2;
  const run = torch.capture((x: Tensor) => x.mul(factor));
  const frozen = torch.capture((x: Tensor) => x.mul(factor), { freeze: true });
  for (let i = 0; i < 8; i++) {
    factor = i < 4 ? 2 : 3;
    expect([(await run.async(one)).item(), frozen(one).item()]).toEqual([factor, factor]);
  }
  expect([run.replays, frozen.replays]).toEqual([4, 4]);
});
