/** Memory layouts and memory formats: constants of torch, in camelCase. */
import { bindArguments, checkMethods } from './calls';

/** How a tensor stores its elements, for example `torch.strided`. */
export class Layout {
  /** @internal */
  readonly layoutCode: number;
  /** @internal */
  constructor(
    readonly name: string,
    code: number,
  ) {
    this.layoutCode = code;
    Object.freeze(this);
  }
  /** As Python writes it: `torch.strided`. */
  toString(): string {
    return `torch.${this.name}`;
  }
}
checkMethods('layout', Layout, 'toString()');

/** The order of a dense tensor's dimensions in memory, for example `torch.channelsLast`. */
export class MemoryFormat {
  /** @internal */
  readonly memoryFormatCode: number;
  /** @internal */
  constructor(
    readonly name: string,
    code: number,
  ) {
    this.memoryFormatCode = code;
    Object.freeze(this);
  }
  /** As Python writes it: `torch.channels_last`. */
  toString(): string {
    return `torch.${this.name}`;
  }
}
checkMethods('memory_format', MemoryFormat, 'toString()');

/** Ordinary tensors: each element has its place in memory. */
export const strided = new Layout('strided', 0);
/** Elements with their indices. */
export const sparseCoo = new Layout('sparse_coo', 1);
/** Matrices by rows: where each row begins, and the columns of its elements. */
export const sparseCsr = new Layout('sparse_csr', 2);
/** Matrices by columns: where each column begins, and the rows of its elements. */
export const sparseCsc = new Layout('sparse_csc', 4);
/** As `sparseCsr`, of blocks. */
export const sparseBsr = new Layout('sparse_bsr', 5);
/** As `sparseCsc`, of blocks. */
export const sparseBsc = new Layout('sparse_bsc', 6);
/** Nested tensors whose rows have their own lengths. */
export const jagged = new Layout('jagged', 7);
const mkldnn = new Layout('_mkldnn', 3);

/** The last dimension is together in memory. */
export const contiguousFormat = new MemoryFormat('contiguous_format', 0);
/** As the input. */
export const preserveFormat = new MemoryFormat('preserve_format', 1);
/** The channels of images `(N, C, H, W)` are together in memory. */
export const channelsLast = new MemoryFormat('channels_last', 2);
/** The channels of volumes `(N, C, D, H, W)` are together in memory. */
export const channelsLast3d = new MemoryFormat('channels_last_3d', 3);

const layouts = [strided, sparseCoo, sparseCsr, mkldnn, sparseCsc, sparseBsr, sparseBsc, jagged];

/** @internal */
export function layoutOfCode(...args: [code: number]): Layout {
  const [code] = bindArguments('layoutOfCode(code)', args);
  return layouts[code];
}

const memoryFormats = [contiguousFormat, preserveFormat, channelsLast, channelsLast3d];

/** @internal */
export function memoryFormatOfCode(...args: [code: number]): MemoryFormat {
  const [code] = bindArguments('memoryFormatOfCode(code)', args);
  return memoryFormats[code];
}
