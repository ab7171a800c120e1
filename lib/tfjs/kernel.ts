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

/** A tensor as a kernel wants it in memory: made by `maker` when `version` was the tensor's. */
interface Prepared {
  readonly maker: unknown;
  readonly version: number;
  readonly tensor?: Tensor;
}

/** Where a tensor has it. Its own, and not a WeakMap's: see `DataId` in backend.ts. */
const PREPARED = Symbol('nodetorch.prepared');

/**
 * `make(tensor)`, which the backend keeps beside the tensor when it is asked for again: a model's filters are used
 * again and again. Whoever changes the tensor in place gets another.
 */
export function prepare(
  tensor: Tensor & { [PREPARED]?: Prepared },
  make: (tensor: Tensor) => Tensor,
): Tensor {
  if (tensor.isInference()) return make(tensor); // nobody counts its changes
  const { version } = tensor;
  const last = tensor[PREPARED];
  const again = last?.maker === make && last.version === version;
  if (again && last.tensor) return last.tensor;
  last?.tensor?.dispose();
  const made = make(tensor);
  tensor[PREPARED] = { maker: make, version, tensor: again ? keep(made) : undefined };
  return made;
}

/** Frees what is kept beside a tensor. */
export function disposeBeside(tensor: Tensor & { [PREPARED]?: Prepared }): void {
  companions.get(tensor)?.dispose();
  tensor[PREPARED]?.tensor?.dispose();
}

export type Kernels = Readonly<Record<string, Kernel>>;
