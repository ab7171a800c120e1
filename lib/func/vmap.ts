import * as aten from '../tensor/aten';
import { wrap } from '../native/dispatch';
import { TorchError, TorchRangeError, valueError } from '../core/errors';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { atLevel, Scope } from '../native/scope';
import { getRngState, setRngState } from '../tensor/random';
import { Tensor } from '../tensor';
import * as tree from './tree';

type Dim = number | null;
/** A dimension, null for "not mapped", or nested as the arguments or results are. */
export type Dims = Dim | readonly Dims[] | { readonly [key: string]: Dims } | ReadonlyMap<unknown, Dims>;

/** Options of `torch.vmap`. */
export interface VmapOptions {
  /** Which dimension of each input is mapped over. Default: 0, of every input. */
  inDims?: Dims;
  /** Where the mapped dimension stands in each output. Default: 0. */
  outDims?: Dims;
  /** Whether random operators raise an error, or draw the same or different numbers for each sample. */
  randomness?: Randomness;
  /** How many samples to compute at once. Default: all. */
  chunkSize?: number | null;
}
type Func = (...args: never[]) => unknown;
const VMAP = signature(
  'vmap',
  [callable<Func>()('func')],
  { inDims: 0, outDims: 0, randomness: 'error', chunkSize: null } as Required<VmapOptions>,
  ['inDims', 'outDims', 'randomness'],
);
type Randomness = 'error' | 'same' | 'different';

/**
 * `func` over a batch: it is written for one sample, and runs once, on all of them (`torch.func.vmap`).
 * Arguments and results may be nested arrays, plain objects and Maps.
 *
 * @example
 * const dot = torch.func.vmap((x: Tensor, y: Tensor) => x.dot(y));
 * dot(torch.randn([5, 3]), torch.randn([5, 3])).shape; // [5]
 * @throws ValueError where `inDims` or `outDims` does not fit.
 */
export function vmap<Args extends unknown[], Out>(
  ...all: Call<
    typeof VMAP,
    [func: (...args: Args) => Out],
    [inDims: Dims, outDims: Dims, randomness: Randomness]
  >
): (...args: Args) => Out {
  const [func, given] = VMAP.bind(all);
  if (!['error', 'different', 'same'].includes(given.randomness)) {
    throw new TorchError(
      `Only allowed values for randomness are 'error', 'different', or 'same'. Got ${String(given.randomness)}`,
    );
  }
  if (given.chunkSize !== null && !(given.chunkSize > 0)) {
    throw new TorchRangeError(`vmap: chunk_size should be None or greater than 0. (got ${given.chunkSize})`);
  }
  return (...args) => new Mapping(func as (...args: unknown[]) => unknown, given).run(args) as Out;
}

// One call of a mapped function.
class Mapping {
  readonly #name: string;

  constructor(
    readonly func: (...args: unknown[]) => unknown,
    readonly options: Required<VmapOptions>,
  ) {
    this.#name = func.name || '<lambda>';
  }

  run(args: unknown[]): unknown {
    const { leaves, spec } = tree.flatten(args);
    const dims = this.#dims(args, leaves, spec);
    const size = batchSize(leaves, dims);
    const { chunkSize } = this.options;
    if (chunkSize === null) return this.#flat(leaves, dims, size, spec);
    return this.#chunked(leaves, dims, size, spec, Number(chunkSize)); // which may be a bigint
  }

  #dims(args: unknown[], leaves: unknown[], spec: tree.TreeSpec): Dim[] {
    const { inDims } = this.options;
    const call = `vmap(${this.#name}, in_dims=${text(inDims)}, ...)(<inputs>)`;
    if (typeof inDims !== 'number' && !Array.isArray(inDims)) {
      throw valueError(
        `${call}: expected \`in_dims\` to be int or a (potentially nested) tuple matching the structure of inputs, ` +
          `got: ${inDims === null ? 'null' : typeof inDims}.`,
      );
    }
    if (args.length === 0) {
      throw valueError(
        `vmap(${this.#name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to ` +
          'vmap over a function with no inputs. The latter is unsupported.',
      );
    }
    const dims = tree.broadcast(inDims, spec);
    if (dims === null) {
      throw valueError(
        `${call}: in_dims is not compatible with the structure of \`inputs\`. in_dims has structure ` +
          `${tree.specText(tree.flatten(inDims).spec)} but inputs has structure ${tree.specText(spec)}.`,
      );
    }
    return dims.map((dim, i) => checkedDim(call, dim, leaves[i]));
  }

  #flat(leaves: unknown[], dims: Dim[], size: number, spec: tree.TreeSpec): unknown {
    const atThis = (level: number): unknown => {
      const batched = leaves.map((leaf, i) => {
        const dim = dims[i];
        return dim === null ? leaf : wrap(native.addBatchDim(leaf as Tensor, dim, level));
      });
      const output = this.func(...(tree.unflatten(batched, spec) as unknown[]));
      return this.#unwrap(output, level, size);
    };
    return atLevel(Scope.vmap, atThis, size, this.options.randomness);
  }

  #unwrap(output: unknown, level: number, size: number): unknown {
    const { leaves, spec } = tree.flatten(output);
    const dims = this.#outDims(spec);
    const unbatched = leaves.map((leaf, i) => {
      const dim = dims[i];
      if (dim === null && leaf instanceof Tensor && native.isBatched(leaf, level)) {
        throw valueError(
          `vmap(${this.#name}, ...): \`${this.#name}\` can not return a BatchedTensor when out_dim is None`,
        );
      }
      if (dim === null) return leaf;
      if (!(leaf instanceof Tensor)) {
        throw valueError(
          `vmap(${this.#name}, ...): \`${this.#name}\` must only return Tensors, got type ${typeof leaf}. ` +
            'Did you mean to set out_dims= to None for output?',
        );
      }
      const at = dim < 0 ? dim + leaf.dim() + 1 : dim;
      return wrap(native.removeBatchDim(leaf, level, size, at));
    });
    return tree.unflatten(unbatched, spec);
  }

  #outDims(spec: tree.TreeSpec): Dim[] {
    const { outDims } = this.options;
    const single = spec === null && Array.isArray(outDims) && outDims.length === 1;
    const dims = tree.broadcast(single ? (outDims as Dims[])[0] : outDims, spec);
    if (dims === null) {
      throw valueError(
        `vmap(${this.#name}, ..., out_dims=${text(outDims)})(<inputs>): out_dims is not compatible with the ` +
          `structure of \`outputs\`. out_dims has structure ${tree.specText(tree.flatten(outDims).spec)} ` +
          `but outputs has structure ${tree.specText(spec)}.`,
      );
    }
    if (dims.some((dim) => dim !== null && !Number.isInteger(dim))) {
      throw valueError(
        `vmap(${this.#name}, ..., out_dims=${text(outDims)}): \`out_dims\` must be an int, None or a python ` +
          'collection of ints representing where in the outputs the vmapped dimension should appear.',
      );
    }
    return dims as Dim[];
  }

  #chunked(leaves: unknown[], dims: Dim[], size: number, spec: tree.TreeSpec, chunkSize: number): unknown {
    const state = this.options.randomness === 'same' ? getRngState() : null;
    const chunks: unknown[][] = [];
    let outSpec: tree.TreeSpec = null;
    for (let start = 0; start < size; start += chunkSize) {
      const length = Math.min(chunkSize, size - start);
      const part = leaves.map((leaf, i) => {
        const dim = dims[i];
        return dim === null ? leaf : (leaf as Tensor).narrow(dim, start, length);
      });
      if (state) setRngState(state);
      const output = tree.flatten(this.#flat(part, dims, length, spec));
      outSpec = output.spec;
      chunks.push(output.leaves);
    }
    if (chunks.length === 0) throw new TorchError('vmap: nothing to map over in chunks', 'AssertionError');
    const outDims = this.#outDims(outSpec);
    const joined = chunks[0].map((_, i) =>
      aten.cat(
        chunks.map((chunk) => chunk[i] as Tensor),
        outDims[i] ?? 0,
      ),
    );
    return tree.unflatten(joined, outSpec);
  }
}

function checkedDim(call: string, dim: unknown, leaf: unknown): Dim {
  if (dim === null) return null;
  if (typeof dim !== 'number' || !Number.isInteger(dim)) {
    throw valueError(
      `${call}: Got in_dim=${String(dim)} for an input but in_dim must be either an integer dimension or None.`,
    );
  }
  if (!(leaf instanceof Tensor)) {
    throw valueError(
      `${call}: Got in_dim=${dim} for an input but the input is of type ${typeof leaf}. ` +
        'We cannot vmap over non-Tensor arguments, please use None as the respective in_dim',
    );
  }
  const dims = leaf.dim();
  if (dim < -dims || dim >= dims) {
    throw valueError(
      `${call}: Got in_dim=${dim} for some input, but that input is a Tensor of dimensionality ${dims} ` +
        `so expected in_dim to satisfy -${dims} <= in_dim < ${dims}.`,
    );
  }
  return dim < 0 ? dim + dims : dim;
}

function batchSize(leaves: unknown[], dims: Dim[]): number {
  const sizes = leaves.flatMap((leaf, i) => {
    const dim = dims[i];
    return dim === null ? [] : [(leaf as Tensor).shape[dim]];
  });
  if (sizes.length === 0) throw valueError('vmap: Expected at least one Tensor to vmap over');
  if (sizes.some((size) => size !== sizes[0])) {
    throw valueError(
      'vmap: Expected all tensors to have the same size in the mapped dimension, got sizes ' +
        `[${sizes.join(', ')}] for the mapped dimension`,
    );
  }
  return sizes[0];
}

function text(dims: unknown): string {
  if (dims === null) return 'None';
  return Array.isArray(dims) ? `(${dims.map(text).join(', ')})` : String(dims);
}
