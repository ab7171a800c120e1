// What backward needs of a checkpointed call: a place for each tensor, filled when backward first asks for one.
import { savedTensorsHooks } from '../../autograd/graph';
import { enableGrad } from '../../autograd/mode';
import { TorchError } from '../../core/errors';
import { sizeText } from '../../core/size_text';
import { native } from '../../native';
import type { Tensor } from '../../tensor';

/** What was computed again differs from what was computed first (`torch.utils.checkpoint.CheckpointError`). */
export class CheckpointError extends TorchError {
  constructor(message: string) {
    super(message, 'CheckpointError');
  }
}

interface Meta {
  shape: string;
  dtype: string;
  device: string;
}

// The place of one saved tensor, by backward pass; null once it was taken.
type Place = Map<number, Tensor | null>;

class Stop extends Error {}

/** The tensors that one call of a checkpointed function saves. */
export class Frame {
  readonly places: Place[] = [];
  readonly metas: Meta[] = [];
  readonly #done = new Set<number>();
  completed = false;

  constructor(
    readonly again: () => void,
    readonly earlyStop: boolean,
    readonly check: boolean,
  ) {}

  readonly pack = (tensor: Tensor): Place => {
    const place: Place = new Map();
    this.places.push(place);
    if (this.check) this.metas.push(metaOf(tensor));
    return place;
  };

  readonly unpack = (place: Place): Tensor => {
    const pass = native.graphTask();
    if (!this.#done.has(pass)) {
      this.#recompute(pass);
      if (pass >= 0) this.#done.add(pass);
    }
    const tensor = place.get(pass);
    if (!tensor) {
      throw new CheckpointError(
        'torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you ' +
          'are calling ctx.saved_tensors in backward, make sure to do so only once. Otherwise please open an issue ' +
          'with details on your use case.',
      );
    }
    place.set(pass, null);
    return tensor;
  };

  #recompute(pass: number): void {
    let next = 0;
    let partial = false;
    const pack = (tensor: Tensor): Tensor => {
      const value = tensor.requiresGrad ? tensor.detach() : tensor;
      const i = next++;
      if (i >= this.places.length) {
        if (!this.completed) {
          partial = true; // backward inside of the forward: not all is there yet
          return value;
        }
        throw new CheckpointError(
          'torch.utils.checkpoint: trying to save more tensors during recomputation than during the original ' +
            'forward pass.',
        );
      }
      this.places[i].set(pass, value);
      if (this.earlyStop && next === this.places.length) throw new Stop();
      return value;
    };
    try {
      savedTensorsHooks(
        pack,
        (value) => value,
        () => enableGrad(this.again),
      );
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    if (!partial) this.#compare(pass, next);
  }

  #compare(pass: number, count: number): void {
    if (count !== this.places.length) {
      throw new CheckpointError(
        'torch.utils.checkpoint: A different number of tensors was saved during the original forward and ' +
          `recomputation.\nNumber of tensors saved during forward: ${this.places.length}\n` +
          `Number of tensors saved during recomputation: ${count}.`,
      );
    }
    if (!this.check) return;
    const different = this.places.flatMap((place, i) => {
      const [saved, found] = [metaText(this.metas[i]), metaText(metaOf(place.get(pass)!))];
      if (saved === found) return [];
      return [`tensor at position ${i}:\nsaved metadata: ${saved}\nrecomputed metadata: ${found}\n`];
    });
    if (different.length === 0) return;
    throw new CheckpointError(
      'torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during ' +
        `the forward pass.\n${different.join('')}`,
    );
  }
}

const metaOf = (tensor: Tensor): Meta => ({
  shape: sizeText(tensor.shape),
  dtype: String(tensor.dtype),
  device: String(tensor.device),
});
const metaText = ({ shape, dtype, device }: Meta): string =>
  `{'shape': ${shape}, 'dtype': ${dtype}, 'device': device(type='${device}')}`;
