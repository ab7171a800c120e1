import { valueError } from '../../core/errors';

const MOST_LAYERS = 65_536;

/**
 * Differs from PyTorch: `nn.LSTM` and its kin, and `nn.Transformer`'s, refuse more than 65,536 layers; Python makes layers
 * until memory ends.
 *
 * @throws ValueError for more layers than anybody has.
 */
export function checkLayerCount(count: number): void {
  if (count > MOST_LAYERS) throw valueError(`num_layers must be at most ${MOST_LAYERS}, got ${count}`);
}
