// Matrices with a structure.
import { valueError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { number } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { Tensor } from '../../tensor';
import * as kinds from '../../tensor/kinds';
import type { Generator } from '../../tensor/random';
import type { GeneratorOptions } from './fill';
import { GAIN } from './scaled';

function checkDimensions(tensor: Tensor, allowed: readonly number[], message: string): void {
  if (!allowed.includes(tensor.dim()))
    throw valueError(`Only tensors with ${message} dimensions are supported`);
}

const EYE = signature('eye_', [kinds.tensor('tensor')], {});

/** The identity: as a linear layer's weight it keeps as many inputs as possible. Shape: `(n, m)`. */
export function eye_<T extends Tensor>(...args: Call<typeof EYE, [tensor: T]>): T {
  const [tensor] = EYE.bind(args);
  checkDimensions(tensor, [2], '2');
  const [rows, columns] = tensor.shape;
  noGrad(() => void aten.eye(rows, columns, { out: tensor }));
  return tensor as T;
}

/** Options of `nn.init.dirac_`. */
export interface DiracOptions {
  /** Groups of the convolution. Default: 1. */
  groups?: number;
}
const DIRAC = signature('dirac_', [kinds.tensor('tensor')], { groups: 1 } as Required<DiracOptions>);

/**
 * The Dirac delta: as a convolution's weight it keeps as many channels as possible.
 * Shape: `(out, in, ...kernel)`, with 3 to 5 dimensions.
 */
export function dirac_<T extends Tensor>(...args: Call<typeof DIRAC, [tensor: T], [groups: number]>): T {
  const [tensor, { groups }] = DIRAC.bind(args);
  checkDimensions(tensor, [3, 4, 5], '3, 4, or 5');
  const [out, inside, ...kernel] = tensor.shape;
  if (out % groups !== 0) throw valueError('dim 0 must be divisible by groups');
  if (tensor.device.type === 'meta') return tensor as T;
  const perGroup = out / groups;
  const centre = kernel.map((size) => Math.floor(size / 2));
  noGrad(() => {
    aten.zero_(tensor);
    for (let group = 0; group < groups; group++) {
      for (let d = 0; d < Math.min(perGroup, inside); d++) {
        const element = [group * perGroup + d, d, ...centre];
        aten.fill_(
          element.reduce<Tensor>((view, index) => aten.select(view, 0, index), tensor),
          1,
        );
      }
    }
  });
  return tensor as T;
}

const ORTHOGONAL = signature('orthogonal_', [kinds.tensor('tensor')], GAIN);

/** A (semi) orthogonal matrix times `gain` (Saxe et al., 2013); dimensions after the first count as one. */
export function orthogonal_<T extends Tensor>(
  ...args: Call<typeof ORTHOGONAL, [tensor: T], [gain: number, generator: Generator | null]>
): T {
  const [tensor, given] = ORTHOGONAL.bind(args);
  if (tensor.dim() < 2) throw valueError('Only tensors with 2 or more dimensions are supported');
  if (tensor.numel() === 0 || tensor.device.type === 'meta') return tensor as T;
  const rows = tensor.shape[0];
  const columns = tensor.numel() / rows;
  noGrad(() => {
    const { dtype, device } = tensor;
    let flat: Tensor = aten.empty([rows, columns], { dtype, device });
    aten.normal_(flat, 0, 1, { generator: given.generator });
    if (rows < columns) flat = aten.t(flat);
    const [q, r] = aten.linalgQr(flat);
    // The signs make Q uniform (Mezzadri, 2007).
    aten.mul_(q, aten.sign(aten.diag(r, 0)));
    aten.copy_(aten.view(tensor, [rows, columns]), rows < columns ? aten.t(q) : q);
    aten.mul_(tensor, given.gain);
  });
  return tensor as T;
}

/** Options of `nn.init.sparse_`. */
export interface SparseOptions extends GeneratorOptions {
  /** Standard deviation of the others. Default: 0.01. */
  std?: number;
}
const SPARSE = signature('sparse_', [kinds.tensor('tensor'), number('sparsity')], {
  std: 0.01,
  generator: null,
} as Required<SparseOptions>);

/** Normal, with a share `sparsity` of each column zero (Martens, 2010). Shape: `(n, m)`. */
export function sparse_<T extends Tensor>(
  ...args: Call<typeof SPARSE, [tensor: T, sparsity: number], [std: number, generator: Generator | null]>
): T {
  const [tensor, sparsity, given] = SPARSE.bind(args);
  checkDimensions(tensor, [2], '2');
  if (tensor.device.type === 'meta') return tensor as T;
  const [rows, columns] = tensor.shape;
  const zeros = Math.ceil(sparsity * rows);
  noGrad(() => {
    aten.normal_(tensor, 0, given.std, { generator: given.generator });
    for (let column = 0; column < columns; column++) {
      const chosen = aten.narrow(aten.randperm(rows), 0, 0, Math.min(zeros, rows)).to(tensor.device);
      aten.indexFill_(aten.select(tensor, 1, column), 0, chosen, 0);
    }
  });
  return tensor as T;
}
