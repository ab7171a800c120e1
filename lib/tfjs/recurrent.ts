/** tfjs's recurrent cells as modules: what `nn`'s do not compute. Their weights are those of `stateDictOf`. */
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { withDefaults } from '../core/signature';
import * as init from '../nn/init';
import { ModuleList } from '../nn/layers/container';
import { Module } from '../nn/module/module';
import { Parameter } from '../nn/parameter';
import type { Tensor } from '../tensor';
import * as aten from '../tensor/aten';
import { type Activation, type ActivationName, activationOf } from './activations';
import { paddedSame } from './same_padding';

/** Options of tfjs's recurrent cells. */
export interface CellOptions {
  /** Whether there is a bias. Default: `true`. */
  bias?: boolean;
  /** Of what is new. Default: `'tanh'`. */
  activation?: ActivationName;
  /** Of the gates. Default: `'hardSigmoid'`. */
  recurrentActivation?: ActivationName;
}

/** Options of {@link ConvLSTM2DCell}, by PyTorch's names. */
export interface ConvCellOptions extends CellOptions {
  /** Of the input's convolution. Default: 1. */
  stride?: number | [number, number];
  /** Of the input's convolution: `'valid'` is none. Default: `'valid'`. */
  padding?: 'valid' | 'same';
  /** Of the input's convolution. Default: 1. */
  dilation?: number | [number, number];
}

const CELL: Required<CellOptions> = { bias: true, activation: 'tanh', recurrentActivation: 'hardSigmoid' };
const CONV: Required<ConvCellOptions> = { ...CELL, stride: 1, padding: 'valid', dilation: 1 };

/** What a cell remembers: one state, or the hidden and the cell's own. The first is its output. */
export type CellState = readonly Tensor[];

/** One step of a recurrent layer of tfjs: from an input and the states to the next states. */
export abstract class Cell extends Module<[x: Tensor, states: CellState], Tensor[]> {
  readonly weight_ih: Parameter; // (gates * hiddenSize, inputSize), of a convolution with its kernel's sizes behind
  readonly weight_hh: Parameter; // (gates * hiddenSize, hiddenSize)
  readonly bias: Parameter | null; // (gates * hiddenSize)
  protected readonly _activation: Activation;
  protected readonly _recurrentActivation: Activation;

  constructor(
    gates: number,
    readonly inputSize: number,
    readonly hiddenSize: number,
    { bias, activation, recurrentActivation }: Required<CellOptions>,
    kernel: readonly number[] = [],
  ) {
    super();
    const name = new.target.name;
    checkSizes(name, 'inputSize', [inputSize]);
    checkSizes(name, 'hiddenSize', [hiddenSize]);
    const parameter = (...shape: number[]): Parameter => new Parameter(aten.empty(shape));
    this.weight_ih = parameter(gates * hiddenSize, inputSize, ...kernel);
    this.weight_hh = parameter(gates * hiddenSize, hiddenSize, ...kernel);
    this.bias = bias ? parameter(gates * hiddenSize) : null;
    this._activation = activationOf(name, activation);
    this._recurrentActivation = activationOf(name, recurrentActivation);
    this.resetParameters();
  }

  /** As tfjs begins: Glorot's uniform weights, orthogonal ones of the state, a bias of zeros. */
  resetParameters(): void {
    init.xavierUniform_(this.weight_ih);
    init.orthogonal_(this.weight_hh);
    if (this.bias) init.zeros_(this.bias);
  }

  /** The states before the first step, for an input such as `x`. */
  start(x: Tensor): Tensor[] {
    return [aten.zeros([x.shape[0], this.hiddenSize], { dtype: x.dtype, device: x.device })];
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}`;
  }
}

function checkSizes(cell: string, what: string, sizes: unknown[], count = 1): void {
  if (sizes.length === count && sizes.every((size) => Number.isSafeInteger(size) && (size as number) > 0))
    return;
  throw argumentError(cell, what, 'a whole number above 0', sizes.length === 1 ? sizes[0] : sizes);
}

type Sizes = [inputSize: number, hiddenSize: number];
type CellArguments = [...Sizes, options?: CellOptions];

/** tfjs's `simpleRNNCell`: `h' = activation(W x + b + U h)`. Shapes: input `(N, inputSize)`, state `(N, hiddenSize)`. */
export class SimpleRNNCell extends Cell {
  constructor(...args: CellArguments) {
    const [inputSize, hiddenSize, options] = bindArguments(
      'SimpleRNNCell(inputSize, hiddenSize, options{}?)',
      args,
    );
    super(1, inputSize, hiddenSize, withDefaults('SimpleRNNCell', CELL, options));
  }

  override forward(x: Tensor, [h]: CellState): Tensor[] {
    const sum = aten.linear(x, this.weight_ih, this.bias).add(aten.linear(h, this.weight_hh));
    return [this._activation(sum)];
  }
}

/** tfjs's `gruCell`, which resets the state before its product. Shapes: input `(N, inputSize)`, state `(N, hiddenSize)`. */
export class GRUCell extends Cell {
  constructor(...args: CellArguments) {
    const [inputSize, hiddenSize, options] = bindArguments(
      'GRUCell(inputSize, hiddenSize, options{}?)',
      args,
    );
    super(3, inputSize, hiddenSize, withDefaults('GRUCell', CELL, options));
  }

  override forward(x: Tensor, [h]: CellState): Tensor[] {
    const [xReset, xUpdate, xNew] = aten.linear(x, this.weight_ih, this.bias).chunk(3, 1);
    const [reset, update, next] = this.weight_hh.chunk(3, 0);
    const r = this._recurrentActivation(xReset.add(aten.linear(h, reset)));
    const z = this._recurrentActivation(xUpdate.add(aten.linear(h, update)));
    const n = this._activation(xNew.add(aten.linear(r.mul(h), next)));
    return [z.mul(h).add(z.neg().add(1).mul(n))];
  }
}

/** tfjs's `lstmCell`: gives the hidden state and the cell's. Shapes: input `(N, inputSize)`, states `(N, hiddenSize)`. */
export class LSTMCell extends Cell {
  constructor(...args: CellArguments) {
    const [inputSize, hiddenSize, options] = bindArguments(
      'LSTMCell(inputSize, hiddenSize, options{}?)',
      args,
    );
    super(4, inputSize, hiddenSize, withDefaults('LSTMCell', CELL, options));
  }

  override start(x: Tensor): Tensor[] {
    const [zeros] = super.start(x);
    return [zeros, zeros];
  }

  override forward(x: Tensor, [h, c]: CellState): Tensor[] {
    const sum = aten.linear(x, this.weight_ih, this.bias).add(aten.linear(h, this.weight_hh));
    return lstmStep(sum, c, this._activation, this._recurrentActivation);
  }
}

/** From the sums of the four gates, which lie along dimension 1. */
function lstmStep(sum: Tensor, c: Tensor, activation: Activation, recurrentActivation: Activation): Tensor[] {
  const [input, forget, fresh, output] = sum.chunk(4, 1);
  const kept = recurrentActivation(forget).mul(c);
  const next = kept.add(recurrentActivation(input).mul(activation(fresh)));
  return [recurrentActivation(output).mul(activation(next)), next];
}

/** Of rows and columns. */
function pair(what: string, value: number | [number, number]): [number, number] {
  const both = (Array.isArray(value) ? value : [value, value]) as [number, number];
  checkSizes('ConvLSTM2DCell', what, both, 2);
  return both;
}

/**
 * tfjs's `convLstm2dCell`, with the channels first. Shapes: input `(N, inputSize, H, W)`, states
 * `(N, hiddenSize, H', W')`, which are the sizes that the input's convolution leaves.
 */
export class ConvLSTM2DCell extends Cell {
  readonly kernelSize: [number, number];
  readonly stride: [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilation: [number, number];

  constructor(...args: [...Sizes, kernelSize: number | [number, number], options?: ConvCellOptions]) {
    const [inputSize, hiddenSize, kernelSize, given] = bindArguments(
      'ConvLSTM2DCell(inputSize, hiddenSize, kernelSize, options{}?)',
      args,
    );
    const { stride, padding, dilation, ...options } = withDefaults('ConvLSTM2DCell', CONV, given);
    const kernel = pair('kernelSize', kernelSize);
    super(4, inputSize, hiddenSize, options, kernel);
    this.kernelSize = kernel;
    this.stride = pair('stride', stride);
    this.padding = padding;
    this.dilation = pair('dilation', dilation);
  }

  override start(x: Tensor): Tensor[] {
    const [batch, , ...sizes] = this._convolved(x).shape;
    const zeros = aten.zeros([batch, this.hiddenSize, ...sizes], { dtype: x.dtype, device: x.device });
    return [zeros, zeros];
  }

  override forward(x: Tensor, [h, c]: CellState): Tensor[] {
    const state = aten.conv2d(paddedSame(h, this.kernelSize, [1, 1], [1, 1]), this.weight_hh);
    return lstmStep(this._convolved(x).add(state), c, this._activation, this._recurrentActivation);
  }

  private _convolved(x: Tensor): Tensor {
    const { weight_ih, bias, kernelSize, stride, dilation } = this;
    const input = this.padding === 'same' ? paddedSame(x, kernelSize, stride, dilation) : x;
    return aten.conv2d(input, weight_ih, bias, stride, [0, 0], dilation);
  }
}

/**
 * Runs cells over time, each on what the one before gives: tfjs's `rnn`, and its `stackedRNNCells` where there are
 * several. Shapes: input `(N, T, ...)`; gives the last cell's outputs `(N, T, ...)`, and the states of each cell.
 *
 * @example
 * const lstm = new tfjs.RNN(new tfjs.LSTMCell(3, 4));
 * const [outputs, states] = lstm(torch.randn([2, 5, 3]));
 */
export class RNN extends Module<
  [x: Tensor, states?: readonly CellState[]],
  [outputs: Tensor, states: CellState[]]
> {
  readonly cells: ModuleList<Cell>;

  constructor(...args: [cells: Cell | readonly Cell[]]) {
    const [given] = bindArguments('RNN(cells)', args);
    super();
    const cells = [given].flat() as Cell[];
    if (cells.length === 0 || !cells.every((cell) => cell instanceof Cell))
      throw argumentError('RNN', 'cells', 'a cell of nodetorch/tfjs, or several', given);
    this.cells = new ModuleList(cells);
  }

  override forward(x: Tensor, given?: readonly CellState[]): [outputs: Tensor, states: CellState[]] {
    const outputs: Tensor[] = [];
    const states: CellState[] = [];
    for (const step of aten.unbind(x, 1)) {
      let input = step;
      [...this.cells].forEach((cell, i) => {
        states[i] = cell(input, states[i] ?? given?.[i] ?? cell.start(input));
        input = states[i][0];
      });
      outputs.push(input);
    }
    return [aten.stack(outputs, 1), states];
  }
}
