// What a family of rows is: test/fixtures/nn/<name>.py has their twins of the same names.
import torch, { type nn, type Tensor } from 'nodetorch';

/* eslint-disable @typescript-eslint/no-explicit-any */
// Every function has a `call`; named here, it does not hide the parameters of a CalledRow's.
export type Build = (() => nn.Module<any[], any>) & { call: Call };
type Call = (module: any, ...inputs: any[]) => unknown;
/** Where module(...inputs) cannot say how Python calls it. */
export interface CalledRow {
  make: Build;
  call: Call;
}
export interface Family {
  modules?: Record<string, Build | CalledRow>;
  /** They return a tensor, or tensors in lists. */
  functionals?: Record<string, (...inputs: any[]) => unknown>;
  /** They throw. */
  errors?: Record<string, () => unknown>;
  /** What Python's messages call otherwise: its names, and ours. */
  spelled?: Record<string, string>;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

export const zeros = (...shape: number[]): Tensor => torch.zeros(shape);
export const ints = (...values: bigint[]): Tensor => torch.tensor(values);
