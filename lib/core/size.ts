/**
 * Sizes of dimensions: Python's `torch.Size`.
 *
 * The first ones are properties of their own, so that `const [b, t] = x.shape` gives numbers under TypeScript's
 * `noUncheckedIndexedAccess`, too: how many there are, the program knows.
 */
export interface Size extends ReadonlyArray<number> {
  readonly 0: number;
  readonly 1: number;
  readonly 2: number;
  readonly 3: number;
  readonly 4: number;
  readonly 5: number;
  readonly 6: number;
  readonly 7: number;
}
