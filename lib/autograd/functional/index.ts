/** `torch.autograd.functional`: products with Jacobians and Hessians, and these themselves. */
export type { ProductOptions, TensorFunction, Tensors } from './checks';
export { hessian, type HessianOptions, jacobian, type Jacobian, type JacobianOptions } from './jacobian';
export { hvp, jvp, vhp, vjp } from './products';
