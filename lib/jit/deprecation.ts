// What PyTorch says of TorchScript since 2.11.
import { warn } from '../core/warn';

let said = false;

/** Warns in Python's words, once for all of torch.jit. */
export function warnOnce(name: string): void {
  if (said) return;
  said = true;
  warn(`\`torch.jit.${name}\` is deprecated. Please switch to \`torch.export\`.`, 'DeprecationWarning');
}
