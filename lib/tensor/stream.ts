// Streams and events of any device: queues of work, and marks in them.
import { checkMethods } from '../core/calls';
import { type Device, type DeviceLike, device as deviceOf } from '../core/device';
import { argumentError } from '../core/errors';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { HANDLE, NativeHandle } from '../native/handle';
import { settled } from '../native/scope';

/** Options of `torch.Stream`. */
export interface StreamOptions {
  /** Where it is. Default: the accelerator, or the CPU where there is none. */
  device?: DeviceLike | null;
  /** Work of lower numbers comes first. Default: 0. */
  priority?: number;
  /** With `deviceIndex` and `deviceType`: a stream that there is already, by its numbers. */
  streamId?: number | null;
  deviceIndex?: number | null;
  deviceType?: number | null;
}
/** Options of `torch.Event`. */
export interface EventOptions {
  /** Where it is. Default: the accelerator, or the CPU where there is none. */
  device?: DeviceLike | null;
  /** Whether it can measure time. Default: `false`. */
  enableTiming?: boolean;
  /** Without effect, as in PyTorch. Default: `false`. */
  blocking?: boolean;
  /** Without effect, as in PyTorch. Default: `false`. */
  interprocess?: boolean;
}

const STREAM = signature(
  'Stream',
  [],
  {
    device: null,
    priority: 0,
    streamId: null,
    deviceIndex: null,
    deviceType: null,
  } as Required<StreamOptions>,
  ['device'],
);
const EVENT = signature(
  'Event',
  [],
  { device: null, enableTiming: false, blocking: false, interprocess: false } as Required<EventOptions>,
  ['device'],
);

function checkStream(fn: string, stream: unknown): asserts stream is Stream {
  if (!(stream instanceof Stream)) throw argumentError(fn, 'stream', 'a Stream', stream);
}
function checkEvent(fn: string, event: unknown): asserts event is Event {
  if (!(event instanceof Event)) throw argumentError(fn, 'event', 'an Event', event);
}
function checkWhole(fn: string, name: string, number: unknown): asserts number is number {
  if (!Number.isSafeInteger(number)) throw argumentError(fn, name, 'a whole number', number);
}

/**
 * A queue of work of a device, which does one after the other (`torch.Stream`). On the CPU there is one, which is always
 * done.
 *
 * @example
 * const stream = new torch.Stream('cuda');
 * stream.use(() => a.matmul(b));
 * stream.synchronize();
 */
export class Stream {
  /** @internal */
  readonly [HANDLE]: unknown;
  /** The numbers of its device's type, of the device of that type (-1 for the current one), and its own. */
  readonly deviceType: number;
  readonly deviceIndex: number;
  readonly streamId: number;
  readonly #device: string;

  constructor(...args: Call<typeof STREAM, [], [device: DeviceLike | null]>) {
    const [{ device, priority, streamId, deviceIndex, deviceType }] = STREAM.bind(args);
    checkWhole('Stream', 'priority', priority);
    if (streamId === null) {
      this[HANDLE] = native.makeStream(device === null ? null : deviceOf(device), priority);
    } else {
      checkWhole('Stream', 'streamId', streamId);
      checkWhole('Stream', 'deviceIndex', deviceIndex);
      checkWhole('Stream', 'deviceType', deviceType);
      this[HANDLE] = native.streamOf(streamId, deviceIndex, deviceType);
    }
    [this.#device, this.deviceType, this.deviceIndex, this.streamId] = native.streamParts(this);
  }

  /** @internal A stream that the addon knows. */
  static from(handle: unknown): Stream {
    const [, deviceType, deviceIndex, streamId] = native.streamParts(new NativeHandle(handle));
    return new this({ streamId, deviceIndex, deviceType });
  }

  /** Whose work it does. */
  get device(): Device {
    return deviceOf(this.#device);
  }
  /** Whether everything in it is done. */
  query(): boolean {
    return native.streamQuery(this);
  }
  /** Whether a graph records what goes into it. */
  isCapturing(): boolean {
    return native.isStreamCapturing(this);
  }
  /** Waits for everything in it. */
  synchronize(): void {
    native.streamSynchronize(this);
  }
  /** Marks this point by `event`, or a new one, and returns it. */
  recordEvent(...args: [event?: Event | null]): Event {
    const event = args[0] ?? new Event(this.device);
    checkEvent('Stream.recordEvent', event);
    event.record(this);
    return event;
  }
  /** Has what comes later in this stream wait for the event. */
  waitEvent(...args: [event: Event]): void {
    checkEvent('Stream.waitEvent', args[0]);
    args[0].wait(this);
  }
  /** Has what comes later in this stream wait for everything in the other one. */
  waitStream(...args: [stream: Stream]): void {
    checkStream('Stream.waitStream', args[0]);
    this.waitEvent(args[0].recordEvent());
  }
  /** Runs `body` with this stream as the current one of its device (Python's `with stream:`). A promise is refused. */
  use<T>(...args: [body: () => T]): T {
    const [body] = args;
    if (typeof body !== 'function') throw argumentError('Stream.use', 'body', 'a function', body);
    const before = new NativeHandle(native.streamExchange(this));
    try {
      return settled('Stream.use', body());
    } finally {
      native.streamExchange(before);
    }
  }
  /** Whether both are the same queue (Python's `==`). */
  equals(...args: [other: Stream]): boolean {
    const [other] = args;
    return other instanceof Stream && other.#device === this.#device && other.streamId === this.streamId;
  }
  /** Python's `repr`. */
  toString(): string {
    return `torch.Stream device_type=${this.device.type}, device_index=${this.deviceIndex}, stream_id=${this.streamId}`;
  }
}
checkMethods(
  'Stream',
  Stream,
  ...[
    'query()',
    'isCapturing()',
    'synchronize()',
    'recordEvent(event?)',
    'waitEvent(event)',
    'waitStream(stream)',
    'use(body)',
  ],
  ...['equals(other)', 'toString()'],
);

/**
 * A mark in a stream: whether it has come so far, and how long that took (`torch.Event`). The CPU has none that can be
 * recorded.
 *
 * @throws RuntimeError for a device that this libtorch does not support.
 */
export class Event {
  /** @internal */
  readonly [HANDLE]: unknown;
  readonly #isTimed: boolean;

  constructor(...args: Call<typeof EVENT, [], [device: DeviceLike | null]>) {
    const [{ device, enableTiming }] = EVENT.bind(args);
    this.#isTimed = enableTiming;
    this[HANDLE] = native.makeEvent(device === null ? null : deviceOf(device), enableTiming);
  }

  /** The device in whose streams it is recorded. */
  get device(): Device {
    return deviceOf(native.eventParts(this)[0]);
  }
  /** The number that the device knows it by; 0 before it is recorded. */
  get eventId(): number {
    return native.eventParts(this)[3];
  }
  /** Marks this point of the stream, or of the current one. */
  record(...args: [stream?: Stream | null]): void {
    const [stream] = args;
    if (stream != null) checkStream('Event.record', stream);
    native.eventRecord(this, stream ?? null);
  }
  /** Has what comes later in the stream, or the current one, wait for this mark. */
  wait(...args: [stream?: Stream | null]): void {
    const [stream] = args;
    if (stream != null) checkStream('Event.wait', stream);
    native.eventWait(this, stream ?? null);
  }
  /** Whether what was before the mark is done; also where nothing was marked. */
  query(): boolean {
    return native.eventQuery(this);
  }
  /** Waits for what was before the mark. */
  synchronize(): void {
    native.eventSynchronize(this);
  }
  /** The milliseconds from this mark to the other one. */
  elapsedTime(...args: [endEvent: Event]): number {
    checkEvent('Event.elapsedTime', args[0]);
    return native.eventElapsed(this, args[0]);
  }
  /** Python's `repr`. */
  toString(): string {
    const [, , index, id] = native.eventParts(this);
    const flag = this.#isTimed ? 1 : 0;
    return `torch.Event device_type=${this.device.type}, device_index=${index}, event_flag=${flag}, event_id=${id}`;
  }
}
checkMethods(
  'Event',
  Event,
  ...['record(stream?)', 'wait(stream?)', 'query()', 'synchronize()', 'elapsedTime(endEvent)', 'toString()'],
);
