// What SyncBatchNorm is given, and what comes of it: by a rank, or by one process with all rows.
import torch, { nn, type Tensor } from 'nodetorch';

interface Row {
  options: object;
  shape: number[];
}
export const rows: Record<string, Row> = {
  plain: { options: {}, shape: [] },
  images: { options: { momentum: 0.3, eps: 1e-3 }, shape: [2, 3] },
  'without a scale, with an average of all batches': {
    options: { affine: false, momentum: null },
    shape: [5],
  },
  'without running statistics': { options: { trackRunningStats: false, bias: false }, shape: [] },
};
/** Rows of each rank, in two steps. */
export const PARTS = [
  [3, 1, 0],
  [1, 2, 4],
];

export type Results = Record<string, number[]>;
type Whole = (module: nn.Module<[Tensor], Tensor>) => nn.Module<[Tensor], Tensor>;

/** Two steps of training and an evaluation of the rows from `begin` to `end` of each batch. */
export function train(
  name: string,
  norm: Whole,
  wrap: Whole,
  part: (sizes: number[]) => [number, number],
): Results {
  torch.manualSeed(3);
  const { options, shape } = rows[name];
  const given = { dtype: torch.float64 };
  const kinds = [nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d];
  const inner = norm(new kinds[shape.length](4, { ...options, ...given }) as never);
  const model = wrap(new nn.Sequential(inner, new nn.Tanh()) as never);
  const results: Results = {};
  for (const [step, sizes] of PARTS.entries()) {
    const all = torch.randn([sizes.reduce((sum, size) => sum + size), 4, ...shape], given);
    const factors = torch.randn(all.shape, given);
    const [begin, count] = part(sizes);
    const x = all.narrow(0, begin, count).requiresGrad_(true);
    const y = model(x);
    y.mul(factors.narrow(0, begin, count))
      .sum()
      .backward();
    results[`outputs ${step}`] = y.flatten().tolist() as number[];
    results[`gradients of inputs ${step}`] = x.grad!.flatten().tolist() as number[];
  }
  for (const [key, parameter] of inner.namedParameters())
    results[`gradient of ${key}`] = parameter.grad!.tolist() as number[];
  for (const [key, buffer] of inner.namedBuffers()) results[key] = [buffer.tolist()].flat() as number[];
  model.eval();
  results.evaluation = model(torch.ones([2, 4, ...shape], given))
    .flatten()
    .tolist() as number[];
  return results;
}
