/** How each of tfjs's layers lies in memory, and how its PyTorch counterpart does. */
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { type Layer, type Leaf, type Variable, configOf, weightsOf } from './layers';

/** A weight of a layer, and its place in a state dict. */
export interface Place {
  /** tfjs's name of it. */
  readonly weight: string;
  readonly key: string;
  toTorch(value: Tensor): Tensor;
  toTfjs(value: Tensor, shape: readonly number[]): Tensor;
}

/** What PyTorch keeps and tfjs does not: on the way back it must have that value, or is added to another. */
export interface Filler {
  readonly key: string;
  value(weights: ReadonlyMap<string, Variable>): Tensor;
  /** The key of what it is added to; null: whatever it is, it says nothing. */
  readonly addedTo?: string | null;
}

export interface Layout {
  readonly places: readonly Place[];
  readonly fillers: readonly Filler[];
}

const same = (weight: string, key = weight): Place => ({
  weight,
  key,
  toTorch: (value) => value,
  toTfjs: (value) => value,
});

/** `order` is of tfjs's dimensions. */
const permuted = (weight: string, key: string, order: readonly number[]): Place => ({
  weight,
  key,
  toTorch: (value) => value.permute(order),
  toTfjs: (value) => value.permute(order.map((_, dim) => order.indexOf(dim))),
});

// (KH, KW, Cin, multiplier) to (Cin * multiplier, 1, KH, KW), of a convolution with Cin groups.
const depthwise = (key: string): Place => ({
  weight: 'depthwise_kernel',
  key,
  toTorch: (value) => value.permute([2, 3, 0, 1]).flatten(0, 1).unsqueeze(1),
  toTfjs: (value, [height, width, channels, multiplier]) =>
    value.reshape([channels, multiplier, height, width]).permute([2, 3, 0, 1]),
});

// The slopes of all channels: tfjs keeps a dimension of 1 for each shared axis.
const slopes: Place = {
  weight: 'alpha',
  key: 'weight',
  toTorch: (value) => value.flatten(),
  toTfjs: (value, shape) => value.reshape(shape),
};

// tfjs's gates are update, reset, new; PyTorch's reset, update, new. Swapping twice is doing nothing.
const swapGates = (value: Tensor): Tensor => {
  const [first, second, third] = value.chunk(3, 0);
  return aten.cat([second, first, third], 0);
};

function swapped(place: Place): Place {
  return {
    ...place,
    toTorch: (value) => swapGates(place.toTorch(value)),
    toTfjs: (value, shape) => place.toTfjs(swapGates(value), shape),
  };
}

const fixed = (...places: Place[]): ((leaf: Leaf) => Layout) => {
  return () => ({ places, fillers: [] });
};

const conv = (order: readonly number[]) => fixed(permuted('kernel', 'weight', order), same('bias'));

/** In `nn`'s module where that computes the same, or is to be taken for it; in a cell of `tfjs.RNN` otherwise. */
const recurrent =
  (change: (place: Place) => Place) =>
  (leaf: Leaf, approximate: boolean): Layout => {
    const { layer, recurrent } = leaf;
    const { suffix, cell } = recurrent!;
    if (!approximate && difference(leaf)) {
      return {
        places: [
          permuted('kernel', `${cell}weight_ih`, [1, 0]),
          permuted('recurrent_kernel', `${cell}weight_hh`, [1, 0]),
          same('bias', `${cell}bias`),
        ].map(change),
        fillers: [],
      };
    }
    // One bias where PyTorch has two, which it adds.
    const places = [
      permuted('kernel', `weight_ih${suffix}`, [1, 0]),
      permuted('recurrent_kernel', `weight_hh${suffix}`, [1, 0]),
      same('bias', `bias_ih${suffix}`),
    ].map(change);
    const filler: Filler = {
      key: `bias_hh${suffix}`,
      value: (weights) => aten.zeros(sizesOf(weights.get('bias')!)),
      addedTo: `bias_ih${suffix}`,
    };
    return { places, fillers: weightsOf(layer).has('bias') ? [filler] : [] };
  };

/** A norm has both a weight and a bias, or none. */
function affine(layer: Layer): Filler[] {
  const weights = weightsOf(layer);
  const [gamma, beta] = [weights.get('gamma'), weights.get('beta')];
  if (beta && !gamma) return [{ key: 'weight', value: () => aten.ones(sizesOf(beta)) }];
  if (gamma && !beta) return [{ key: 'bias', value: () => aten.zeros(sizesOf(gamma)) }];
  return [];
}

const scale = [same('gamma', 'weight'), same('beta', 'bias')];
const statistics = [same('moving_mean', 'running_mean'), same('moving_variance', 'running_var')];
const batches: Filler = {
  key: 'num_batches_tracked',
  value: () => aten.zeros([], { dtype: 'int64' }),
  addedTo: null,
};

/** By the class of a layer, or of a recurrent layer's cell. */
export const layouts: Readonly<Record<string, (leaf: Leaf, approximate: boolean) => Layout>> = {
  Dense: conv([1, 0]),
  Conv1D: conv([2, 1, 0]),
  Conv2D: conv([3, 2, 0, 1]),
  Conv3D: conv([4, 3, 0, 1, 2]),
  Conv2DTranspose: conv([3, 2, 0, 1]),
  Conv3DTranspose: conv([4, 3, 0, 1, 2]),
  DepthwiseConv2D: fixed(depthwise('weight'), same('bias')),
  SeparableConv2D: fixed(
    depthwise('depthwise.weight'),
    permuted('pointwise_kernel', 'pointwise.weight', [3, 2, 0, 1]),
    same('bias', 'pointwise.bias'),
  ),
  BatchNormalization: ({ layer }) => ({
    places: [...scale, ...statistics],
    fillers: [...affine(layer), batches],
  }),
  LayerNormalization: ({ layer }) => ({ places: scale, fillers: affine(layer) }),
  Embedding: fixed(same('embeddings', 'weight')),
  PReLU: fixed(slopes),
  SimpleRNNCell: recurrent((place) => place),
  LSTMCell: recurrent((place) => place),
  GRUCell: recurrent(swapped),
  ConvLSTM2DCell: ({ recurrent }) => ({
    places: [
      permuted('kernel', `${recurrent!.cell}weight_ih`, [3, 2, 0, 1]),
      permuted('recurrent_kernel', `${recurrent!.cell}weight_hh`, [3, 2, 0, 1]),
      same('bias', `${recurrent!.cell}bias`),
    ],
    fillers: [],
  }),
};

/** What a cell computes. */
const describe = (cell: Layer): string => {
  const { activation, recurrentActivation, units } = configOf<Record<string, unknown>>(cell);
  return [cell.getClassName(), units, activation, recurrentActivation].join();
};

/** Whether `nn`'s module computes something else than a cell, or than the stack that it is in. */
function difference({ recurrent }: Leaf): boolean {
  const { stack } = recurrent!;
  if (stack.some((cell) => describe(cell) !== describe(stack[0]))) return true;
  const kind = stack[0].getClassName();
  const { activation, recurrentActivation } = configOf<Record<string, string>>(stack[0]);
  if (kind === 'LSTMCell') return activation !== 'tanh' || recurrentActivation !== 'sigmoid';
  return kind !== 'SimpleRNNCell' || (activation !== 'tanh' && activation !== 'relu');
}

/** Why PyTorch's module computes something else with these weights; undefined where it does not. */
export function obstacle({ layer, kind }: Leaf): string | undefined {
  if (
    kind === 'PReLU' &&
    sizesOf(weightsOf(layer).get('alpha')!)
      .slice(0, -1)
      .some((size) => size !== 1)
  )
    return 'has a slope for each position, nn.PReLU for each channel: use sharedAxes';
  return undefined;
}

export function sizesOf(variable: Variable): number[] {
  return variable.shape.map(Number);
}
