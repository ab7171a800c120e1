// program.module({ freeze: true }) of the programs of programs.test.ts, beside the outputs that Python gave.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import torch, { type Tensor, TorchError } from 'nodetorch';

torch.setNumThreads(1);
const folder = join(__dirname, 'programs');
const names = readdirSync(folder).map((name) => name.replace(/\.pt2$/, ''));
const open = (name: string) => torch.export.load(join(folder, `${name}.pt2`));

interface Expected {
  args: unknown[];
  kwargs: Record<string, unknown>;
  out: unknown[];
  bad: unknown[][];
}
const results = torch.load<Record<string, Expected>>(join(__dirname, 'programs.pt'), { objects: true });

const TRAINING = /^a program (in training mode|that changes its state) cannot be frozen/;
// Exported in training mode, or with a buffer that counts calls.
const refused = new Set([
  'before_2_8_cnn',
  'before_2_8_trees',
  'cnn',
  'cnn_decomposed',
  'dropout',
  'of_2_8_cnn',
  'of_2_8_trees',
  'pickled_cnn',
  'pickled_trees',
  'trees',
  'trees_decomposed',
  'vmap_others',
]);

function leavesOf(tree: unknown): unknown[] {
  if (Array.isArray(tree)) return [...(tree as unknown[])].flatMap(leavesOf);
  if (tree instanceof torch.Tensor || typeof tree !== 'object' || tree === null) return [tree];
  return Object.values(tree).flatMap(leavesOf);
}
const callArgs = ({ args, kwargs }: Expected): unknown[] =>
  (Object.keys(kwargs).length > 0 ? [...args, kwargs] : args).map(copied);
const copied = (tree: unknown): unknown => {
  if (tree instanceof torch.Tensor) return tree.detach().clone();
  if (Array.isArray(tree)) return tree.map(copied);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, copied(value)]));
};

// Sums of at most some hundred float32 products of numbers about 1.
function expectNear(found: unknown, expected: unknown): void {
  if (!(expected instanceof torch.Tensor)) return expect(found).toEqual(expected);
  const tensor = found as Tensor;
  expect([String(tensor.dtype), tensor.shape]).toEqual([String(expected.dtype), expected.shape]);
  expect(torch.allclose(tensor.detach(), expected.detach(), 1e-4, 1e-5, { equalNan: true })).toBe(true);
}

test.each(names)('%s', (name) => {
  const expected = results[name];
  const program = open(name);
  if (refused.has(name)) return expect(() => program.module({ freeze: true })).toThrow(TRAINING);
  const module = program.module({ freeze: true });
  for (let call = 0; call < 2; call++) {
    torch.manualSeed(0);
    const leaves = leavesOf(torch.noGrad(() => module(...callArgs(expected))));
    expect(leaves.length).toBe(expected.out.length);
    leaves.forEach((leaf, i) => expectNear(leaf, expected.out[i]));
  }
  expect([...module.parameters(), ...module.buffers(), ...module.stateDict().keys()]).toEqual([]);
});

test.each(names.filter((name) => !refused.has(name)))('%s has the guards of the program', (name) => {
  const refusal = (module: (...args: unknown[]) => unknown, args: unknown[]): string | null => {
    try {
      torch.noGrad(() => module(...args));
      return null;
    } catch (error) {
      return (error as Error).message.split('\n  node ')[0];
    }
  };
  const [plain, frozen] = [open(name).module(), open(name).module({ freeze: true })];
  for (const args of results[name].bad) expect(refusal(frozen, args)).toBe(refusal(plain, args));
});

test('weights that change afterwards are not seen', () => {
  const program = open('mlp');
  const frozen = program.module({ freeze: true });
  const x = torch.randn([4, 8]);
  const before = torch.noGrad(() => frozen(x) as Tensor);
  torch.noGrad(() => [...program.stateDict.values()].forEach((one) => one.fill_(1)));
  expect(
    torch.equal(
      torch.noGrad(() => frozen(x) as Tensor),
      before,
    ),
  ).toBe(true);
});

test('two results are two tensors: who changes one does not change the next', () => {
  const frozen = open('mlp').module({ freeze: true });
  const x = torch.randn([4, 8]);
  const [first, second] = torch.noGrad(() => [frozen(x) as Tensor, frozen(x) as Tensor]);
  first.zero_();
  expect(second.abs().sum().item()).toBeGreaterThan(0);
});

test('an argument that wants gradients is refused, without gradients it is not', () => {
  const frozen = open('mlp').module({ freeze: true });
  const x = torch.randn([4, 8]).requiresGrad_();
  const message = 'a frozen module computes no gradients: call it in torch.noGrad, or detach its arguments';
  expect(() => frozen(x)).toThrow(new TorchError(message));
  expect((torch.noGrad(() => frozen(x)) as Tensor).requiresGrad).toBe(false);
  expect((frozen(x.detach()) as Tensor).requiresGrad).toBe(false);
});

test('awaited, it gives what a call gives', async () => {
  const frozen = open('vit').module({ freeze: true });
  const args = callArgs(results.vit);
  const expected = frozen(...args) as Tensor;
  const found = (await Promise.all([frozen.callAsync(...args), frozen.callAsync(...args)])) as Tensor[];
  for (const one of found) expect(torch.equal(one, expected)).toBe(true);
});
