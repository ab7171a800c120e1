// The iteration of torch.lobpcg: Rayleigh-Ritz steps in the span of vectors, directions and residuals.
import { TorchError, valueError } from '../../core/errors';
import type { Tensor } from '..';
import { orthonormal, product } from './low_rank';
import { norm } from './norms';
import { op } from './support';

const ops = {
  cholesky: op('linalg_cholesky'),
  eigh: op('linalg_eigh'),
  eye: op('eye'),
  solveTriangular: op('linalg_solve_triangular'),
  where: op('where'),
  zeros: op('zeros'),
};

/** What does not change while it runs. */
export interface Settings {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly niter: number;
  readonly tol: number;
  readonly largest: boolean;
  readonly method: 'basic' | 'ortho';
}
const ORTHO_I_MAX = 3;
const ORTHO_J_MAX = 3;

const scalar = (x: Tensor): number => x.item();
const columns = (x: Tensor, from: number, to: number): Tensor => x.narrow(1, from, to - from);
/** `Sᵀ A S` */
const form = (A: Tensor | null, S: Tensor): Tensor => product(S.mT, product(A, S));

/** One problem: `A x = λ B x` of matrices (m, m). */
export class Lobpcg {
  readonly #E: Tensor; // (n)
  readonly #S: Tensor; // (m, 3 n): eigenvectors, the last directions, and residuals
  #X: Tensor; // (m, n)
  #R: Tensor; // (m, n)
  #converged = 0;
  #end = 0; // of what is used of S
  #norms = { A: 0, B: 0 };

  constructor(
    private readonly A: Tensor,
    private readonly B: Tensor | null,
    X: Tensor,
    private readonly iK: Tensor | null,
    private readonly settings: Settings,
  ) {
    const { m, n } = settings;
    const options = { dtype: X.dtype, device: X.device };
    this.#X = X;
    this.#E = ops.zeros([n], options) as Tensor;
    this.#R = ops.zeros([m, n], options) as Tensor;
    this.#S = ops.zeros([m, 3 * n], options) as Tensor;
  }

  run(): [Tensor, Tensor] {
    const { niter, k, method } = this.settings;
    const inverse = 1 / scalar(norm(this.#X));
    this.#norms = {
      A: scalar(norm(product(this.A, this.#X))) * inverse,
      B: scalar(norm(product(this.B, this.#X))) * inverse,
    };
    for (let step = 0; step === 0 || (step !== niter && this.#converged < k); step++) {
      if (method === 'ortho') this.#ortho(step);
      else this.#basic(step);
    }
    return [this.#E.narrow(0, 0, k), columns(this.#X, 0, k)];
  }

  #basic(step: number): void {
    const { n } = this.settings;
    const from = this.#converged;
    const S = step === 0 ? this.#X : columns(this.#S, from, this.#end);
    const Ri = this.#rayleighRitz(S);
    const [E, Z] = this.#eigenpairs(form(form(this.A, S), Ri));
    let P: Tensor | null = null;
    if (step === 0) {
      this.#X.copy_(S.matmul(Ri.matmul(Z)));
      this.#E.copy_(E);
    } else {
      columns(this.#X, from, n).copy_(S.matmul(Ri.matmul(columns(Z, 0, n - from))));
      this.#E.narrow(0, from, n - from).copy_(E.narrow(0, 0, n - from));
      P = S.matmul(Ri.matmul(columns(Z, n, Math.min(2 * n - from, Z.shape[1]))));
    }
    this.#checkResidual();
    const rest = step === 0 ? this.#R : columns(this.#R, this.#converged, n);
    this.#collect(P, () => product(this.iK, rest));
  }

  #ortho(step: number): void {
    const { n } = this.settings;
    if (step === 0) {
      const Ri = this.#rayleighRitz(this.#X);
      const [, Z] = this.#eigenpairs(form(form(this.A, this.#X), Ri));
      this.#X = this.#X.matmul(Ri.matmul(Z));
      this.#checkResidual();
      this.#collect(null, () => this.#orthogonalTo(this.#R, this.#X));
      return;
    }
    const from = this.#converged;
    const S = columns(this.#S, from, this.#end);
    const [E, Z] = this.#eigenpairs(form(this.A, S));
    columns(this.#X, from, n).copy_(S.matmul(columns(Z, 0, n - from)));
    this.#E.narrow(0, from, n - from).copy_(E.narrow(0, 0, n - from));
    const others = columns(Z, n - from, Z.shape[1]);
    const P = S.matmul(others.matmul(orthonormal(others.narrow(0, 0, n - from).mT)));
    this.#checkResidual();
    this.#collect(P, (known) => this.#orthogonalTo(columns(this.#R, this.#converged, n), known));
  }

  // Puts eigenvectors, directions and what `more` makes of these side by side.
  #collect(P: Tensor | null, more: (known: Tensor) => Tensor): void {
    const { n } = this.settings;
    columns(this.#S, 0, n).copy_(this.#X);
    const width = P === null ? 0 : P.shape[1];
    if (P !== null) columns(this.#S, n, n + width).copy_(P);
    const W = more(columns(this.#S, 0, n + width));
    this.#end = n + width + W.shape[1];
    columns(this.#S, n + width, this.#end).copy_(W);
  }

  #eigenpairs(M: Tensor): [Tensor, Tensor] {
    const [E, Z] = ops.eigh(M, 'U') as Tensor[];
    return this.settings.largest ? [E.flip([-1]), Z.flip([-1])] : [E, Z];
  }

  // Counts the first eigenpairs whose residuals are small enough (Duersch et al., 2018, section 4.3).
  #checkResidual(): void {
    const [E, X] = [this.#E, this.#X];
    this.#R = product(this.A, X).sub(product(this.B, X).mul(E));
    const scale = E.narrow(0, 0, X.shape[1]).abs().mul(this.#norms.B).add(this.#norms.A);
    const errors = norm(this.#R, 2, [0]).div(norm(X, 2, [0]).mul(scale));
    const found = errors.lt(this.settings.tol).tolist<boolean[]>();
    const count = found.includes(false) ? found.indexOf(false) : found.length;
    if (count < this.#converged) {
      throw new TorchError(
        `the number of converged eigenpairs (was ${this.#converged}, got ${count}) cannot decrease`,
        'AssertionError',
      );
    }
    this.#converged = count;
  }

  /** Upper triangular: takes the problem of the basis S, (m, n), to one without B. */
  #rayleighRitz(S: Tensor): Tensor {
    const SBS = form(this.B, S);
    const row = SBS.diagonal(0, -2, -1).pow(-0.5);
    const scaled = SBS.mul(row).mul(row.reshape([-1, 1]));
    const R = ops.cholesky(scaled, { upper: true }) as Tensor;
    return ops.solveTriangular(R, row.diagEmbed(), { upper: true, left: false }) as Tensor;
  }

  // Stathopoulos and Wu (2002): U's columns, made orthonormal.
  #orthonormal(given: Tensor, tau: number): Tensor {
    if (given.numel() === 0) return given;
    const length = (u: Tensor): Tensor => form(this.B, u).diagonal(0, -2, -1);
    // Columns of zeros have no direction.
    const kept = length(given).abs().ne(0).nonzero().flatten();
    const U = kept.numel() < given.shape[1] ? given.indexSelect(1, kept) : given;
    if (U.numel() === 0) return U;
    const UBU = form(this.B, U);
    const d = UBU.diagonal(0, -2, -1).pow(-0.5).reshape([-1, 1]);
    const [E, Z] = ops.eigh(UBU.mul(d).mul(d.mT), 'U') as Tensor[];
    const least = E.abs().max().mul(tau);
    const values = ops.where(E.lt(least), least, E) as Tensor;
    return U.mul(d.mT).matmul(Z.mul(values.pow(-0.5)));
  }

  #orthogonalTo(given: Tensor, V: Tensor): Tensor {
    const { m, tol } = this.settings;
    const lengthOfBV = norm(product(this.B, V));
    let U = given;
    let VBU = V.mT.matmul(product(this.B, U));
    for (let i = 0; i < ORTHO_I_MAX; i++) {
      U = U.sub(V.matmul(VBU));
      let BU = U;
      for (let j = 0; j < ORTHO_J_MAX; j++) {
        U = this.#orthonormal(U, tol);
        if (U.numel() === 0) return U;
        BU = product(this.B, U);
        const UBU = U.mT.matmul(BU);
        const identity = ops.eye(UBU.shape[1], { device: UBU.device, dtype: UBU.dtype }) as Tensor;
        const error = scalar(norm(UBU.sub(identity))) / scalar(norm(BU).mul(norm(U)));
        if (error < tol) break;
      }
      VBU = V.mT.matmul(BU);
      if (scalar(norm(VBU)) / scalar(lengthOfBV.mul(norm(U))) < tol) break;
      if (m < U.shape[1] + V.shape[1]) {
        throw valueError(
          `Overdetermined shape of U: #B-cols(=${m}) >= #U-cols(=${U.shape[1]}) + #V-cols(=${V.shape[1]}) must hold`,
        );
      }
    }
    return U;
  }
}
