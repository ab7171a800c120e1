/** torch.library */
export { CustomOpDef, type CustomOpOptions, customOp } from './custom_op';
export {
  type AutogradOptions,
  define,
  impl,
  type Kernel,
  Library,
  registerAutograd,
  registerFake,
  registerKernel,
  registerVmap,
} from './library';
export { opcheck, type OpcheckOptions } from './opcheck';
export type { VmapRule } from './vmap_kernel';
