// What is made of arguments behind the first ones: `out`, options beside it, and functions bound by hand.
import table from './arguments.json';
import torch, { nn, TorchError, type Tensor } from '../lib';

interface Row {
  typescript: string;
  error?: string;
  message?: string;
  dtype?: string;
  layout?: string;
  shape?: number[];
  requiresGrad?: boolean;
  values?: number[];
}

// As the program beside this makes them.
function scope(): Record<string, unknown> {
  const linear = new nn.Linear(3, 1);
  torch.noGrad(() => linear.weight.fill_(0.5));
  torch.manualSeed(1);
  return {
    torch,
    x: torch.tensor([
      [0.5, -1.25, 2],
      [3.5, 0.25, -0.75],
    ]),
    y: torch.tensor([
      [1, 2, 0.5],
      [0.25, 1.5, 3],
    ]),
    o: torch.zeros(2, 3),
    r: torch.tensor([0.25, 1, 2]),
    s: torch.tensor(0),
    i: torch.tensor([3n, 1n, 1n]),
    c: torch.tensor([0n, 1n, 2n]),
    j: torch.tensor([0n, 1n]),
    k: torch.tensor([
      [0n, 1n],
      [1n, 0n],
    ]),
    m: linear,
    p: nn.utils.rnn.packSequence([torch.ones(2), torch.ones(1)]),
  };
}

function described(source: string): Partial<Row> {
  const names = scope();
  const call = new Function(...Object.keys(names), `return ${source};`) as (...args: unknown[]) => Tensor;
  try {
    const result = call(...Object.values(names));
    return {
      dtype: String(result.dtype),
      layout: String(result.layout),
      shape: [...result.shape],
      requiresGrad: result.requiresGrad,
      values: Array.from(result.detach().toDense().double().toTypedArray() as Float64Array),
    };
  } catch (error) {
    if (!(error instanceof TorchError)) return { error: (error as Error).name };
    const message = error.message.split('\n')[0];
    return { error: error.kind, ...(error.kind === 'RuntimeError' && { message }) };
  }
}

test.each((table.rows as Row[]).map((row) => [row.typescript, row] as const))('%s', (source, row) => {
  const { error, message, dtype, layout, shape, requiresGrad, values } = row;
  const expected = error ? { error, message } : { dtype, layout, shape, requiresGrad, values };
  expect(described(source)).toEqual(expected);
});
