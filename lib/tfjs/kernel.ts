// What a kernel is here: a torch expression over plain tensors. register.ts does the rest.
import { keep } from '../tensor/memory';
import type { Tensor } from '../tensor';

/** By tfjs's names; of kernels that take a list, `'0'`, `'1'` ... Optional ones may be missing. */
export type Inputs = Readonly<Record<string, Tensor>>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each kernel has attributes of its own
export type Attributes = any;

/**
 * Gives one tensor, or those of a kernel with several outputs. Runs without autograd and within a
 * `tidy`; may give an input back. int64 results become int32, float64 becomes float32.
 */
export type Kernel = (inputs: Inputs, attributes: Attributes) => Tensor | Tensor[];

const companions = new WeakMap<Tensor, Tensor>();

/** Keeps what the gradient of a kernel would make again, for as long as the backend keeps the result. */
export function accompany(result: Tensor, companion: Tensor): void {
  companions.set(result, keep(companion));
}

export const companionOf = (result: Tensor): Tensor | undefined => companions.get(result);

export type Kernels = Readonly<Record<string, Kernel>>;
