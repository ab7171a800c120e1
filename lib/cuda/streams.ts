// Streams and events of GPUs. Python's torch.cuda.streams.
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { settled } from '../native/scope';
import { Event as AnyEvent, Stream as AnyStream } from '../tensor/stream';
import { type CudaDevice, gpu, indexOf, need, onDevice } from './device';

/** Options of `torch.cuda.Stream`. */
export interface StreamOptions {
  /** Work of lower numbers comes first. Default: 0. */
  priority?: number;
}
const STREAM = signature(
  'Stream',
  [],
  { device: null, priority: 0 } as Required<StreamOptions> & { device: CudaDevice },
  ['device', 'priority'],
);

/** A queue of work of a GPU (`torch.cuda.Stream`). */
export class Stream extends AnyStream {
  constructor(...args: Call<typeof STREAM, [], [device: CudaDevice, priority: number]>) {
    const [{ device, priority }] = STREAM.bind(args);
    super({ device: gpu(indexOf('Stream', device)), priority });
  }
}

/** Options of `torch.cuda.Event`. */
export interface EventOptions {
  /** Whether it can measure time. Default: `false`. */
  enableTiming?: boolean;
  /** Without effect. Default: `false`. */
  blocking?: boolean;
  /** Without effect. Default: `false`. */
  interprocess?: boolean;
  /** Without effect. Default: `false`. */
  external?: boolean;
}
const EVENT = signature(
  'Event',
  [],
  { enableTiming: false, blocking: false, interprocess: false, external: false } as Required<EventOptions>,
  ['enableTiming', 'blocking', 'interprocess', 'external'],
);

/** A mark in a stream of a GPU (`torch.cuda.Event`). */
export class Event extends AnyEvent {
  constructor(
    ...args: Call<
      typeof EVENT,
      [],
      [enableTiming: boolean, blocking: boolean, interprocess: boolean, external: boolean]
    >
  ) {
    const [{ enableTiming }] = EVENT.bind(args);
    need();
    super({ device: gpu(native.currentDevice()), enableTiming });
  }
}

function check(fn: string, stream: unknown): asserts stream is AnyStream {
  if (!(stream instanceof AnyStream)) throw argumentError(fn, 'stream', 'a Stream', stream);
}

/** The stream in which a GPU is given work. */
export function currentStream(...args: [device?: CudaDevice]): AnyStream {
  const [device] = bindArguments('currentStream(device?)', args);
  return AnyStream.from(native.currentStream(gpu(indexOf('currentStream', device))));
}
/** The stream in which a GPU is given work where no other is set. */
export function defaultStream(...args: [device?: CudaDevice]): AnyStream {
  const [device] = bindArguments('defaultStream(device?)', args);
  return AnyStream.from(native.defaultStream(gpu(indexOf('defaultStream', device))));
}
/** Makes a stream the current one of its GPU, and that the current one. Null changes nothing. */
export function setStream(...args: [stream: AnyStream | null]): void {
  const [given] = bindArguments('setStream(stream)', args);
  if (given === null) return;
  check('setStream', given);
  native.setDevice(given.deviceIndex);
  native.streamExchange(given);
}
/**
 * Runs `body` with a stream as the current one of its GPU, and with that GPU as the current one. Null changes nothing. A
 * promise is refused.
 *
 * Differs from PyTorch: `torch.cuda.stream` takes the body of the `with` block as a function.
 */
export function stream<T>(...args: [stream: AnyStream | null, body: () => T]): T {
  const [given, body] = bindArguments('stream(stream, body)', args);
  if (typeof body !== 'function') throw argumentError('stream', 'body', 'a function', body);
  if (given === null) return settled('stream', body());
  check('stream', given);
  return onDevice('stream', given.deviceIndex, () => given.use(body));
}
/** Whether the current stream is captured for a graph. */
export function isCurrentStreamCapturing(...args: []): boolean {
  bindArguments('isCurrentStreamCapturing()', args);
  need();
  return native.isStreamCapturing(currentStream());
}
