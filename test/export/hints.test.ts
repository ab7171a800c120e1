// Dim.AUTO and the like with bounds, against hints.json: the ranges that Python's export gives.
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './hints.json';

const { Dim } = torch.export;
type Kind = 'AUTO' | 'DYNAMIC' | 'STATIC';
const bodies: Record<string, (x: Tensor) => Tensor> = {
  free: (x) => x.relu(),
  'at most 8': (x) => (x.shape[0] <= 8 ? x.relu() : x.tanh()),
  'at least 3': (x) => (x.shape[0] >= 3 ? x.relu() : x.tanh()),
  square: (x) => x.matmul(x),
  fixed: (x) => x.view([4, 4]),
};
class Of extends nn.Module {
  constructor(private readonly body: (x: Tensor) => Tensor) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return this.body(x);
  }
}
const exported = (body: string, hints: torch.export.DimHint[], x = torch.ones([4, 4])) =>
  torch.export.export(new Of(bodies[body]), [x], { dynamicShapes: [Object.fromEntries(hints.entries())] });
const cases = fixture.cases.map((one) => [`${one.body}: ${one.printed.join(', ')}`, one] as const);

test.each(cases)('%s', (_, { body, asked, printed, ranges, error }) => {
  const hints = asked.map(([kind, min, max]) =>
    Dim[kind as Kind]({ min: min as number | null, max: max as number | null }),
  );
  expect(hints.map(String)).toEqual(printed);
  if (error !== undefined) {
    expect(classAndMessage(() => exported(body, hints))).toBe(`ValueError: ${error.trim()}`);
    return;
  }
  const program = exported(body, hints);
  expect([...program.rangeConstraints.values()].map(({ lower, upper }) => [lower, upper])).toEqual(ranges);
  const module = torch.export.load(torch.export.save(program)).module();
  const run = (size: number) =>
    classAndMessage(() => module(torch.ones([size, asked.length > 1 || body === 'square' ? size : 4])));
  for (const [lower, upper] of ranges!.length === 1 ? ranges! : []) {
    expect(run(lower!)).toBe('nothing');
    if (lower! > 2) expect(run(lower! - 1)).toMatch(/Guard failed/);
    if (upper === null || upper > 1000) continue;
    expect(run(upper)).toBe('nothing');
    expect(run(upper + 1)).toMatch(/Guard failed/);
  }
});

test.each(fixture.errors)('refuses min=%s, max=%s', (min, max, message) => {
  const bounds = { min: min as number | null, max: max as number | null };
  expect(classAndMessage(() => Dim.AUTO(bounds))).toBe(`AssertionError: ${message as string}`);
});

test('hints are made by Dim.AUTO and the like, of whole numbers', () => {
  expect([Dim.AUTO, Dim.AUTO(), Dim.DYNAMIC({ min: 0 })].map(String)).toEqual([
    'DimHint(AUTO)',
    'DimHint(AUTO)',
    'DimHint(DYNAMIC, min=0)',
  ]);
  expect(classAndMessage(() => Dim.AUTO({ min: 1.5 }))).toMatch(/^TypeError/);
  expect(classAndMessage(() => Dim.AUTO({ least: 1 } as never))).toMatch(/^TypeError/);
  // Python makes a program that refuses its own example.
  expect(classAndMessage(() => exported('free', [Dim.AUTO({ min: 5, max: 10 })]))).toMatch(
    /^ValueError: Found the following conflicts/,
  );
  const one = exported('free', [Dim.AUTO({ min: 1, max: 4 })], torch.ones([1, 4]));
  expect(one.rangeConstraints.size).toBe(0);
});
