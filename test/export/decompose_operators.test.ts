// runDecompositions of programs of one operator, against decompose_operators.json: the operators that Python's leaves, and
// what these compute, in bits.
import torch, { type Tensor, nn } from 'nodetorch';
import { overloadOf } from '../../lib/library/operators';
import { camelCase } from '../../lib/core/names';
import fixture from './decompose_operators.json';

torch.setNumThreads(1);
interface Written {
  tensor: string;
  dtype: string;
  shape: number[];
  stride: number[];
}
interface Case {
  operator: string;
  args: unknown[];
  kwargs: Record<string, unknown>;
  operators: string[];
  runs: { given: Written[]; results: Written[] }[];
}
const cases = fixture as unknown as Case[];

const dtypeOf = (name: string): torch.DType => (torch as unknown as Record<string, torch.DType>)[name];
const isTensor = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && 'tensor' in value;

function tensorOf({ tensor, dtype, shape, stride }: Written): Tensor {
  const bytes = Uint8Array.from(Buffer.from(tensor, 'hex'));
  const flat = torch.tensor(bytes, { dtype: torch.uint8 }).view(dtypeOf(dtype));
  return torch.emptyStrided(shape, stride, { dtype: dtypeOf(dtype) }).copy_(flat.view(shape));
}

function textOf(x: Tensor): Written {
  // The sign of nan means nothing.
  const plain = x.isFloatingPoint() ? torch.where(x.isnan(), torch.fullLike(x, NaN), x) : x;
  const bytes = plain.contiguous().reshape([-1]).view(torch.uint8).tolist() as number[];
  return {
    tensor: Buffer.from(bytes).toString('hex'),
    dtype: x.dtype.name,
    shape: [...x.shape],
    stride: x.stride() as unknown as number[],
  };
}

/** What is no tensor is part of the program; a tensor is an argument. */
class Calls extends nn.Module {
  constructor(private readonly _case: Case) {
    super();
  }
  override forward(...tensors: Tensor[]): unknown {
    const filled = (arg: unknown): unknown => {
      if (Array.isArray(arg)) return arg.map(filled);
      return isTensor(arg) ? tensors.shift() : valueOf(arg);
    };
    const { operator, args, kwargs } = this._case;
    const [name, overload = ''] = operator.split('.');
    const keywords = Object.fromEntries(
      Object.entries(kwargs).map(([key, value]) => [camelCase(key), valueOf(value)]),
    );
    const { call } = overloadOf(`aten::${name}`, overload);
    return (call as (...all: unknown[]) => unknown)(...args.map(filled), keywords);
  }
}

function valueOf(arg: unknown): unknown {
  if (arg === null || typeof arg !== 'object') return arg;
  if ('dtype' in arg) return dtypeOf(arg.dtype as string);
  return 'device' in arg ? arg.device : arg;
}

// The first dimension is open where it differs between runs.
function shapesOf({ runs }: Case): torch.export.DynamicShapes | null {
  if (runs.length === 1) return null;
  const batch = torch.export.Dim('batch', { min: 2, max: 64 });
  const [one, other] = runs.map((run) => run.given);
  return one.map((tensor, i) => (tensor.shape[0] === other[i].shape[0] ? null : { 0: batch }));
}

test.each(cases.map((one, i) => ({ name: `${i} ${one.operator}`, one })))('$name', ({ one }) => {
  const program = torch.export.export(new Calls(one), one.runs[0].given.map(tensorOf), {
    dynamicShapes: shapesOf(one),
  });
  const made = program.runDecompositions();
  const targets = made.graph.nodes.map(({ target }) => target);
  const names = targets
    .filter((one) => one.startsWith('torch.ops.aten.'))
    .map((one) => one.slice('torch.ops.'.length));
  const call = torch.export.load(torch.export.save(made)).module() as unknown as (
    ...all: Tensor[]
  ) => unknown;
  for (const { given, results } of one.runs) {
    torch.manualSeed(0);
    const found = [torch.noGrad(() => call(...given.map(tensorOf)))].flat() as Tensor[];
    expect(found.map(textOf)).toEqual(results);
  }
  expect([...new Set(names)].sort()).toEqual(one.operators);
});
