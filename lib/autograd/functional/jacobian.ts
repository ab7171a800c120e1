// Whole Jacobians and Hessians.
import { callable, value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import { TorchError } from '../../core/errors';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { dualLevel, makeDual, unpackDual } from '../forward_ad';
import { legacyVmap } from '../legacy_vmap';
import { enableGrad } from '../mode';
import {
  checkNeeded,
  gradOf,
  listOf,
  notAllowed,
  outputsOf,
  prepare,
  type ProductOptions,
  scalarOutput,
  type TensorFunction,
  type Tensors,
} from './checks';

type Strategy = 'reverse-mode' | 'forward-mode';

/** Options of `torch.autograd.functional.jacobian`. */
export interface JacobianOptions extends ProductOptions {
  /** Whether to compute all rows at once, with vmap. Default: `false`. */
  vectorize?: boolean;
  /** `'forward-mode'` needs `vectorize`. Default: `'reverse-mode'`. */
  strategy?: Strategy;
}

/** Options of `torch.autograd.functional.hessian`. */
export interface HessianOptions extends ProductOptions {
  vectorize?: boolean;
  outerJacobianStrategy?: Strategy;
}

// Rows of the identity, cut to the sizes of `tensors`.
function basis(tensors: Tensor[]): Tensor[] {
  const sizes = tensors.map((tensor) => tensor.numel());
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  return tensors.map((tensor, i) => {
    const rows = tensor.newZeros([total, sizes[i]]);
    rows.diagonal(-before).fill_(1);
    before += sizes[i];
    return rows;
  });
}

const split = (rows: Tensor, like: Tensor[], dim = 0): Tensor[] =>
  aten.split(
    rows,
    like.map((tensor) => tensor.numel()),
    dim,
  ) as Tensor[];

function forwardJacobian(func: TensorFunction, inputs: Tensor[]): { rows: Tensor[][]; outIsList: boolean } {
  let shapes: (readonly number[])[] = [];
  let outIsList = false;
  const outputs = (...duals: Tensor[]): Tensor[] => {
    const [isList, outs] = listOf(func(...duals), 'outputs', 'jacobian');
    outIsList = isList;
    shapes = outs.map((out) => out.shape);
    return outs;
  };
  const columns = legacyVmap(
    (...tangents) =>
      dualLevel(() => {
        const duals = inputs.map((input, i) => makeDual(input, tangents[i].viewAs(input)));
        return outputs(...duals).map((dual) => {
          const { primal, tangent } = unpackDual(dual);
          return tangent ?? aten.zerosLike(primal);
        });
      }),
    basis(inputs),
  ) as Tensor[];
  const rows = columns.map((column, o) =>
    split(column, inputs).map((part, i) => part.movedim(0, -1).reshape([...shapes[o], ...inputs[i].shape])),
  );
  return { rows, outIsList };
}

function batchedJacobian(outs: Tensor[], ins: Tensor[], createGraph: boolean): Tensor[][] {
  const flat = outs.map((out) => out.reshape([-1]));
  const gradOutputs = basis(outs);
  const total = outs.reduce((sum, out) => sum + out.numel(), 0);
  const found = gradOf(flat, ins, gradOutputs, { createGraph, isGradsBatched: true });
  const stacked = found.map((one, i) => one ?? aten.zerosLike(ins[i]).expand([total, ...ins[i].shape]));
  const byInput = stacked.map((one, i) =>
    split(one, outs).map((part, o) => part.view([...outs[o].shape, ...ins[i].shape])),
  );
  return outs.map((_, o) => byInput.map((parts) => parts[o]));
}

function rowByRow(outs: Tensor[], ins: Tensor[], options: Required<ProductOptions>): Tensor[][] {
  const { strict, createGraph } = options;
  return outs.map((out, o) => {
    const flat = out.reshape([-1]);
    const columns: Tensor[][] = ins.map(() => []);
    for (let row = 0; row < out.numel(); row++) {
      const found = gradOf([flat.select(0, row)], ins, null, { retainGraph: true, createGraph });
      found.forEach((one, i) => {
        if (one && strict && createGraph && !one.requiresGrad) {
          throw new TorchError(
            `The jacobian of the user-provided function is independent of input ${o}. ${notAllowed} ` +
              'when create_graph=True.',
          );
        }
        if (!one && strict) {
          throw new TorchError(
            `Output ${o} of the user-provided function is independent of input ${i}. ${notAllowed}.`,
          );
        }
        columns[i].push(one ?? aten.zerosLike(ins[i]));
      });
    }
    return columns.map((column, i) => aten.stack(column).view([...out.shape, ...ins[i].shape]));
  });
}

/** By output, and within by input: single ones where there is no list of them. */
export type Jacobian = Tensor | Tensor[] | Tensor[][];

function unpackRows(rows: Tensor[][], outIsList: boolean, inIsList: boolean, createGraph: boolean): Jacobian {
  const done = createGraph ? rows : rows.map((row) => row.map((one) => one.detach()));
  const inner = inIsList ? done : done.map((row) => row[0]);
  return (outIsList ? inner : inner[0]) as Jacobian;
}

const JACOBIAN = signature('jacobian', [callable<TensorFunction>()('func'), value<Tensors>()('inputs')], {
  createGraph: false,
  strict: false,
  vectorize: false,
  strategy: 'reverse-mode',
} as Required<JacobianOptions>);

/** The Jacobian of `func` at `inputs`, of the shape `[...output, ...input]`. */
export function jacobian(
  ...args: Call<
    typeof JACOBIAN,
    [func: TensorFunction, inputs: Tensors],
    [createGraph: boolean, strict: boolean, vectorize: boolean, strategy: Strategy]
  >
): Jacobian {
  const [func, inputs, given] = JACOBIAN.bind(args);
  const { createGraph, strict, vectorize, strategy } = given;
  const name = 'torch.autograd.functional.jacobian';
  if (strategy !== 'reverse-mode' && strategy !== 'forward-mode') {
    throw new TorchError(
      'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs ' +
        'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".',
      'AssertionError',
    );
  }
  const [inIsList, raw] = listOf(inputs, 'inputs', 'jacobian');
  if (strategy === 'forward-mode') {
    refuse(
      createGraph,
      `${name}: \`create_graph=True\` and \`strategy="forward-mode"\``,
      'create_graph=False',
    );
    refuse(strict, `${name}: \`strict=True\` and \`strategy="forward-mode"\``, 'strict=False');
    if (!vectorize) {
      throw new TorchError(
        'Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`.',
        'NotImplementedError',
      );
    }
    const { rows, outIsList } = forwardJacobian(func, raw);
    return unpackRows(rows, outIsList, inIsList, true);
  }
  return enableGrad(() => {
    const ins = prepare(raw, createGraph, true);
    const [outIsList, outs] = outputsOf(func(...ins), 'jacobian');
    checkNeeded(outs, 'outputs', strict);
    if (vectorize && strict) {
      throw new TorchError(
        `${name}: \`strict=True\` and \`vectorized=True\` are not supported together. ` +
          'Please either set `strict=False` or `vectorize=False`.',
      );
    }
    const rows = vectorize ? batchedJacobian(outs, ins, createGraph) : rowByRow(outs, ins, given);
    return unpackRows(rows, outIsList, inIsList, createGraph);
  });
}

function refuse(condition: boolean, what: string, instead: string): void {
  if (!condition) return;
  throw new TorchError(
    `${what} are not supported together (yet). Please either set \`${instead}\` or \`strategy="reverse-mode"\`.`,
    'NotImplementedError',
  );
}

const HESSIAN = signature('hessian', [callable<TensorFunction>()('func'), value<Tensors>()('inputs')], {
  createGraph: false,
  strict: false,
  vectorize: false,
  outerJacobianStrategy: 'reverse-mode',
} as Required<HessianOptions>);

/** The Hessian of the scalar function `func` at `inputs`; for several inputs, a list of lists. */
export function hessian(
  ...args: Call<
    typeof HESSIAN,
    [func: TensorFunction, inputs: Tensors],
    [createGraph: boolean, strict: boolean, vectorize: boolean, outerJacobianStrategy: Strategy]
  >
): Jacobian {
  const [func, inputs, { createGraph, strict, vectorize, outerJacobianStrategy }] = HESSIAN.bind(args);
  const [isList, raw] = listOf(inputs, 'inputs', 'hessian');
  const scalar = (...ins: Tensor[]) => scalarOutput(func(...ins), 'hessian', strict)[0].squeeze();
  const gradients = (...given: Tensor[]): Tensor[] => {
    const ins = outerJacobianStrategy === 'forward-mode' ? given.map((one) => one.requiresGrad_()) : given;
    const jac = jacobian(scalar, ins, { createGraph: true }) as Tensor[];
    checkNeeded(jac, 'jacobian', strict);
    return jac;
  };
  const rows = jacobian(gradients, raw, {
    createGraph,
    strict,
    vectorize,
    strategy: outerJacobianStrategy,
  }) as Tensor[][];
  return isList ? rows : rows[0][0];
}
