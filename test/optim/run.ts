// Runs an optimizer for some steps: the other half of test/fixtures/optim_run.py, which says what a case is.
import crypto from 'node:crypto';
import * as torch from 'nodetorch';
import { optim, Tensor } from 'nodetorch';
import { capturableDevices } from '../../lib/optim/implementation';
import CASES from '../fixtures/optim_cases.json';
import { begin, device } from '../gpu/device';

begin(torch);
torch.setNumThreads(1);
export const SEED = 7;
const SHAPES = [[3, 4], [4], [2, 1, 3, 3], [], [5, 2]];

if (!capturableDevices.includes('cpu')) capturableDevices.push('cpu');

type Options = Record<string, unknown>;
type Optimizer = optim.Optimizer;
export type Name = keyof typeof CASES;
export interface Case {
  name: string;
  options: Options;
  form: string;
  dtype: string;
  tensor_lr: boolean;
}

export const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
export const camelKeys = (options: Options) =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));

function feed(digest: crypto.Hash, value: unknown): void {
  if (value instanceof Tensor) digest.update(value.detach().cpu().contiguous().toTypedArray());
  else if (Array.isArray(value)) for (const entry of value) feed(digest, entry);
  else if (value === null) digest.update('none');
  else if (typeof value === 'object') {
    for (const key of Object.keys(value).sort()) {
      digest.update(key);
      feed(digest, (value as Options)[key]);
    }
  } else digest.update(new Float64Array([value as number]));
}

export function digestOf(...values: unknown[]): string {
  const digest = crypto.createHash('sha256');
  for (const value of values) feed(digest, value);
  const bits = digest.digest('hex').slice(0, 12);
  return device === null ? bits : `${bits} ${sumOf(values[0])}`;
}

/** On a device, how far digests are apart: the sum of the numbers in a list of tensors. */
function sumOf(tensors: unknown): string {
  const parts = (tensors as (Tensor | null)[]).map((one) => {
    const flat = one?.detach().cpu().to('complex128').real;
    return flat?.sum().item() ?? 0;
  });
  return parts.reduce((a, b) => a + b, 0).toExponential(6);
}

export const stateOf = (optimizer: Optimizer) =>
  [...optimizer.stateDict().state].sort(([a], [b]) => a - b) as unknown[];

export function makeParams(name: string, dtype: string): Tensor[] {
  torch.manualSeed(SEED);
  let shapes = name === 'Muon' ? SHAPES.filter((shape) => shape.length === 2) : SHAPES;
  const kind = dtype.replace(/^sparse ?/, '') || 'float32';
  if (dtype.startsWith('sparse')) shapes = [[6, 3], [5]];
  return shapes.map((shape) => torch.randn(shape, { dtype: kind as 'float32' }).requiresGrad_());
}

export function keywords({ options, form, tensor_lr }: Case): Options {
  const flags = form.split(' ').filter(Boolean).map((flag) => [flag, true]); // prettier-ignore
  const given: Options = { lr: 0.01, ...camelKeys(options), ...Object.fromEntries(flags) };
  if (tensor_lr) given.lr = torch.tensor(given.lr as number);
  return given;
}

function lossOf(params: readonly Tensor[]): Tensor {
  return params
    .map((param) => (param.isComplex() ? torch.viewAsReal(param) : param))
    .map((param) => param.sub(0.3).pow(3).sin().sum())
    .reduce((a, b) => a.add(b));
}

export function makeOptimizer(name: string, params: Tensor[], given: Options): Optimizer {
  const kind = optim[name as 'SGD'] as unknown as new (params: unknown[], options: object) => Optimizer;
  if (name === 'LBFGS') return new kind(params, given);
  const lr = given.lr instanceof Tensor ? given.lr.mul(3) : 0.03;
  const groups = [{ params: params.slice(0, 2) }, { params: params.slice(2), lr }];
  return new kind(params.length > 2 ? groups : params, given);
}

function sparseGradients(params: readonly Tensor[]): void {
  for (const param of params) {
    const indices = torch.randint(0, param.shape[0], [1, 4]);
    const values = torch.randn([4, ...param.shape.slice(1)], { dtype: param.dtype });
    param.grad = torch.sparseCooTensor(indices, values, param.shape);
  }
}

export function step(optimizer: Optimizer, params: readonly Tensor[], dtype: string): void {
  if (dtype.startsWith('sparse')) {
    sparseGradients(params);
    optimizer.step();
    return;
  }
  const closure = () => {
    optimizer.zeroGrad();
    const loss = lossOf(params);
    loss.backward();
    return loss;
  };
  if (optimizer instanceof optim.LBFGS) optimizer.step(closure);
  else {
    closure();
    optimizer.step();
  }
}

/** An optimizer and its parameters, before the first step. */
export function start(row: Case): { params: Tensor[]; optimizer: Optimizer } {
  const params = makeParams(row.name, row.dtype);
  return { params, optimizer: makeOptimizer(row.name, params, keywords(row)) };
}

/** Enough for RAdam's change of formula, and for LBFGS's history to be full. */
export const stepsOf = (name: string): number => (name === 'LBFGS' ? 6 : 12);

type Around = (step: () => void) => () => void;

/** The digest after each step, or the error, and the optimizer's repr. `around`: what is made of a step's function. */
export function run(
  row: Case,
  steps = stepsOf(row.name),
  around: Around = (each) => each,
): [digests: string[], repr: string] {
  try {
    const { params, optimizer } = start(row);
    const text = String(optimizer);
    if (row.form.includes('differentiable')) return [differentiated(row, params), text];
    const digests: string[] = [];
    const once = around(() => step(optimizer, params, row.dtype));
    for (let i = 0; i < steps; i++) {
      torch.tidy(once);
      digests.push(digestOf(params, stateOf(optimizer)));
    }
    return [digests, text];
  } catch (error) {
    return [[(error as Error).message], ''];
  }
}

export function differentiated(row: Case, leaves: readonly Tensor[], given = keywords(row)): string[] {
  const gradients = leaves.map((leaf) => leaf.detach().mul(0.7).add(0.1).requiresGrad_());
  const params = leaves.map((leaf) => leaf.clone());
  const optimizer = makeOptimizer(row.name, params, given);
  params.forEach((param, i) => (param.grad = gradients[i].clone()));
  optimizer.step();
  lossOf(params).backward();
  const grads = [leaves, gradients].map((list) => list.map((each) => each.grad));
  return [digestOf(params, stateOf(optimizer), ...grads)];
}

/** All combinations of an optimizer's options, the last option fastest. */
export function allOptions(name: Name): Options[] {
  let rows: Options[] = [{}];
  for (const [key, values] of Object.entries(CASES[name].options) as [string, unknown[]][]) {
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value })));
  }
  return rows;
}

/** The defaults, each other value alone, and all together. */
export function eachOption(name: Name): Options[] {
  const options = Object.entries(CASES[name].options) as [string, unknown[]][];
  const sgd = name === 'SGD';
  const single = options.flatMap(([key, values]) =>
    values
      .slice(1)
      .map((value) => ({ [key]: value, ...(sgd && key === 'nesterov' ? { momentum: 0.9 } : {}) })),
  );
  const all = options
    .filter(([key]) => !sgd || key !== 'dampening')
    .map(([key, values]) => [key, values.at(-1)]);
  return [{}, ...single, Object.fromEntries(all) as Options];
}

export { CASES };
