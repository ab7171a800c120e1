// A recording as one graph of an accelerator.
import { Graph } from '../accelerator/graph';
import { noGrad } from '../autograd/mode';
import { TorchError } from '../core/errors';
import { native } from '../native';
import { wrap } from '../native/dispatch';
import * as aten from '../tensor/aten';
import { keep } from '../tensor/memory';
import { Stream } from '../tensor/stream';
import type { Tensor } from '../tensor';
import type { Handle } from '../../typings/native';

const cannot = (why: string): TorchError => new TorchError(`torch.capture: graph: ${why}`);

/** Reads its arguments from memory of its own, and leaves results in memory of its own. */
export class DeviceGraph {
  readonly #inputs: Tensor[];
  #graph: Graph | null = null;
  #outputs: Tensor[] = [];
  #place = 0;

  constructor(
    readonly recording: Handle,
    readonly ready: Handle,
    given: readonly Tensor[],
  ) {
    const [problem] = native.captureGraphed(recording);
    if (problem !== '') throw cannot(problem);
    this.#inputs = given.map(({ shape, device, dtype, requiresGrad }, i) => {
      if (requiresGrad) throw cannot('an argument requires gradients');
      return keep(aten.emptyStrided(shape, given[i].stride(), { device, dtype }));
    });
  }

  /** The results of the recording, as new tensors. */
  replay(given: readonly Tensor[]): Tensor[] {
    noGrad(() => given.forEach((tensor, i) => this.#inputs[i].copy_(tensor)));
    const [, place] = native.captureGraphed(this.recording);
    if (this.#graph === null || place !== this.#place) this.#capture(place, given[0] ?? null);
    this.#graph!.replay();
    return noGrad(() => this.#outputs.map((output) => output.clone()));
  }

  // In the modes of the call, which are those that the recording is for.
  #capture(place: number, first: Tensor | null): void {
    const graph = new Graph();
    const stream = first === null ? new Stream() : new Stream(first.device);
    const current = Stream.from(native.currentStream(stream.device));
    const host = () => undefined;
    stream.waitStream(current);
    const outputs = stream.use(() =>
      graph.use(() => native.captureReplay(this.ready, this.#inputs, host, () => [])),
    );
    current.waitStream(stream); // as torch.cuda.graph's users do: a capture may leave work behind
    if (outputs === null) throw cannot('its arguments cannot be copied to dense memory');
    this.#outputs = (wrap(outputs) as Tensor[]).map((output) => keep(output));
    if (this.#outputs.some((output) => output.requiresGrad)) {
      throw cannot('a result requires gradients: call the function in noGrad()');
    }
    this.#graph = graph;
    this.#place = place;
  }
}
