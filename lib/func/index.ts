/** `torch.func`: functions that transform functions. */
export { functionalCall, stackModuleState } from './functional_call';
export { grad, gradAndValue, type Argnums, type GradOptions, vjp, type VjpFunction } from './grad';
export { hessian, jacfwd, type JacobianOptions, jacrev, jvp, type JvpOptions } from './jacobian';
export type { Tree } from './tree';
export { type Dims, vmap, type VmapOptions } from './vmap';
export { debugUnwrap, functionalize, type FunctionalizeOptions } from './functionalize';
export { linearize } from './linearize';
