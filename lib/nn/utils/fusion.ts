/** `torch.nn.utils.fusion`: batch normalization worked into the layer before it, for inference. */
import * as aten from '../../tensor/aten';
import { TorchError } from '../../core/errors';
import { type Call, signature } from '../../core/signature';
import { bindArguments } from '../../core/calls';
import type { Tensor } from '../../tensor';
import * as kinds from '../module/kinds';
import type { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../layers/norm/batchnorm';
import { copyModule } from '../module/copy';
import { setField } from '../module/fields';
import type { Linear } from '../layers/linear';
import type { Module } from '../module/module';
import { Parameter } from '../parameter';

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;
type Convolution = Module & { readonly weight: Parameter; readonly bias: Parameter | null };

const CONV_EVAL = signature('fuseConvBnEval', [kinds.module('conv'), kinds.module('bn')], {
  transpose: false,
});
const LINEAR_EVAL = signature('fuseLinearBnEval', [kinds.module('linear'), kinds.module('bn')], {});

const assertion = (message: string): TorchError => new TorchError(message, 'AssertionError');

function statistics(layer: Module, bn: BatchNorm): [mean: Tensor, variance: Tensor] {
  if (layer.training || bn.training) throw assertion('Fusion only for eval!');
  const { running_mean: mean, running_var: variance } = bn;
  if (mean === null || variance === null)
    throw assertion('bn.running_mean and bn.running_var must not be None');
  return [mean, variance];
}

function fused<M extends Convolution>(layer: M, [weight, bias]: [Parameter, Parameter]): M {
  const copy = copyModule(layer);
  setField(copy, 'weight', weight);
  setField(copy, 'bias', bias);
  return copy;
}

/**
 * A convolution that does what `conv` and then `bn` do, both in evaluation mode.
 *
 * @throws TorchError in training mode, and where there are no running statistics.
 */
export function fuseConvBnEval<M extends Convolution>(
  ...args: Call<typeof CONV_EVAL, [conv: M, bn: BatchNorm], [transpose: boolean]>
): M {
  const [given, norm, { transpose }] = CONV_EVAL.bind(args);
  const [conv, bn] = [given as M, norm as BatchNorm];
  const [mean, variance] = statistics(conv, bn);
  const { weight, bias } = conv;
  return fused(conv, fuseConvBnWeights(weight, bias, mean, variance, bn.eps, bn.weight, bn.bias, transpose));
}

/** Weight and bias of {@link fuseConvBnEval}'s convolution; `transpose` for a transposed one. */
export function fuseConvBnWeights(
  ...args: [
    convW: Tensor, // (out, in, *), with transpose (in, out, *)
    convB: Tensor | null, // (out), as all that follow
    bnRm: Tensor,
    bnRv: Tensor,
    bnEps: number,
    bnW: Tensor | null,
    bnB: Tensor | null,
    transpose?: boolean,
  ]
): [weight: Parameter, bias: Parameter] {
  const [convW, convB, bnRm, bnRv, bnEps, bnW, bnB, transpose = false] = bindArguments(
    'fuseConvBnWeights(convW, convB, bnRm, bnRv, bnEps, bnW, bnB, transpose?)',
    args,
  );
  const before = convB ?? aten.zerosLike(bnRm);
  const scale = bnW ?? aten.onesLike(bnRm);
  const shift = bnB ?? aten.zerosLike(bnRm);
  const inverse = aten.rsqrt(aten.add(bnRv, bnEps));
  const rest = new Array<number>(convW.dim() - 2).fill(1);
  const factor = aten.reshape(aten.mul(scale, inverse), transpose ? [1, -1, ...rest] : [-1, 1, ...rest]);
  const bias = aten.add(aten.mul(aten.mul(aten.sub(before, bnRm), inverse), scale), shift);
  return [
    new Parameter(aten.mul(convW, factor).to(convW.dtype), convW.requiresGrad),
    new Parameter(bias.to((convB ?? convW).dtype), before.requiresGrad),
  ];
}

/**
 * A linear layer that does what `linear` and then `bn` do, both in evaluation mode.
 *
 * @throws TorchError in training mode, where there are no running statistics, and where features do
 * not fit.
 */
export function fuseLinearBnEval<M extends Linear>(
  ...args: Call<typeof LINEAR_EVAL, [linear: M, bn: BatchNorm]>
): M {
  const [given, norm] = LINEAR_EVAL.bind(args);
  const [linear, bn] = [given as M, norm as BatchNorm];
  if (linear.training || bn.training) throw assertion('Fusion only for eval!');
  if (linear.outFeatures !== bn.numFeatures && bn.numFeatures !== 1) {
    throw assertion(
      'To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got ' +
        `linear.out_features=${linear.outFeatures} and bn.num_features=${bn.numFeatures}`,
    );
  }
  const [mean, variance] = statistics(linear, bn);
  const { weight, bias } = linear;
  return fused(linear, fuseLinearBnWeights(weight, bias, mean, variance, bn.eps, bn.weight!, bn.bias!));
}

/** Weight and bias of {@link fuseLinearBnEval}'s layer. */
export function fuseLinearBnWeights(
  ...args: [
    linearW: Tensor, // (out, in)
    linearB: Tensor | null, // (out), as all that follow
    bnRm: Tensor,
    bnRv: Tensor,
    bnEps: number,
    bnW: Tensor,
    bnB: Tensor,
  ]
): [weight: Parameter, bias: Parameter] {
  const [linearW, linearB, bnRm, bnRv, bnEps, bnW, bnB] = bindArguments(
    'fuseLinearBnWeights(linearW, linearB, bnRm, bnRv, bnEps, bnW, bnB)',
    args,
  );
  const before = linearB ?? aten.zerosLike(bnRm);
  const scale = aten.mul(bnW, aten.rsqrt(aten.add(bnRv, bnEps)));
  const weight = aten.mul(linearW, aten.unsqueeze(scale, -1).to(linearW.dtype));
  const bias = aten.add(aten.mul(aten.sub(before, bnRm), scale), bnB).to((linearB ?? linearW).dtype);
  return [new Parameter(weight, linearW.requiresGrad), new Parameter(bias, before.requiresGrad)];
}
