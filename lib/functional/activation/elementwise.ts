// Activations that have no number to choose.
import { type Call, type Spelled, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import { tensor } from '../../tensor/kinds';

type Operator = (input: Tensor) => Tensor;

const plainSignature = (name: string) => signature(name, [tensor('input')], {});
interface Activation {
  (...args: Call<ReturnType<typeof plainSignature>, [input: Tensor]>): Tensor;
}

function activation(name: string, operator: Operator): Activation {
  const own = plainSignature(name);
  return (...args: unknown[]) => operator(own.bind(args)[0]);
}

/** The option of activations that can write into their input. */
export interface InplaceOptions {
  /** Whether to write the result into the input. Default: `false`. */
  inplace?: boolean;
}
export const INPLACE: Required<InplaceOptions> = { inplace: false };

const inplaceSignature = (name: string) => signature(name, [tensor('input')], INPLACE);
interface InplaceActivation {
  (...args: Call<ReturnType<typeof inplaceSignature>, [input: Tensor], [inplace: boolean]>): Tensor;
}

function inplaceActivation(name: string, operator: Operator, inPlace: Operator): InplaceActivation {
  const own = inplaceSignature(name);
  return (...args: unknown[]) => {
    const [input, { inplace }] = own.bind(args);
    return inplace ? inPlace(input) : operator(input);
  };
}

/** `max(0, x)`, element by element. */
export const relu: Spelled<InplaceActivation> = inplaceActivation('relu', aten.relu, aten.relu_);

/** How GELU is computed: `'none'` is exact, `'tanh'` the approximation that GPT-2 uses. */
export type GeluApproximation = 'none' | 'tanh';
/** Options of `F.gelu`. */
export interface GeluOptions {
  /** Default: `'none'`. */
  approximate?: GeluApproximation;
}
export const GELU: Required<GeluOptions> = { approximate: 'none' };

const GELU_CALL = signature('gelu', [tensor('input')], GELU);

/** `x Φ(x)`, with Φ the distribution function of the standard normal (Hendrycks and Gimpel, 2016). */
export function gelu(
  ...args: Call<typeof GELU_CALL, [input: Tensor], [approximate: GeluApproximation]>
): Tensor {
  const [input, options] = GELU_CALL.bind(args);
  return aten.gelu(input, options);
}

/** `1 / (1 + exp(-x))`, element by element. */
export const sigmoid: Spelled<Activation> = activation('sigmoid', aten.sigmoid);

/** The hyperbolic tangent, element by element. */
export const tanh: Spelled<Activation> = activation('tanh', aten.tanh);

/** `1 / (1 + exp(-x))` by straight lines: `min(max(0, x + 3), 6) / 6`. */
export const hardsigmoid: Spelled<InplaceActivation> = inplaceActivation(
  'hardsigmoid',
  aten.hardsigmoid,
  aten.hardsigmoid_,
);

/** `x hardsigmoid(x)` (Howard et al., "Searching for MobileNetV3", 2019). */
export const hardswish: Spelled<InplaceActivation> = inplaceActivation(
  'hardswish',
  aten.hardswish,
  aten.hardswish_,
);

/** `x sigmoid(x)`, also called swish (Hendrycks and Gimpel, 2016). */
export const silu: Spelled<InplaceActivation> = inplaceActivation('silu', aten.silu, aten.silu_);

/** `x tanh(softplus(x))` (Misra, 2019). */
export const mish: Spelled<InplaceActivation> = inplaceActivation('mish', aten.mish, aten.mish_);

/** `min(max(0, x), 6)`. */
export const relu6: Spelled<InplaceActivation> = inplaceActivation('relu6', aten.relu6, aten.relu6_);

/** `s (max(0, x) + min(0, a (exp(x) - 1)))`; `s` and `a` keep mean and variance (Klambauer et al., 2017). */
export const selu: Spelled<InplaceActivation> = inplaceActivation('selu', aten.selu, aten.selu_);

/** `log(1 / (1 + exp(-x)))`. */
export const logsigmoid: Spelled<Activation> = activation('logsigmoid', aten.logSigmoid);

/** `x / (1 + |x|)`. */
export const softsign: Spelled<Activation> = activation('softsign', (input) =>
  aten.div(input, aten.add(aten.abs(input), 1)),
);

/** `x - tanh(x)`. */
export const tanhshrink: Spelled<Activation> = activation('tanhshrink', (input) =>
  aten.sub(input, aten.tanh(input)),
);

/** {@link relu} in place. */
export const relu_: Spelled<Activation> = activation('relu_', aten.relu_);

/** {@link selu} in place. */
export const selu_: Spelled<Activation> = activation('selu_', aten.selu_);
