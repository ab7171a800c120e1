// The operation of nn.CrossMapLRN2d, with a backward of its own.
import { checkTensor } from '../../../native/tensor_base';
import { valueError } from '../../../core/errors';
import * as aten from '../../../tensor/aten';
import { AutogradFunction, type FunctionContext } from '../../../autograd/function';
import type { Tensor } from '../../../tensor';

const channel = (tensor: Tensor, index: number): Tensor => aten.select(tensor, 1, index);

// For each channel, k + alpha / size · the sum of squares around it. The sum moves along the channels.
function scales(squares: Tensor, size: number, alpha: number, k: number): Tensor {
  const channels = squares.shape[1];
  const ahead = Math.trunc((size - 1) / 2 + 1);
  const scale = aten.newZeros(squares, squares.shape);
  for (let c = 0; c < Math.min(ahead, channels); c++) aten.add_(channel(scale, 0), channel(squares, c));
  for (let c = 1; c < channels; c++) {
    const current = aten.copy_(channel(scale, c), channel(scale, c - 1));
    if (c < channels - ahead + 1) aten.add_(current, channel(squares, c + ahead - 1));
    // PyTorch's condition: the first square is taken away one channel late.
    if (c > ahead) aten.sub_(current, channel(squares, c - ahead));
  }
  return aten.add_(aten.mul_(scale, alpha / size), k);
}

export class CrossMapLRN2dFunction extends AutogradFunction {
  static override forward(
    ctx: FunctionContext,
    input: Tensor,
    size: number,
    alpha: number,
    beta: number,
    k: number,
  ): Tensor {
    checkTensor('CrossMapLRN2d.forward', 'input', input);
    if (input.dim() !== 4)
      throw valueError(`CrossMapLRN2d: Expected input to be 4D, got ${input.dim()}D instead.`);
    const scale = scales(aten.pow(aten.contiguous(input), 2), size, alpha, k);
    const output = aten.mul_(aten.pow(scale, -beta), input);
    Object.assign(ctx, { size, alpha, beta });
    ctx.saveForBackward(input, output, scale);
    return output;
  }

  static override backward(ctx: FunctionContext, gradOutput: Tensor): (Tensor | null)[] {
    const [input, output, scale] = ctx.savedTensors;
    const { size, alpha, beta } = ctx as unknown as { size: number; alpha: number; beta: number };
    const [samples, channels, height, width] = input.shape;
    const grad = aten.mul_(aten.pow(scale, -beta), gradOutput);
    const ratios = aten.newZeros(input, [channels + size - 1, height, width]);
    const centre = aten.narrow(ratios, 0, Math.trunc(size - (size - 1) / 2), channels);
    const factor = (-2 * alpha * beta) / size;
    for (let n = 0; n < samples; n++) {
      const at = (tensor: Tensor): Tensor => aten.select(tensor, 0, n);
      aten.mul(at(gradOutput), at(output), { out: centre });
      aten.div_(centre, at(scale));
      const sum = aten.sum(aten.narrow(ratios, 0, 0, size - 1), 0);
      for (let c = 0; c < channels; c++) {
        aten.add_(sum, aten.select(ratios, 0, c + size - 1));
        const gradChannel = aten.select(at(grad), 0, c);
        aten.addcmul_(gradChannel, aten.select(at(input), 0, c), sum, { value: factor });
        aten.sub_(sum, aten.select(ratios, 0, c));
      }
    }
    return [grad, null, null, null, null];
  }
}
