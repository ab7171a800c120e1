/** `torch.ao.nn.quantized`: layers in int8. */
export * as dynamic from './dynamic';
