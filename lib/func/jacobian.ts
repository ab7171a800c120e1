import * as aten from '../tensor/aten';
import { dualLevel, makeDual, unpackDual, withForwardGrad } from '../autograd/forward_ad';
import { TorchError, TorchRangeError, checkFunction } from '../core/errors';
import { callable, value } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { atLevel, Scope } from '../native/scope';
import { checkTensor } from '../native/tensor_base';
import { Tensor } from '../tensor';
import {
  type Argnums,
  outputAndAux,
  replaceArgs,
  sliceArgs,
  tensorLeaves,
  unwrapAll,
  type VjpFunction,
  vjpOf,
  wrapAll,
} from './grad';
import * as tree from './tree';
import { vmap, type VmapOptions } from './vmap';

type Func = (...args: never[]) => unknown;

/** Options of `torch.func.jacrev` and `jacfwd`. */
export interface JacobianOptions {
  /** Which arguments are differentiated. Default: 0, the first. */
  argnums?: Argnums;
  /** Whether the function returns `[output, aux]`, `aux` not differentiated. Default: `false`. */
  hasAux?: boolean;
}

/** Options of `torch.func.jvp`. */
export interface JvpOptions {
  /** Whether an output that depends on no input is an error. Default: `false`. */
  strict?: boolean;
  hasAux?: boolean;
}

const what = 'jvp(f, primals, tangents)';
let nesting = 0;

function jvpLeaves(value: unknown, name: string): Tensor[] {
  const { leaves } = tree.flatten(value);
  if (leaves.length === 0) throw new TorchError(`${what}: Expected ${name} to be non-empty`);
  const wrong = leaves.findIndex((leaf) => !(leaf instanceof Tensor)); // which may be undefined itself
  if (wrong < 0) return leaves as Tensor[];
  throw new TorchError(`${what}: Expected ${name} to only contain Tensors, got ${typeof leaves[wrong]}`);
}

interface Pushed {
  output: unknown;
  tangents: unknown;
  aux: unknown;
}

function push(
  func: Func,
  args: readonly unknown[],
  tangents: unknown,
  argnums: Argnums | null,
  { strict, hasAux }: Required<JvpOptions>,
): Pushed {
  const inputs = argnums === null ? args : sliceArgs(args, argnums);
  checkFunction('jvp', 'func', func);
  const primals = tree.flatten(inputs);
  const given = tree.flatten(tangents);
  if (!tree.sameSpec(primals.spec, given.spec)) {
    throw new TorchError(
      `${what}: Expected primals and tangents to have the same python structure. For example, if primals is a ` +
        'tuple of 3 tensors, tangents also must be. Got primals with structure ' +
        `${tree.specText(primals.spec)} and tangents with structure ${tree.specText(given.spec)}`,
    );
  }
  const primalLeaves = jvpLeaves(inputs, 'primals');
  const tangentLeaves = jvpLeaves(tangents, 'tangents');
  return atLevel(Scope.jvpLevel, (level) => {
    const around = nesting;
    try {
      nesting = around + 1;
      return withForwardGrad(true, () => (around === 0 ? dualLevel(() => pushAt(level)) : pushAt(level)));
    } finally {
      nesting = around;
    }
  });

  function pushAt(level: number): Pushed {
    const duals = tree.unflatten(
      primalLeaves.map((primal, i) => makeDual(primal, tangentLeaves[i])),
      primals.spec,
    ) as unknown[];
    const all = argnums === null ? duals : replaceArgs(wrapAll(args, level) as unknown[], duals, argnums);
    const [result, aux] = outputAndAux(func(...(all as never[])), hasAux, what);
    const { spec } = tree.flatten(result);
    const unpacked = tensorLeaves(result, what).map((dual) => {
      const { primal, tangent } = unpackDual(dual);
      if (tangent === null && strict) {
        throw new TorchError(
          'jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. ' +
            'This is not allowed with strict=True.',
        );
      }
      return { primal, tangent: tangent ?? aten.zerosLike(primal) };
    });
    const gather = (part: 'primal' | 'tangent') =>
      unwrapAll(
        tree.unflatten(
          unpacked.map((one) => one[part]),
          spec,
        ),
        level,
      );
    return {
      output: gather('primal'),
      tangents: gather('tangent'),
      aux: hasAux ? unwrapAll(aux, level) : undefined,
    };
  }
}

const JVP = signature(
  'jvp',
  [callable<Func>()('func'), value<readonly unknown[]>()('primals'), value<readonly unknown[]>()('tangents')],
  { strict: false, hasAux: false } as Required<JvpOptions>,
  [],
);

/**
 * The output at `primals` and the product of the Jacobian there with `tangents`, by forward-mode AD
 * (`torch.func.jvp`). Both are lists with an entry for each argument of `func`.
 */
export function jvp(
  ...args: Call<typeof JVP, [func: Func, primals: readonly unknown[], tangents: readonly unknown[]]>
): [tree.Tree, tree.Tree, tree.Tree?] {
  const [func, primals, tangents, options] = JVP.bind(args);
  if (!Array.isArray(primals)) {
    throw new TorchError(
      `${what}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).`,
    );
  }
  const { output, tangents: out, aux } = push(func, primals, tangents, null, options);
  return options.hasAux ? [output, out, aux] : [output, out];
}

function refuseComplex(name: string, value: unknown, side: 'inputs' | 'outputs'): void {
  tree.flatten(value).leaves.forEach((leaf, i) => {
    if (!(leaf instanceof Tensor) || !leaf.isComplex()) return;
    throw new TorchError(
      `${name}: Expected all ${side} to be real but received complex tensor at flattened input idx: ${i}`,
    );
  });
}

// Rows of the identity, cut to the shapes of `tensors`: rows `from` to `to` of all their elements.
function basis(tensors: Tensor[], from: number, to: number): Tensor[] {
  let before = 0;
  return tensors.map((tensor) => {
    const size = tensor.numel();
    const rows = tensor.newZeros([to - from, size]);
    rows.diagonal(from - before).fill_(1);
    before += size;
    return rows.view([to - from, ...tensor.shape]);
  });
}

function allRows(pull: VjpFunction, rows: Tensor[], spec: tree.TreeSpec): Tensor[] {
  return tree.flatten(vmap((row: unknown) => pull(row))(tree.unflatten(rows, spec))).leaves as Tensor[];
}

function oneRow(pull: VjpFunction, rows: Tensor[], spec: tree.TreeSpec): Tensor[] {
  const row = tree.unflatten(
    rows.map((one) => one.squeeze(0)),
    spec,
  );
  return (tree.flatten(pull(row)).leaves as Tensor[]).map((gradient) => gradient.unsqueeze(0));
}

const numels = (tensors: Tensor[]): number[] => tensors.map((tensor) => tensor.numel());
const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

interface JacrevOptions extends JacobianOptions {
  /** How many rows to compute at once. Default: all. */
  chunkSize?: number | null;
}
const JACREV = signature(
  'jacrev',
  [callable<Func>()('func')],
  { argnums: 0, hasAux: false, chunkSize: null } as Required<JacrevOptions>,
  ['argnums'],
);

/**
 * The Jacobian function of `func`, row by row through {@link vjp} (`torch.func.jacrev`). Nested as
 * outputs, within them as inputs; each of the shape `[...output, ...input]`.
 */
export function jacrev<Args extends unknown[], Out = Tensor>(
  ...given: Call<typeof JACREV, [func: (...args: Args) => unknown], [argnums: Argnums]>
): (...args: Args) => Out {
  const [func, { argnums, hasAux, chunkSize }] = JACREV.bind(given);
  if (chunkSize !== null && !(chunkSize > 0)) {
    throw new TorchRangeError('jacrev: `chunk_size` should be greater than 0.');
  }
  return (...args) => {
    refuseComplex('jacrev', args, 'inputs');
    const { output, pull, aux } = vjpOf(func, args, argnums, hasAux);
    refuseComplex('jacrev', output, 'outputs');
    const outputs = tree.flatten(output);
    const outTensors = outputs.leaves as Tensor[];
    const inputs = tree.flatten(sliceArgs(args, argnums));
    const inTensors = inputs.leaves as Tensor[];
    const total = sum(numels(outTensors));
    const step = chunkSize !== null && chunkSize < total ? chunkSize : total;
    const chunks: Tensor[][] = [];
    for (let from = 0; from === 0 || from < total; from += step || 1) {
      const rows = basis(outTensors, from, Math.min(from + step, total));
      chunks.push(chunkSize === 1 ? oneRow(pull, rows, outputs.spec) : allRows(pull, rows, outputs.spec));
    }
    const stacked = inTensors.map((_, i) =>
      chunks.length === 1 ? chunks[0][i] : aten.cat(chunks.map((chunk) => chunk[i])),
    );
    const parts = stacked.map((rows, i) =>
      (aten.split(rows, numels(outTensors)) as Tensor[]).map((part, o) =>
        part.view([...outTensors[o].shape, ...inTensors[i].shape]),
      ),
    );
    const jacobian = outTensors.map((_, o) => {
      const row = tree.unflatten(
        parts.map((part) => part[o]),
        inputs.spec,
      ) as unknown[];
      return typeof argnums === 'number' ? row[0] : row;
    });
    const result = tree.unflatten(jacobian, outputs.spec);
    return (hasAux ? [result, aux] : result) as Out;
  };
}

type JacfwdOptions = JacobianOptions & Pick<VmapOptions, 'randomness'>;
const JACFWD = signature(
  'jacfwd',
  [callable<Func>()('func')],
  { argnums: 0, hasAux: false, randomness: 'error' } as Required<JacfwdOptions>,
  ['argnums', 'hasAux'],
);

/**
 * The Jacobian function of `func`, column by column through {@link jvp} (`torch.func.jacfwd`): the
 * better one where there are fewer inputs than outputs.
 */
export function jacfwd<Args extends unknown[], Out = Tensor>(
  ...given: Call<typeof JACFWD, [func: (...args: Args) => unknown], [argnums: Argnums, hasAux: boolean]>
): (...args: Args) => Out {
  const [func, { argnums, hasAux, randomness }] = JACFWD.bind(given);
  return (...args) => {
    refuseComplex('jacfwd', args, 'inputs');
    const inputs = tree.flatten(sliceArgs(args, argnums));
    const inTensors = inputs.leaves as Tensor[];
    for (const leaf of inTensors) checkTensor('jacfwd', 'args', leaf);
    const columns = tree.unflatten(basis(inTensors, 0, sum(numels(inTensors))), inputs.spec);
    const results = vmap(
      (column: unknown) => {
        const { output, tangents, aux } = push(func, args, column, argnums, { strict: false, hasAux });
        refuseComplex('jacfwd', output, 'outputs');
        return hasAux ? [tangents, aux] : tangents;
      },
      { randomness },
    )(columns);
    const [tangents, aux] = hasAux ? (results as [unknown, unknown]) : [results, undefined];
    const { leaves, spec } = tree.flatten(tangents);
    const jacobian = (leaves as Tensor[]).map((columnsOfOutput) => {
      const parts = aten.split(columnsOfOutput.movedim(0, -1), numels(inTensors), -1) as Tensor[];
      const shaped = parts.map((part, i) => {
        const { shape } = inTensors[i];
        return shape.length === 0 ? part.squeeze(-1) : part.unflatten(-1, shape);
      });
      const row = tree.unflatten(shaped, inputs.spec) as unknown[];
      return typeof argnums === 'number' ? row[0] : row;
    });
    const result = tree.unflatten(jacobian, spec);
    if (!hasAux) return result as Out;
    return [result, tree.map(aux, (leaf) => (leaf as Tensor).select(0, 0))] as Out;
  };
}

const HESSIAN = signature('hessian', [callable<Func>()('func')], { argnums: 0 as Argnums });

/** The Hessian function of a scalar function: {@link jacfwd} of {@link jacrev} (`torch.func.hessian`). */
export function hessian<Args extends unknown[], Out = Tensor>(
  ...given: Call<typeof HESSIAN, [func: (...args: Args) => unknown], [argnums: Argnums]>
): (...args: Args) => Out {
  const [func, { argnums }] = HESSIAN.bind(given);
  return jacfwd(jacrev(func as (...args: Args) => unknown, { argnums }), { argnums });
}
