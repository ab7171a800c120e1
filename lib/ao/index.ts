/** `torch.ao`: int8 for servers, as Python's `torch.ao` of before torchao. */
export * as nn from './nn';
export * as quantization from './quantization';
