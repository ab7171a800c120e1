// The vmap from before torch.func's, which Python's autograd has kept: its rules round otherwise (torch/_vmap_internals.py).
import { native } from '../native';
import { wrap } from '../native/dispatch';
import { Scope, atLevel } from '../native/scope';
import type { Tensor } from '../tensor';

/** `func` at once on what stands along the first dimension of `inputs`; null passes through. */
export function legacyVmap(
  func: (...inputs: Tensor[]) => (Tensor | null)[],
  inputs: readonly Tensor[],
): (Tensor | null)[] {
  const size = inputs[0].shape[0];
  return atLevel(Scope.legacyVmap, (level) =>
    func(...inputs.map((input) => wrap(native.addLegacyBatch(input, level)) as Tensor)).map(
      (output) => output && (wrap(native.removeLegacyBatch(output, level, size)) as Tensor),
    ),
  );
}
