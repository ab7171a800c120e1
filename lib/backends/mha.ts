import { bindArguments } from '../core/calls';
// Whether MultiheadAttention and TransformerEncoder may use their fused kernels: `torch.backends.mha`.
let enabled = true;

/** Whether the fast path may be used, where all conditions on module and input are met. */
export function getFastpathEnabled(...args: []): boolean {
  bindArguments('getFastpathEnabled()', args);
  return enabled;
}
/** Turns the fast path of attention and transformers on or off, which inference takes. */
export function setFastpathEnabled(...args: [value: boolean]): void {
  const [value] = bindArguments('setFastpathEnabled(value)', args);
  enabled = value;
}
