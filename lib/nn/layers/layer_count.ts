import { valueError } from '../../core/errors';

const MOST_LAYERS = 65_536;

/**
 * Differs from PyTorch: `torch.nn.LSTM` and its kin, and `torch.nn.Transformer` with its own, refuse more than 65,536
 * layers; Python makes layers until memory ends.
 *
 * @throws ValueError for more layers than anybody has.
 */
export function checkLayerCount(count: number): void {
  if (count > MOST_LAYERS) throw valueError(`num_layers must be at most ${MOST_LAYERS}, got ${count}`);
}
