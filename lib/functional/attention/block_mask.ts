import { checkMethods } from '../../core/calls';
import { argumentError, checkFunction, TorchError } from '../../core/errors';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import type { DeviceLike } from '../../core/device';
import { vmap } from '../../func/vmap';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';

/** Whether a query sees a key: a boolean tensor. */
export type MaskMod = (b: Tensor, h: Tensor, qIdx: Tensor, kvIdx: Tensor) => Tensor;
type OfIndices = (...args: Tensor[]) => Tensor;

const INDICES: (number | null)[][] = [
  [null, null, null, 0],
  [null, null, 0, null],
  [null, 0, null, null],
  [0, null, null, null],
];
/** `fn` over batches, heads, queries and keys; what comes before and behind is mapped each time. */
export const mapped = (fn: OfIndices, before: number[], behind: number[] = []): OfIndices =>
  INDICES.reduce((inner, dims) => vmap(inner, { inDims: [...before, ...dims, ...behind] }), fn);
export const indices = (sizes: readonly number[], device: DeviceLike): Tensor[] =>
  sizes.map((size) => aten.arange(0, size, 1, { device }));

interface MaskOptions {
  /** Default: the CPU. */
  device?: DeviceLike | null;
}
type Sizes = [maskMod: MaskMod, B: number | null, H: number | null, QLen: number, KVLen: number];
const sizesOf = [
  value<MaskMod>()('maskMod'),
  value<number | null>()('B'),
  value<number | null>()('H'),
  value<number>()('QLen'),
  value<number>()('KVLen'),
] as const;
const CREATE_MASK = signature('createMask', sizesOf, { device: null } as Required<MaskOptions>);

/**
 * The mask `(B, H, QLen, KVLen)` of a function of places (`torch.nn.attention.flex_attention.create_mask`). B and H are 1
 * where they are null.
 */
export function createMask(...args: Call<typeof CREATE_MASK, Sizes, [device: DeviceLike | null]>): Tensor {
  const [maskMod, B, H, QLen, KVLen, { device }] = CREATE_MASK.bind(args);
  checkFunction('createMask', 'maskMod', maskMod);
  return mapped(maskMod as OfIndices, [])(...indices([B ?? 1, H ?? 1, QLen, KVLen], device ?? 'cpu'));
}

/** Options of `torch.nn.attention.createBlockMask`. */
export interface BlockMaskOptions extends MaskOptions {
  /** Of queries and keys, or of each. Default: 128. */
  BLOCK_SIZE?: number | readonly [query: number, key: number];
  /** Whether blocks that are seen whole are apart. Default: `true`. */
  separateFullBlocks?: boolean;
}
const CREATE = signature(
  'createBlockMask',
  sizesOf,
  { device: null, BLOCK_SIZE: 128, separateFullBlocks: true } as Required<BlockMaskOptions>,
  ['device'],
);

interface Blocks {
  counts: Tensor;
  columns: Tensor;
}

// The columns of each row, those that are there first.
function order(dense: Tensor): Blocks {
  const numbers = dense.to('int32');
  return {
    counts: numbers.sum(-1).to('int32').contiguous(),
    columns: aten.argsort(numbers, { stable: true, dim: -1, descending: true }).to('int32').contiguous(),
  };
}

function spread({ counts, columns }: Blocks): Tensor {
  const across = columns.shape.at(-1)!;
  const isThere = aten.lt(aten.arange(0, across, 1, { device: columns.device }), counts.unsqueeze(-1));
  return aten.zerosLike(columns).scatter(-1, columns.long(), isThere.to('int32'));
}

/**
 * Which blocks of keys each block of queries sees, and the function of the mask
 * (`torch.nn.attention.flex_attention.BlockMask`). `createBlockMask` makes it.
 */
export class BlockMask {
  readonly kvNumBlocks: Tensor;
  readonly kvIndices: Tensor;
  readonly fullKvNumBlocks: Tensor | null;
  readonly fullKvIndices: Tensor | null;
  readonly qNumBlocks: Tensor;
  readonly qIndices: Tensor;
  readonly fullQNumBlocks: Tensor | null;
  readonly fullQIndices: Tensor | null;

  /** @internal */
  constructor(
    partial: Tensor,
    full: Tensor | null,
    readonly seqLengths: readonly [query: number, key: number],
    readonly BLOCK_SIZE: readonly [query: number, key: number],
    readonly maskMod: MaskMod,
  ) {
    ({ counts: this.kvNumBlocks, columns: this.kvIndices } = order(partial));
    ({ counts: this.qNumBlocks, columns: this.qIndices } = order(partial.transpose(-2, -1)));
    const [rows, columns] = full === null ? [null, null] : [order(full), order(full.transpose(-2, -1))];
    [this.fullKvNumBlocks, this.fullKvIndices] = [rows?.counts ?? null, rows?.columns ?? null];
    [this.fullQNumBlocks, this.fullQIndices] = [columns?.counts ?? null, columns?.columns ?? null];
  }
  /** `(B, H, QLen, KVLen)` */
  get shape(): number[] {
    return [...this.kvIndices.shape.slice(0, -2), ...this.seqLengths];
  }
  /** How many elements the whole mask has. */
  numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }
  /** How many percent of the mask are in blocks that nobody sees. */
  sparsity(): number {
    const blocks = [this.kvNumBlocks, this.fullKvNumBlocks].map((counts) =>
      Number(counts?.sum().item() ?? 0),
    );
    return 100 * (1 - ((blocks[0] + blocks[1]) * this.BLOCK_SIZE[0] * this.BLOCK_SIZE[1]) / this.numel());
  }
  /** Which blocks are seen at all: `(B, H, blocks of queries, blocks of keys)`. */
  toDense(): Tensor {
    const partial = spread({ counts: this.kvNumBlocks, columns: this.kvIndices });
    if (this.fullKvNumBlocks === null) return partial;
    return aten.bitwiseOr(partial, spread({ counts: this.fullKvNumBlocks, columns: this.fullKvIndices! }));
  }
}
checkMethods('BlockMask', BlockMask, 'numel()', 'sparsity()', 'toDense()');

function blockSizes(given: unknown): [query: number, key: number] {
  const sizes: unknown[] = Array.isArray(given) ? given : [given, given];
  if (sizes.length === 2 && sizes.every((size) => Number.isInteger(size) && (size as number) > 0))
    return sizes as [number, number];
  throw argumentError('createBlockMask', 'BLOCK_SIZE', 'a positive integer or two', given);
}

/**
 * The blocks that a function of places leaves to be seen (`torch.nn.attention.flex_attention.create_block_mask`), for
 * {@link flexAttention}. B and H are 1 where they are null: of all batches and heads.
 *
 * @example
 * const causal = (b: Tensor, h: Tensor, q: Tensor, kv: Tensor) => q.ge(kv);
 * torch.nn.attention.createBlockMask(causal, null, null, 256, 256).sparsity(); // 25
 */
export function createBlockMask(...args: Call<typeof CREATE, Sizes, [device: DeviceLike | null]>): BlockMask {
  const [maskMod, B, H, QLen, KVLen, { device, BLOCK_SIZE, separateFullBlocks }] = CREATE.bind(args);
  checkFunction('createBlockMask', 'maskMod', maskMod);
  const size = blockSizes(BLOCK_SIZE);
  const mask = createMask(maskMod, B, H, QLen, KVLen, { device });
  if (mask.dtype.name !== 'bool')
    throw new TorchError(`mask.dtype must be torch.bool, got ${mask.dtype}`, 'AssertionError');
  const [queries, keys] = [Math.ceil(QLen / size[0]), Math.ceil(KVLen / size[1])];
  const padded = aten.constantPadNd(mask, [0, keys * size[1] - KVLen, 0, queries * size[0] - QLen], 0);
  const seen = padded.view([mask.shape[0], mask.shape[1], queries, size[0], keys, size[1]]).sum([3, 5]);
  const whole = size[0] * size[1];
  const some = seen.gt(0);
  if (!separateFullBlocks) return new BlockMask(some, null, [QLen, KVLen], size, maskMod);
  return new BlockMask(aten.logicalAnd(some, seen.lt(whole)), seen.eq(whole), [QLen, KVLen], size, maskMod);
}

const combined =
  (name: string, start: (b: Tensor) => Tensor, join: (a: Tensor, b: Tensor) => Tensor) =>
  (...maskMods: MaskMod[]): MaskMod => {
    for (const maskMod of maskMods) checkFunction(name, 'maskMods', maskMod);
    return (b, h, q, kv) => maskMods.reduce((seen, maskMod) => join(seen, maskMod(b, h, q, kv)), start(b));
  };

/** The function of a mask that shows what any of `maskMods` does. */
export const orMasks = combined('orMasks', (b) => b.newZeros([], { dtype: 'bool' }), aten.bitwiseOr);
/** The function of a mask that shows what all of `maskMods` do. */
export const andMasks = combined('andMasks', (b) => b.newOnes([], { dtype: 'bool' }), aten.bitwiseAnd);
