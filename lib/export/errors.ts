import { TorchError } from '../core/errors';

/** A file is damaged, is no program of `torch.export.save`, or holds what cannot be run here. */
export class SerializeError extends TorchError {
  constructor(message: string) {
    super(message, 'SerializeError');
  }
}

export const damaged = (what: string): SerializeError => new SerializeError(what);
