// Twenty steps of every optimizer with every option: bit for bit what Python gives.
import torch, { optim, type Tensor } from 'nodetorch';
import fixture from '../fixtures/optim.json';

const bits = (t: Tensor) => Buffer.from(t.detach().toTypedArray().buffer as ArrayBuffer).toString('hex');
const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const camelKeys = (options: object) =>
  Object.fromEntries(Object.entries(options).map(([k, v]) => [camel(k), v]));
const classes: Record<string, typeof optim.SGD | typeof optim.Adam> = optim as never;

function build(row: (typeof fixture.cases)[number], lr = 0.01) {
  torch.manualSeed(fixture.seed);
  const params = fixture.shapes.map((s) => torch.randn(s, { dtype: row.dtype as 'float32' }).requiresGrad_());
  const groups = [{ params: params.slice(0, 2) }, { params: params.slice(2), lr: 0.03 }];
  return { params, optimizer: new classes[row.name](groups, { lr, ...camelKeys(row.options) }) };
}
function train({ params, optimizer }: ReturnType<typeof build>, steps: number) {
  for (let i = 0; i < steps; i++) {
    torch.tidy(() => {
      optimizer.zeroGrad();
      params
        .map((p) => p.sub(0.3).pow(3).sin().sum())
        .reduce((a, b) => a.add(b))
        .backward();
      optimizer.step();
    });
  }
}

describe.each(
  fixture.cases.map((row) => [`${row.name} ${JSON.stringify(row.options)} ${row.dtype}`, row] as const),
)('%s', (_, row) => {
  const same = ({ params, optimizer }: ReturnType<typeof build>) => {
    expect(params.map(bits)).toEqual(row.params);
    const state = Object.entries(optimizer.stateDict().state).map(([i, values]) => [
      i,
      Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v === null ? null : bits(v as Tensor)])),
    ]);
    expect(Object.fromEntries(state)).toEqual(row.state);
  };
  it('equals Python, in parameters, state and repr', () => {
    const run = build(row);
    train(run, fixture.steps);
    same(run);
    expect(String(run.optimizer)).toBe(row.repr);
  });
  it('goes on from a state_dict', () => {
    const first = build(row);
    train(first, 9);
    const second = build(row, 0.5);
    torch.noGrad(() => second.params.forEach((p, i) => p.copy_(first.params[i])));
    second.optimizer.loadStateDict(first.optimizer.stateDict());
    train(second, fixture.steps - 9);
    same(second);
  });
});
