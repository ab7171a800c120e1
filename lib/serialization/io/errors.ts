import { TorchError } from '../../core/errors';

/** A file is damaged, is none that `torch.save` made, or holds what must not be loaded. */
export class UnpicklingError extends TorchError {
  constructor(message: string) {
    super(message, 'UnpicklingError');
  }
}

/** It holds what is whole, and what there is no word for here. */
export class UnsupportedError extends UnpicklingError {}

export function damaged(what: string): UnpicklingError {
  return new UnpicklingError(what);
}
