import { type Call, type Spelled, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { Tensor } from '../../tensor';
import type { Size } from './conv';
import { tensor } from '../../tensor/kinds';

/** Options of `F.convTranspose1d`, `F.convTranspose2d` and `F.convTranspose3d`. */
export interface ConvTransposeOptions {
  /** Step of the window. Default: 1. */
  stride?: Size;
  /** Elements taken off both sides of the output. Default: 0. */
  padding?: Size;
  /** Elements added to one side of the output. Default: 0. */
  outputPadding?: Size;
  /** Number of groups that share no weights. Default: 1. */
  groups?: number;
  /** Distance between the kernel's elements. Default: 1. */
  dilation?: Size;
}
export const CONV_TRANSPOSE: Required<ConvTransposeOptions> = {
  stride: 1,
  padding: 0,
  outputPadding: 0,
  groups: 1,
  dilation: 1,
};

export interface BiasedConvTransposeOptions extends ConvTransposeOptions {
  /** Added to each channel. Default: none. */
  bias?: Tensor | null;
}
const BIASED: Required<BiasedConvTransposeOptions> = { bias: null, ...CONV_TRANSPOSE };

type Operator = (
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  stride: Size,
  padding: Size,
  outputPadding: Size,
  groups: number,
  dilation: Size,
) => Tensor;
const convTransposeSignature = (name: string) => signature(name, [tensor('input'), tensor('weight')], BIASED);
interface ConvTranspose {
  (
    ...args: Call<
      ReturnType<typeof convTransposeSignature>,
      [input: Tensor, weight: Tensor],
      [bias: Tensor | null, stride: Size, padding: Size, outputPadding: Size, groups: number, dilation: Size]
    >
  ): Tensor;
}

function convTranspose(name: string, operator: Operator): ConvTranspose {
  const own = convTransposeSignature(name);
  return (...args: unknown[]) => {
    const [input, weight, { bias, stride, padding, outputPadding, groups, dilation }] = own.bind(args);
    return operator(input, weight, bias, stride, padding, outputPadding, groups, dilation);
  };
}

/**
 * The gradient of {@link conv1d} with respect to its input.
 *
 * Shapes: input `(N, Cin, L)` or `(Cin, L)`, weight `(Cin, Cout / groups, K)`, bias `(Cout)`.
 */
export const convTranspose1d: Spelled<ConvTranspose> = convTranspose('convTranspose1d', (...args) =>
  aten.convTranspose1d(...args),
);

/**
 * The gradient of {@link conv2d} with respect to its input.
 *
 * Shapes: input `(N, Cin, H, W)` or `(Cin, H, W)`, weight `(Cin, Cout / groups, KH, KW)`, bias `(Cout)`.
 */
export const convTranspose2d: Spelled<ConvTranspose> = convTranspose('convTranspose2d', (...args) =>
  aten.convTranspose2d(...args),
);

/**
 * The gradient of {@link conv3d} with respect to its input.
 *
 * Shapes: input `(N, Cin, D, H, W)` or without `N`, weight `(Cin, Cout / groups, KD, KH, KW)`, bias `(Cout)`.
 */
export const convTranspose3d: Spelled<ConvTranspose> = convTranspose('convTranspose3d', (...args) =>
  aten.convTranspose3d(...args),
);

const TBC = signature('convTbc', [tensor('input'), tensor('weight'), tensor('bias')], { pad: 0 });

/**
 * Slides kernels along sequences whose first dimension is time.
 *
 * Shapes: input `(L, N, Cin)`, weight `(K, Cin, Cout)`, bias `(Cout)`, output `(L + 2 pad - K + 1, N, Cout)`.
 */
export function convTbc(
  ...args: Call<typeof TBC, [input: Tensor, weight: Tensor, bias: Tensor], [pad: number]>
): Tensor {
  const [input, weight, bias, { pad }] = TBC.bind(args);
  return aten.convTbc(input, weight, bias, pad);
}
