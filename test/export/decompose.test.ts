// runDecompositions, against decompose.json: the operators that Python's leaves, and what it computes.
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './decompose.json';

torch.setNumThreads(1);
class Writes extends nn.Module {
  declare readonly seen: Tensor;
  constructor() {
    super();
    this.registerBuffer('seen', torch.zeros([4]));
  }
  override forward(x: Tensor): Tensor {
    const y = x.clone();
    y.select(1, 0).mul_(2);
    y.transpose(0, 1).narrow(0, 1, 2).add_(1);
    this.seen.add_(y.sum(0));
    return y.relu_().add(this.seen);
  }
}
const activations = () =>
  new nn.Sequential(
    ...[new nn.SiLU(), new nn.Mish(), new nn.Hardswish(), new nn.Hardsigmoid(), new nn.Softplus()],
    ...[new nn.LogSigmoid(), new nn.CELU(), new nn.Softshrink(), new nn.PReLU()],
    ...[new nn.ELU(), new nn.LeakyReLU(), new nn.ReLU6(), new nn.GLU(), new nn.Threshold(-0.5, 0.25)],
  );
const cnn = () =>
  new nn.Sequential(
    ...[new nn.Conv2d(3, 4, 3, { padding: 1 }), new nn.BatchNorm2d(4), new nn.ReLU({ inplace: true })],
    ...[new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(64, 5), new nn.Softmax(1)],
  );
const mlp = () =>
  new nn.Sequential(
    ...[new nn.Linear(4, 8), new nn.GELU(), new nn.LayerNorm(8), new nn.Linear(8, 4), new nn.LogSoftmax(1)],
  );
const encoder = () =>
  new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0, batchFirst: true });

const x = torch.linspace(-2, 2, 32).view([8, 4]);
const image = torch.linspace(-1, 1, 384).view([2, 3, 8, 8]);
const rows = torch.linspace(-1, 1, 96).view([2, 6, 8]);
const batch = [{ 0: torch.export.Dim('batch', { min: 2, max: 64 }) }];
type Row = [make: () => nn.Module, given: Tensor, isTraining?: boolean, shapes?: torch.export.DynamicShapes];
const models: Record<string, Row> = {
  mlp: [mlp, x],
  'mlp of any batch': [mlp, x, false, batch],
  cnn: [cnn, image],
  'cnn in training': [cnn, image, true],
  activations: [activations, x],
  encoder: [encoder, rows, true],
  writes: [() => new Writes(), x],
};
interface Expected {
  operators: string[];
  outputs: string[];
  output: unknown;
}
const expected = fixture as unknown as Record<string, Record<'inference' | 'core', Expected>>;
const run = (module: nn.Module, given: Tensor): Tensor =>
  torch.noGrad(() => (module as unknown as (given: Tensor) => Tensor)(given));

const kinds = [
  ['inference', {}],
  ['core', null],
] as const;
const cases = Object.entries(models).flatMap(([name, row]) =>
  kinds.map(([kind, table]) => ({ name, kind, table, row })),
);

test.each(cases)('$name, $kind', ({ name, kind, table, row }) => {
  const [make, given, isTraining = false, dynamicShapes = null] = row;
  torch.manualSeed(0);
  const module = make().train(isTraining);
  const program = torch.export.export(module, [given], { dynamicShapes });
  const state = [...module.stateDict()].map(([, value]) => (value as Tensor).tolist());
  const made = program.runDecompositions(table);
  expect([...module.stateDict()].map(([, value]) => (value as Tensor).tolist())).toEqual(state);
  const { operators, outputs, output } = expected[name][kind];
  const found = made.graph.nodes.map(({ target }) => target.slice('torch.ops.'.length));
  expect([...new Set(found)].sort()).toEqual([...new Set(operators)].sort());
  expect(made.graphSignature.outputSpecs.map((spec) => spec.kind)).toEqual(outputs);
  const read = torch.export.load(torch.export.save(made));
  expect(run(read.module(), given).tolist()).toEqual(output);
});

test('a table of one', () => {
  const program = torch.export.export(new nn.Sequential(new nn.Linear(4, 4), new nn.SiLU()), [x]);
  const made = program.runDecompositions({ 'aten::silu': (y: Tensor) => y.mul(y.sigmoid()) });
  const names = made.graph.nodes.map(({ target }) => target.split('.')[3]);
  expect(names).toEqual(['linear', 'sigmoid', 'mul']);
  expect(made.graph.nodes.map(({ metadata }) => metadata.get('nn_module_stack')!.split(',').at(-1))).toEqual([
    'torch.nn.modules.linear.Linear',
    'torch.nn.modules.activation.SiLU',
    'torch.nn.modules.activation.SiLU',
  ]);
  expect(made.stateDict.get('0.weight')).toBe(program.stateDict.get('0.weight'));
});

test('refuses what it has no decomposition for', () => {
  const lstm = torch.export.export(new nn.LSTM(4, 3), [x]);
  expect(classAndMessage(() => lstm.runDecompositions())).toMatch(/Python decomposes aten\.lstm\.input/);
  const kept = lstm.runDecompositions({}).graph.nodes.map(({ target }) => target);
  expect(kept).toContain('torch.ops.aten.lstm.input');
  expect(classAndMessage(() => lstm.runDecompositions({ 'aten::nothing': () => x }))).toMatch(
    /'aten::nothing' is no operator/,
  );
  expect(classAndMessage(() => lstm.runDecompositions(3 as never))).toMatch(/^TypeError/);
});
