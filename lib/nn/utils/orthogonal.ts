import * as kinds from '../module/kinds';
import * as aten from '../../tensor/aten';
import { noGrad } from '../../autograd';
import { TorchError, valueError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { sizeText } from '../../core/size_text';
import { keep } from '../../tensor/memory';
import type { Tensor } from '../../tensor';
import { finfo } from '../../core/typeinfo';
import { Module } from '../module/module';
import { registerParametrization } from './parametrize';
import { weightOf } from './weight_of';

/** How a matrix is made orthogonal. */
export type OrthogonalMap = 'matrix_exp' | 'cayley' | 'householder';
const maps: readonly OrthogonalMap[] = ['matrix_exp', 'cayley', 'householder'];

/** Options of `nn.utils.parametrizations.orthogonal`. */
export interface OrthogonalOptions {
  /** The parameter. Default: `'weight'`. */
  name?: string;
  /** Default: `'matrix_exp'` for square and for complex matrices, else `'householder'`. */
  orthogonalMap?: OrthogonalMap | null;
  /** Whether to turn a fixed matrix, so that any value can be assigned. Default: `true`. */
  useTrivialization?: boolean;
}
const ORTHOGONAL: Required<OrthogonalOptions> = {
  name: 'weight',
  orthogonalMap: null,
  useTrivialization: true,
};
const ORTHOGONAL_CALL = signature('orthogonal', [kinds.module('module')], ORTHOGONAL, [
  'name',
  'orthogonalMap',
]);

const diagonal = (matrix: Tensor): Tensor => aten.diagonal(matrix, 0, -2, -1);
const identity = (n: number, { dtype, device }: Tensor): Tensor => aten.eye(n, { dtype, device });

function isOrthogonal(matrix: Tensor): boolean {
  const [n, k] = [matrix.size(-2), matrix.size(-1)];
  const atol = 10 * n * finfo(matrix.dtype).eps;
  return aten.allclose(aten.matmul(matrix.mH, matrix), identity(k, matrix), { atol });
}

function makeOrthogonal(matrix: Tensor): Tensor {
  const [x, tau] = aten.geqrf(matrix);
  const q = aten.linalgHouseholderProduct(x, tau);
  return aten.mul_(q, aten.unsqueeze(aten.sgn(diagonal(x)), -2));
}

// A skew-symmetric matrix (n, n) of the lower triangle of x (n, k).
function skew(x: Tensor): Tensor {
  const [n, k] = [x.size(-2), x.size(-1)];
  let lower = aten.tril(x);
  if (n !== k) {
    const zeros = aten.expand(aten.newZeros(x, [n, n - k]), [...x.shape.slice(0, -2), -1, -1]);
    lower = aten.cat([lower, zeros], -1);
  }
  return aten.sub(lower, lower.mH);
}

function cayley(a: Tensor): Tensor {
  const id = identity(a.size(-1), a);
  return aten.linalgSolve(aten.add(id, a, { alpha: -0.5 }), aten.add(id, a, { alpha: 0.5 }));
}

function householder(x: Tensor): Tensor {
  const a = aten.tril(x, -1);
  const squares = aten.sum(aten.mul(a, a), -2);
  const tau = aten.mul(aten.reciprocal(aten.add(squares, 1)), 2);
  const q = aten.linalgHouseholderProduct(a, tau);
  return aten.mul(q, aten.unsqueeze(diagonal(x).int(), -2));
}

class _Orthogonal extends Module<[x: Tensor], Tensor> {
  readonly shape: readonly number[];
  declare readonly base?: Tensor | null; // (..., max(n, k), max(n, k))

  constructor(
    weight: Tensor,
    readonly orthogonalMap: OrthogonalMap,
    useTrivialization: boolean,
  ) {
    super();
    if (weight.isComplex() && orthogonalMap === 'householder')
      throw valueError('The householder parametrization does not support complex tensors.');
    this.shape = weight.shape;
    if (useTrivialization) this.registerBuffer('base', null);
  }

  override forward(given: Tensor): Tensor {
    const wide = given.size(-2) < given.size(-1);
    const x = wide ? given.mT : given; // (..., n, k), n >= k
    let q = this._map(x);
    if (this.base !== undefined) q = aten.matmul(this.base!, q);
    return wide ? q.mT : q;
  }

  private _map(x: Tensor): Tensor {
    if (this.orthogonalMap === 'householder') return householder(x);
    const a = skew(x);
    const q = this.orthogonalMap === 'matrix_exp' ? aten.matrixExp(a) : cayley(a);
    const [n, k] = [x.size(-2), x.size(-1)];
    return n === k ? q : aten.slice(q, -1, 0, k);
  }

  rightInverse(value: Tensor): Tensor {
    if (sizeText(value.shape) !== sizeText(this.shape)) {
      throw valueError(
        `Expected a matrix or batch of matrices of shape ${sizeText(this.shape)}. Got a tensor of shape ` +
          `${sizeText(value.shape)}.`,
      );
    }
    return noGrad(() => {
      const wide = value.size(-2) < value.size(-1);
      const q = wide ? value.mT : value;
      if (this.base !== undefined) return this._rebase(q, value);
      const a = this._reflections(q);
      return wide ? a.mT : a;
    });
  }

  // Moves the fixed matrix, from which the original says how far to turn: not at all.
  private _rebase(q: Tensor, value: Tensor): Tensor {
    const [n, k] = [q.size(-2), q.size(-1)];
    let base: Tensor;
    if (n !== k) {
      const { dtype, device } = q;
      const more = aten.randn([...q.shape.slice(0, -2), n, n - k], { dtype, device });
      base = makeOrthogonal(aten.cat([q, more], -1));
    } else {
      base = isOrthogonal(q) ? aten.clone(q) : makeOrthogonal(q);
    }
    (this as { base: Tensor }).base = keep(base);
    const none = aten.zerosLike(value);
    aten.fill_(diagonal(none), -1);
    return none;
  }

  private _reflections(q: Tensor): Tensor {
    if (this.orthogonalMap !== 'householder') {
      throw new TorchError(
        'It is not possible to assign to the matrix exponential or the Cayley parametrizations when ' +
          'use_trivialization=False.',
        'NotImplementedError',
      );
    }
    const [a, tau] = aten.geqrf(q);
    const signs = diagonal(a);
    aten.sign_(signs);
    const still = aten.eq(tau, 0);
    signs.setAt([still], aten.mul(signs.at(still), -1));
    return a;
  }
}

/**
 * Keeps a matrix, or each of a batch, orthogonal (unitary where complex), or with orthonormal columns
 * or rows where it is not square.
 *
 * @throws ValueError for a tensor of less than two dimensions and for an unknown map.
 *
 * @example
 * const m = nn.utils.parametrizations.orthogonal(new nn.Linear(20, 40));
 */
export function orthogonal<M extends Module>(
  ...args: Call<typeof ORTHOGONAL_CALL, [module: M], [name: string, orthogonalMap: OrthogonalMap | null]>
): M {
  const [module, given] = ORTHOGONAL_CALL.bind(args);
  const weight = weightOf(module, given.name);
  if (weight.dim() < 2)
    throw valueError(`Expected a matrix or batch of matrices. Got a tensor of ${weight.dim()} dimensions.`);
  const plain = weight.size(-2) === weight.size(-1) || weight.isComplex();
  const map = given.orthogonalMap ?? (plain ? 'matrix_exp' : 'householder');
  if (!maps.includes(map)) {
    const known = maps.map((each) => `"${each}"`).join(', ');
    throw valueError(`orthogonal_map has to be one of ${known}. Got: ${String(map)}`);
  }
  const parametrization = new _Orthogonal(weight, map, given.useTrivialization);
  return registerParametrization(module, given.name, parametrization, { unsafe: true }) as M;
}
