// Graphs of GPUs. Python's torch.cuda.graphs.
import { Graph, type GraphPool } from '../accelerator/graph';
import { bindArguments, checkMethods } from '../core/calls';
import { argumentError } from '../core/errors';
import { callable, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { settled } from '../native/scope';
import type { Stream as AnyStream } from '../tensor/stream';
import { need } from './device';
import { Stream, stream as within } from './streams';

/** Work of a GPU that is captured once and replayed as a whole (`torch.cuda.CUDAGraph`): see {@link Graph}. */
export class CUDAGraph extends Graph {
  constructor(...args: [keepGraph?: boolean]) {
    const [keepGraph = false] = bindArguments('CUDAGraph(keepGraph?)', args);
    need();
    super(keepGraph);
  }
}
checkMethods('CUDAGraph', CUDAGraph, 'use(body)');

/** Options of `torch.cuda.graph`. */
export interface GraphOptions {
  /** The memory of another graph, to be shared with it. Default: memory of its own. */
  pool?: GraphPool | null;
  /** The stream that is captured. Default: one of its own. */
  stream?: AnyStream | null;
  /** Default: `'global'`. */
  captureErrorMode?: 'global' | 'thread_local' | 'relaxed';
}
const GRAPH = signature('graph', [value<CUDAGraph>()('cudaGraph'), callable<() => unknown>()('body')], {
  pool: null,
  stream: null,
  captureErrorMode: 'global',
} as Required<GraphOptions>);

let ownStream: AnyStream | null = null;

/**
 * Captures what `body` does on a stream of its own. A promise is refused.
 *
 * Differs from PyTorch: `torch.cuda.graph` takes the body of the `with` block as a function.
 *
 * @example
 * const g = new torch.cuda.CUDAGraph();
 * const y = torch.cuda.graph(g, () => model(x));
 * x.copy_(next);
 * g.replay(); // y has the result for `next`
 */
export function graph<T>(...args: Call<typeof GRAPH, [cudaGraph: CUDAGraph, body: () => T]>): T {
  const [captured, body, { pool, stream, captureErrorMode }] = GRAPH.bind(args);
  if (!(captured instanceof Graph)) throw argumentError('graph', 'cudaGraph', 'a CUDAGraph', captured);
  captured.graphPool = pool;
  captured.captureErrorMode = captureErrorMode;
  const on = stream ?? (ownStream ??= new Stream());
  native.synchronize(native.currentDevice());
  return settled(
    'graph',
    within(on, () => captured.use(body as () => T)),
  );
}
