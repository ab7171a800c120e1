// TypeScript's half of the parity check of programs that are exported here: writes those that Python loads (written.py).
//
//     tsx test/parity/written.ts DIR
//
// Run by test/parity/run.js. Leaves programs as N.pt2 and cases.pt in DIR: what each module gave here, and learned.
import path from 'node:path';
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import * as rows from '../nn/cases';
import { controlModels } from '../export/control_models';
import { Kept } from '../export/preserved_model';
import { decodeInputs, differentiable, fixtureOf, gradOf, leavesOf } from '../nn/fixture';

process.removeAllListeners('warning');
const SEED = 2613;
const folder = process.argv[2];

/** A module that is called in a way of its own. */
class Called extends nn.Module {
  readonly module: nn.Module;
  constructor(
    module: nn.Module,
    private readonly way: (module: nn.Module, ...inputs: unknown[]) => unknown,
  ) {
    super();
    this.module = module;
  }
  override forward(...inputs: unknown[]): unknown {
    return this.way(this.module, ...inputs);
  }
}

interface Case {
  name: string;
  inputs: unknown[];
  outputs: unknown[];
  inputGrads: unknown[];
  grads: Map<string, Tensor | null>;
  state: Map<string, Tensor>;
}
const cases: Case[] = [];
const refused: string[] = [];

const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  return value instanceof torch.Tensor ? value.detach().clone() : value;
};
// Of a program's outputs, which may be dicts, too.
const leavesIn = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value.flatMap(leavesIn);
  const isDict = value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isDict ? Object.values(value as object).flatMap(leavesIn) : [value];
};
const plain = (value: unknown): unknown => (value instanceof torch.Tensor ? value.detach().clone() : value);

// A parameter that has several paths is used by its last one, as in Python.
function gradsOf(module: nn.Module): Case['grads'] {
  const paths = [...module.namedParameters({ removeDuplicate: false })];
  const last = new Map(paths.map(([key, param]) => [param, key]));
  return new Map([...last].map(([param, key]) => [key, param.grad]));
}

function write(
  name: string,
  make: () => nn.Module,
  given: () => unknown[],
  example = given,
  dynamicShapes: torch.export.DynamicShapes | null = null,
): void {
  torch.manualSeed(SEED);
  const module = make();
  const program = torch.export.export(module, example(), { dynamicShapes });
  torch.export.save(program, path.join(folder, `${cases.length}.pt2`));
  const inputs = given();
  torch.manualSeed(SEED + 1);
  // The module's gradients are a Function's, and the program's those of its operators.
  const called = / CrossMapLRN2d/.test(name) ? program.module() : module;
  const outputs = leavesOf((called as unknown as (...all: unknown[]) => unknown)(...inputs));
  const losses = differentiable(outputs).map((output) => output.mul(output).mean());
  if (losses.length > 0) torch.autograd.backward(losses);
  cases.push({
    name,
    inputs: given().map(copied),
    outputs: outputs.map(plain),
    inputGrads: leavesOf(inputs).map(gradOf),
    grads: gradsOf(module),
    state: new Map([...module.stateDict()].map(([key, value]) => [key, (value as Tensor).detach().clone()])),
  });
}

for (const [i, { modules }] of rows.families.entries()) {
  const family = rows.names[i];
  const fixtures = fixtureOf(family).modules;
  for (const [name, row] of Object.entries(modules ?? {})) {
    const { inputs } = fixtures[name];
    if (!inputs) continue;
    const make = typeof row === 'function' ? row : () => new Called(row.make(), row.call);
    for (const isTraining of [true, false]) {
      const label = `${family}: ${name}, ${isTraining ? 'training' : 'eval'}`;
      const error = classAndMessage(() =>
        write(
          label,
          () => make().train(isTraining),
          () => decodeInputs(inputs),
        ),
      );
      if (error !== 'nothing') refused.push(`${label}: ${error.split('\n')[0]}`);
    }
  }
}
// Each way that control flow may go.
for (const [name, { make, calls, dynamicShapes }] of Object.entries(controlModels)) {
  const fresh = (args: Tensor[]) => (): Tensor[] =>
    args.map((arg) => arg.detach().clone().requiresGrad_(arg.isFloatingPoint()));
  for (const [i, args] of calls.entries())
    write(`control: ${name}, call ${i}`, make, fresh(args), fresh(calls[0]), dynamicShapes);
}
// Python's cond gives zeros for what only the other branch uses, where nothing is given here.
for (const { grads, state } of cases.filter(({ name }) => name.startsWith('control: ')))
  for (const [key, grad] of grads) grads.set(key, grad ?? torch.zerosLike(state.get(key)!));

// Of which Python's torch.export.unflatten makes modules that are called as here.
{
  torch.manualSeed(SEED);
  const [module, x] = [new Kept().eval(), torch.randn([4, 3])];
  const program = torch.export.export(module, [x], {
    preserveModuleCallSignature: ['sub', 'twice', 'attention'],
  });
  torch.export.save(program, path.join(folder, 'kept.pt2'));
  torch.save({ x, y: module.forward(x) }, path.join(folder, 'kept.pt'));
}
torch.save(cases, path.join(folder, 'cases.pt'));

// Python's programs, trained here for three steps and saved again.
torch.setNumThreads(1); // as Python's half
const fixtures = path.join(__dirname, '..', 'export');
const expected = torch.load<Record<string, { args: unknown[] }>>(path.join(fixtures, 'programs.pt'), {
  objects: true,
});
for (const name of ['mlp_dynamic', 'cnn', 'gru', 'bert_dynamic', 'unet_dynamic', 'vit_dynamic']) {
  const program = torch.export.load(path.join(fixtures, 'programs', `${name}.pt2`));
  const module = program.module();
  const optimizer = new torch.optim.AdamW(module.parameters(), { lr: 0.01 });
  torch.manualSeed(SEED);
  for (let step = 0; step < 3; step++) {
    const { args, kwargs } = expected[name] as { args: unknown[]; kwargs: Record<string, unknown> };
    const outputs = leavesIn(
      (module as unknown as (...all: unknown[]) => unknown)(
        ...args,
        ...(Object.keys(kwargs).length > 0 ? [kwargs] : []),
      ),
    );
    optimizer.zeroGrad();
    torch.autograd.backward(differentiable(outputs).map((output) => output.mul(output).mean()));
    optimizer.step();
  }
  torch.export.save(program, path.join(folder, `${name}.round.pt2`));
}
console.log(`parity: written: ${refused.length} refused`);
if (process.argv[3] === '--refused') console.log(refused.join('\n'));
