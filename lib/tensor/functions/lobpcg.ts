// Eigenvalues of large symmetric matrices, without their factors (torch/_lobpcg.py).
import { float32 } from '../../core/dtype';
import { TorchError, checkNumber, valueError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { checkTensor } from '../../native/tensor_base';
import * as kinds from '../kinds';
import type { Tensor } from '..';
import { Lobpcg } from './lobpcg_iteration';
import { floatingDtypeOf } from './low_rank';
import { op } from './support';

const ops = { randn: op('randn'), stack: op('stack') };

/** Options of `torch.lobpcg`. */
export interface LobpcgOptions {
  /** How many eigenvalues. Default: as many as `X` has columns, or 1. */
  k?: number | null;
  /** The matrix of the generalized problem `A x = λ B x`, like A. Default: the identity. */
  B?: Tensor | null;
  /** The first guess of the eigenvectors, `(*, m, n)`. Default: random numbers. */
  X?: Tensor | null;
  /** How many columns the random guess has. Default: `k`. */
  n?: number | null;
  /** A preconditioner, `(*, m, m)`. */
  iK?: Tensor | null;
  /** The most iterations; -1: until it converges. Default: 1000. */
  niter?: number | null;
  /** What the residual must be under. Default: the square root of the dtype's precision. */
  tol?: number | null;
  /** Whether the largest are wanted, and not the smallest. Default: `true`. */
  largest?: boolean | null;
  /** `'ortho'` is more robust. Default: `'ortho'`. */
  method?: 'basic' | 'ortho' | null;
}
const LOBPCG: Required<LobpcgOptions> = {
  k: null,
  B: null,
  X: null,
  n: null,
  iK: null,
  niter: null,
  tol: null,
  largest: null,
  method: null,
};
const SIGNATURE = signature('torch.lobpcg', [kinds.tensor('A')], LOBPCG);

/**
 * The `k` largest or smallest eigenvalues of symmetric positive definite matrices `(*, m, m)`, dense or one sparse, and
 * their vectors, by LOBPCG (Knyazev, 2001; Stathopoulos and Wu, 2002): `torch.lobpcg`. Draws the first guess from the
 * default generator.
 *
 * Shapes: eigenvalues `(*, k)`, eigenvectors `(*, m, k)`.
 *
 * Differs from PyTorch: `torch.lobpcg` has no gradient, no `tracker` and none of the parameters `ortho_*`.
 *
 * @throws ValueError where `m` is less than `3 n`; RuntimeError for an A or B that requires grad.
 *
 * @example
 * const [values, vectors] = torch.lobpcg(torch.eye(9).mul(torch.arange(1, 10)), { k: 2 }); // 9 and 8
 */
export function lobpcg(
  ...args: Call<typeof SIGNATURE, [A: Tensor], [k: number | null, B: Tensor | null, X: Tensor | null]>
): [E: Tensor, X: Tensor] {
  const [A, options] = SIGNATURE.bind(args);
  const { B, X, iK, largest } = options;
  for (const [name, one] of Object.entries({ B, X, iK })) if (one !== null) checkTensor('lobpcg', name, one);
  for (const name of ['k', 'n', 'niter', 'tol'] as const) checkNumber('lobpcg', name, options[name] ?? 0);
  if (A.requiresGrad || B?.requiresGrad)
    throw new TorchError('lobpcg(): it has no gradient here; give x.detach()');
  const [m, last] = A.shape.slice(-2);
  if (m !== last)
    throw new TorchError(`A must be square, got shape [${A.shape.join(', ')}]`, 'AssertionError');
  const dtype = floatingDtypeOf(A);
  const tol = options.tol ?? Math.sqrt(dtype === float32 ? 1.2e-7 : 2.23e-16);
  const k = options.k ?? X?.shape.at(-1) ?? 1;
  const n = X?.shape.at(-1) ?? options.n ?? k;
  if (m < 3 * n) {
    throw valueError(
      `LOBPCG algorithm is not applicable when the number of A rows (=${m}) is smaller than 3 x the number of ` +
        `requested eigenpairs (=${n})`,
    );
  }
  const method = options.method ?? 'ortho';
  const settings = { m, n, k, niter: options.niter ?? 1000, tol, largest: largest ?? true, method };
  const solve = (a: Tensor, b: Tensor | null, x: Tensor | null): [Tensor, Tensor] => {
    const guess = x ?? (ops.randn([m, n], { dtype, device: A.device }) as Tensor);
    return new Lobpcg(a, b, guess, iK, settings).run();
  };
  if (A.dim() === 2) return solve(A, B, X);
  const batch = A.shape.slice(0, -2);
  const flat = (one: Tensor | null): Tensor | null => one?.reshape([-1, ...one.shape.slice(-2)]) ?? null;
  const [bA, bB, bX] = [flat(A)!, flat(B), flat(X)];
  const found = Array.from({ length: bA.shape[0] }, (_, i) =>
    solve(bA.at(i), bB?.at(i) ?? null, bX?.at(i) ?? null),
  );
  const [E, V] = [0, 1].map((part) => ops.stack(found.map((one) => one[part])) as Tensor);
  return [E.reshape([...batch, k]), V.reshape([...batch, m, k])];
}
