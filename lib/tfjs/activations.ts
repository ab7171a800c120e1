/** tfjs's activations. */
import { valueError } from '../core/errors';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';

export type Activation = (x: Tensor) => Tensor;

const activations = {
  linear: (x) => x,
  relu: (x) => x.relu(),
  relu6: (x) => x.clamp(0, 6),
  elu: (x) => aten.elu(x),
  selu: (x) => aten.selu(x),
  sigmoid: (x) => x.sigmoid(),
  hardSigmoid: (x) => x.mul(0.2).add(0.5).clamp(0, 1),
  softplus: (x) => aten.softplus(x),
  softsign: (x) => x.div(x.abs().add(1)),
  softmax: (x) => aten.softmax(x, -1),
  tanh: (x) => x.tanh(),
  swish: (x) => aten.silu(x),
  mish: (x) => aten.mish(x),
  gelu: (x) => aten.gelu(x),
  gelu_new: (x) => aten.gelu(x, { approximate: 'tanh' }),
} satisfies Record<string, Activation>;

/** The names of tfjs's activations that a cell may have. */
export type ActivationName = keyof typeof activations;

/** @throws TorchError, Python's ValueError, for a name that is none; `cell` is who asks. */
export function activationOf(cell: string, name: string): Activation {
  if (Object.hasOwn(activations, name)) return activations[name as ActivationName];
  throw valueError(`${cell}: unknown activation '${name}'`);
}
