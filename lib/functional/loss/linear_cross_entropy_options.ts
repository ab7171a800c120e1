import { valueError } from '../../core/errors';
import type { Device } from '../../core/device';
import { asDType, bfloat16, float16, float32, float64, type DType, type DTypeLike } from '../../core/dtype';
import { repr } from '../../tensor/repr';
import { type Call, signature } from '../../core/signature';

/** How much is held in the wider dtype: speed and memory against exactness. */
export type AccumulationPolicy = 'accurate' | 'balanced' | 'compact';
/** How the rows of a chunk are counted. */
export type ChunkingMethod = 'auto' | 'aspect_ratio' | `aspect_ratio:${number}`;

/** What `LinearCrossEntropyOptions` is constructed with. */
export interface LinearCrossEntropyOptionsInit {
  /** Whether backward may run twice, at the cost of a copy; `'none'` always allows it. Default: `false`. */
  allowRetainGraph?: boolean;
  /** Rows in a chunk. Default: what `chunkingMethod` gives; all rows where that is `null`. */
  batchChunkSize?: number | null;
  /**
   * How many rows are in a chunk. `'aspect_ratio'`: so many that the scores take the memory of the input;
   * `'aspect_ratio:N'`: N times fewer. Default: `'auto'`, by device and dtype.
   */
  chunkingMethod?: ChunkingMethod | null;
  /** What is held in `accDtype`, from most to least. Default: `'auto'`, by device and dtype. */
  accPolicy?: AccumulationPolicy | 'auto';
  /** What sums are held in: float32, when the input is of a half type. Default: by policy, device and dtype. */
  accDtype?: DTypeLike | null;
}
const DEFAULTS: Required<LinearCrossEntropyOptionsInit> = {
  allowRetainGraph: false,
  batchChunkSize: null,
  chunkingMethod: 'auto',
  accPolicy: 'auto',
  accDtype: null,
};
const OPTIONS = signature('LinearCrossEntropyOptions', [], DEFAULTS);

/** What `'auto'` and `null` stand for, for one call. */
export interface ChunkSettings {
  rows: number;
  policy: AccumulationPolicy;
  accDtype: DType;
  allowRetainGraph: boolean;
}

const POLICIES: readonly string[] = ['auto', 'accurate', 'balanced', 'compact'];
const ACC_DTYPES: readonly DType[] = [float16, bfloat16, float32, float64];
const isHalf = (dtype: DType): boolean => dtype === float16 || dtype === bfloat16;

/**
 * How `F.linearCrossEntropy` goes over the rows in chunks, and never holds all scores at once.
 *
 * @throws ValueError for a value that is not one of those said.
 */
export class LinearCrossEntropyOptions {
  readonly allowRetainGraph: boolean;
  readonly batchChunkSize: number | null;
  readonly chunkingMethod: ChunkingMethod | null;
  readonly accPolicy: AccumulationPolicy | 'auto';
  readonly accDtype: DType | null;

  constructor(
    ...args: Call<
      typeof OPTIONS,
      [],
      [
        allowRetainGraph: boolean,
        batchChunkSize: number | null,
        chunkingMethod: ChunkingMethod | null,
        accPolicy: AccumulationPolicy | 'auto',
        accDtype: DTypeLike | null,
      ]
    >
  ) {
    const [given] = OPTIONS.bind(args);
    this.allowRetainGraph = given.allowRetainGraph;
    this.batchChunkSize = given.batchChunkSize;
    this.chunkingMethod = given.chunkingMethod;
    this.accPolicy = given.accPolicy;
    this.accDtype = given.accDtype === null ? null : (asDType(given.accDtype) ?? null);
    this.#check(given.accDtype);
  }

  #check(accDtype: unknown): void {
    const { accPolicy, chunkingMethod, batchChunkSize } = this;
    if (!POLICIES.includes(accPolicy)) throw valueError(`invalid acc_policy: ${repr(accPolicy)}`);
    const known =
      chunkingMethod === null || /^(auto|aspect_ratio(:0*[1-9]\d*)?)$/.test(String(chunkingMethod));
    if (!known) throw valueError(`invalid chunking_method: ${repr(chunkingMethod)}`);
    if (batchChunkSize !== null && !(Number.isInteger(batchChunkSize) && batchChunkSize > 0)) {
      throw valueError(`batch_chunk_size must be positive int or None, got ${repr(batchChunkSize)}`);
    }
    if (accDtype !== null && !(this.accDtype && ACC_DTYPES.includes(this.accDtype))) {
      throw valueError(
        'acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got ' +
          `${repr(this.accDtype ?? accDtype)}. Pass acc_dtype=None to let the op pick automatically.`,
      );
    }
  }

  /** @internal */
  settings(
    batches: number,
    inFeatures: number,
    classes: number,
    dtype: DType,
    device: Device,
  ): ChunkSettings {
    const onCpu = device.type === 'cpu' && isHalf(dtype);
    const policy = this.accPolicy === 'auto' ? (onCpu ? 'accurate' : 'compact') : this.accPolicy;
    let method = this.chunkingMethod;
    if (method === 'auto') {
      if (this.batchChunkSize !== null) method = null;
      else method = onCpu ? 'aspect_ratio' : 'aspect_ratio:2';
    }
    const rows = this.#rows(method, batches, inFeatures, classes);
    const accDtype = this.accDtype ?? this.#autoDtype(dtype, device);
    return { rows: Math.max(1, rows), policy, accDtype, allowRetainGraph: this.allowRetainGraph };
  }

  #rows(method: ChunkingMethod | null, batches: number, inFeatures: number, classes: number): number {
    const { batchChunkSize } = this;
    if (method === null) return Math.min(batchChunkSize ?? batches, batches);
    const target = Math.ceil(batches / Math.ceil(classes / inFeatures));
    let rows = 1;
    while (rows < target) rows *= 2;
    rows = Math.min(Math.floor(rows / Number(method.split(':')[1] ?? 1)), batches);
    if (batchChunkSize !== null && batchChunkSize !== rows) {
      throw valueError(
        `batch_chunk_size (=${batchChunkSize}) and chunking_method ('${method}') give different chunk sizes ` +
          `(${batchChunkSize} vs ${rows}); pass only one.`,
      );
    }
    return rows;
  }

  // Differs from PyTorch: `torch.nn.functional.linearCrossEntropy` assumes that a GPU multiplies half types into
  // float32, which those before compute capability 8.0 cannot with bfloat16; pass `accDtype` there.
  #autoDtype(dtype: DType, device: Device): DType {
    const mixed = this.accPolicy === 'auto' && isHalf(dtype) && ['cpu', 'cuda'].includes(device.type);
    return mixed ? float32 : dtype;
  }

  /** What Python prints. */
  toString(): string {
    return (
      `LinearCrossEntropyOptions(allow_retain_graph=${repr(this.allowRetainGraph)}, ` +
      `batch_chunk_size=${repr(this.batchChunkSize)}, chunking_method=${repr(this.chunkingMethod)}, ` +
      `acc_policy=${repr(this.accPolicy)}, acc_dtype=${repr(this.accDtype)})`
    );
  }
}
