/** `torch.ao.nn`: layers in int8. */
export * as quantized from './quantized';
