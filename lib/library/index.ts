/** torch.library */
export { CustomOpDef, type CustomOpOptions, customOp } from './custom_op';
export {
  type AutogradOptions,
  type DefineOptions,
  define,
  impl,
  type Kernel,
  Library,
  registerAutocast,
  registerAutograd,
  registerFake,
  registerKernel,
  registerTorchDispatch,
  registerVmap,
} from './library';
export { opcheck, type OpcheckOptions } from './opcheck';
export type { DispatchRule } from './dispatch_rules';
export type { VmapRule } from './vmap_kernel';
