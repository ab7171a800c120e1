// TypeScript's half of the parity check of TorchScript: saves modules that Python then loads and runs (jit.py).
//
//     tsx test/parity/jit.ts DIR
//
// Run by test/parity/run.js. Leaves archives and cases.pt in DIR: what each module gave here.
import fs from 'node:fs';
import path from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';

torch.setNumThreads(1);
process.removeAllListeners('warning');
const folder = process.argv[2];
const programs = path.join(__dirname, '../jit/programs');
const calls = torch.load<Record<string, { calls: { args: unknown[] }[] }>>(
  path.join(__dirname, '../jit/programs.pt'),
  {
    objects: true,
  },
);
const cases: Record<string, { file: string; args: unknown[]; out: unknown }[]> = {};

const copied = (tree: unknown): unknown => {
  if (tree instanceof torch.Tensor) return tree.detach().clone();
  if (Array.isArray(tree)) return [...(tree as unknown[])].map(copied);
  return tree instanceof Map ? new Map([...tree].map(([key, value]) => [key, copied(value)])) : tree;
};

function keep(name: string, model: torch.jit.ScriptModule, all: unknown[][]): void {
  const file = `${name}.pt`;
  model.save(path.join(folder, file), { extraFiles: { 'note.txt': name } });
  cases[name] = all.map((args) => {
    const given = copied(args) as unknown[];
    return { file, args: given, out: copied(torch.noGrad(() => model(...args))) };
  });
}

for (const name of fs.readdirSync(programs).map((file) => file.replace(/\.pt$/, ''))) {
  const read = () => torch.jit.load(path.join(programs, `${name}.pt`)).eval();
  const all = calls[name].calls.map(({ args }) => args);
  keep(name, read(), all);
  if (name !== 'control') keep(`${name}_frozen`, torch.jit.freeze(read(), { optimizeNumerics: false }), all);
}
const trained = torch.jit.load(path.join(programs, 'mlp.pt'));
const x = torch.ones([2, 4]);
for (const p of trained.parameters()) p.grad = null;
(trained(x) as Tensor).sum().backward();
torch.noGrad(() => [...trained.parameters()].forEach((p) => p.sub_(p.grad!)));
(trained as unknown as { scale: number }).scale = 0.25;
keep('trained', trained.eval(), [[x], [x, 2]]);

const made = new torch.jit.ScriptModule();
made.registerParameter('w', new nn.Parameter(torch.randn([4])));
made.registerBuffer('b', torch.randn([4]));
made.define('def forward(self, x: Tensor, n: int = 2):\n  return torch.relu(x * self.w) * n + self.b\n');
keep('source', made, [[x], [x, 3]]);
torch.save(cases, path.join(folder, 'cases.pt'));
