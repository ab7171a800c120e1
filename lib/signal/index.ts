/** `torch.signal`: signal processing. */
export * as windows from './windows';
