/** Memory layouts and memory formats: constants of torch, in camelCase. */

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
  toString(): string {
    return `torch.${this.name}`;
  }
}

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
  toString(): string {
    return `torch.${this.name}`;
  }
}

export const strided = new Layout('strided', 0);
export const sparseCoo = new Layout('sparse_coo', 1);
export const sparseCsr = new Layout('sparse_csr', 2);
export const sparseCsc = new Layout('sparse_csc', 4);
export const sparseBsr = new Layout('sparse_bsr', 5);
export const sparseBsc = new Layout('sparse_bsc', 6);
export const jagged = new Layout('jagged', 7);
const mkldnn = new Layout('_mkldnn', 3);

export const contiguousFormat = new MemoryFormat('contiguous_format', 0);
export const preserveFormat = new MemoryFormat('preserve_format', 1);
export const channelsLast = new MemoryFormat('channels_last', 2);
export const channelsLast3d = new MemoryFormat('channels_last_3d', 3);

const layouts = [strided, sparseCoo, sparseCsr, mkldnn, sparseCsc, sparseBsr, sparseBsc, jagged];

/** @internal */
export function layoutOfCode(code: number): Layout {
  return layouts[code];
}
