/** `torch.ao.nn.quantized.dynamic`: weights in int8, inputs that are quantized on their way. */
export { Linear, type DynamicLinearOptions } from './linear';
