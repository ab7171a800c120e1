// Python's torch.accelerator.graphs.
import { checkMethods } from '../core/calls';
import { argumentError, checkText } from '../core/errors';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { HANDLE } from '../native/handle';
import { settled } from '../native/scope';
import { needAccelerator } from './device';
import { emptyCache, emptyHostCache } from './memory';

/** What may be done while a graph is captured; what each forbids is the device's to say. */
export type CaptureErrorMode = 'default' | 'global' | 'thread_local' | 'relaxed';

/** Tells the memory of graphs apart: see {@link Graph.pool}. */
export type GraphPool = readonly [bigint, bigint];

/** Options of `torch.accelerator.Graph`. */
export interface GraphOptions {
  /** Whether what was captured stays after it has been made executable. Default: `false`. */
  keepGraph?: boolean;
  /** The memory of another graph, to be shared with it: its {@link Graph.pool}. Default: memory of its own. */
  pool?: GraphPool | null;
  /** Default: `'default'`, what the device thinks best. */
  captureErrorMode?: CaptureErrorMode;
}

const MODES: readonly string[] = ['default', 'global', 'thread_local', 'relaxed'];
const GRAPH = signature(
  'Graph',
  [],
  { keepGraph: false, pool: null, captureErrorMode: 'default' } as Required<GraphOptions>,
  ['keepGraph'],
);

function checkPool(pool: unknown): asserts pool is GraphPool | null {
  if (pool === null) return;
  const isPool = Array.isArray(pool) && pool.length === 2 && pool.every((one) => typeof one === 'bigint');
  if (!isPool) throw argumentError('Graph', 'pool', 'what pool() of a graph returned', pool);
}

/**
 * Work of a device that is captured once and replayed as a whole (`torch.accelerator.Graph`). Replayed work reads and
 * writes the memory that it had when it was captured: give it new inputs by `input.copy_(...)`, and keep its results.
 *
 * @example
 * const graph = new torch.accelerator.Graph();
 * stream.use(() => graph.use(() => x.add_(1)));
 * graph.replay();
 * @throws RuntimeError without an accelerator, or for one that has no graphs.
 */
export class Graph {
  /** @internal */
  readonly [HANDLE]: unknown;
  /** The memory that it shares; may be set before the next capture. */
  graphPool: GraphPool | null;
  /** May be set before the next capture. */
  captureErrorMode: CaptureErrorMode;

  constructor(...args: Call<typeof GRAPH, [], [keepGraph: boolean]>) {
    const [{ keepGraph, pool, captureErrorMode }] = GRAPH.bind(args);
    checkPool(pool);
    needAccelerator();
    this[HANDLE] = native.makeGraph(keepGraph);
    this.graphPool = pool;
    this.captureErrorMode = captureErrorMode;
  }

  /** From now on work of the current stream is captured instead of done. */
  captureBegin(): void {
    const mode = MODES.indexOf(this.captureErrorMode);
    if (mode < 0) {
      throw argumentError('Graph', 'captureErrorMode', `one of ${MODES.join(', ')}`, this.captureErrorMode);
    }
    checkPool(this.graphPool);
    native.graphCaptureBegin(this, this.graphPool, mode);
  }
  /** Ends the capture: {@link Graph.replay} does its work. */
  captureEnd(): void {
    native.graphCaptureEnd(this);
  }
  /** Makes a graph that is kept executable. The first replay does so too. */
  instantiate(): void {
    native.graphInstantiate(this);
  }
  /** Does what was captured. */
  replay(): void {
    native.graphReplay(this);
  }
  /** Forgets what was captured. Another capture may follow. */
  reset(): void {
    native.graphReset(this);
  }
  /** What stands for its memory, for `{ pool }` of another graph. */
  pool(): GraphPool {
    return native.graphPool(this);
  }
  /** Allows {@link Graph.debugDump}. To be called before the capture. */
  enableDebugMode(): void {
    native.graphEnableDebugMode(this);
  }
  /** Writes what was captured to a file, in a form that is the device's. */
  debugDump(...args: [path: string]): void {
    checkText('Graph.debugDump', 'path', args[0]);
    native.graphDebugDump(this, args[0]);
  }
  /** Captures what `body` does on the current stream (Python's `with graph:`). A promise is refused. */
  use<T>(...args: [body: () => T]): T {
    const [body] = args;
    if (typeof body !== 'function') throw argumentError('Graph.use', 'body', 'a function', body);
    native.synchronize(native.currentDevice());
    emptyCache();
    emptyHostCache();
    this.captureBegin();
    try {
      return settled('Graph.use', body());
    } finally {
      this.captureEnd();
    }
  }
}
checkMethods(
  'Graph',
  Graph,
  ...['captureBegin()', 'captureEnd()', 'instantiate()', 'replay()', 'reset()', 'pool()'],
  ...['enableDebugMode()', 'debugDump(path)', 'use(body)'],
);
