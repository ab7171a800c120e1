/** `torch.nn.utils.memory_format`: weights of convolutions, laid out otherwise. */
import * as kinds from '../module/kinds';
import { value } from '../../core/kinds';
import { type Call, signature } from '../../core/signature';
import * as aten from '../../tensor/aten';
import type { MemoryFormat } from '../../core/layout';
import { ConvNd } from '../layers/conv/conv_base';
import type { Module } from '../module/module';

const TAKEN = [kinds.module('module'), value<MemoryFormat>()('memoryFormat')] as const;
const CONV_2D = signature('convertConv2dWeightMemoryFormat', TAKEN, {});
const CONV_3D = signature('convertConv3dWeightMemoryFormat', TAKEN, {});

function convert<M extends Module>(module: M, format: MemoryFormat, dimensions: number): M {
  for (const each of module.modules()) {
    if (!(each instanceof ConvNd) || each.kernelSize.length !== dimensions) continue;
    const data = aten.clone(each.weight.detach(), { memoryFormat: format });
    each.weight.data = aten.resize_(data, data.shape, { memoryFormat: format });
  }
  return module;
}

/**
 * Puts the weights of all 2-d convolutions of `module` into a memory format, such as
 * `torch.channelsLast`.
 */
export function convertConv2dWeightMemoryFormat<M extends Module>(
  ...args: Call<typeof CONV_2D, [module: M, memoryFormat: MemoryFormat]>
): M {
  const [module, memoryFormat] = CONV_2D.bind(args);
  return convert(module as M, memoryFormat, 2);
}

/**
 * Puts the weights of all 3-d convolutions of `module` into a memory format, such as
 * `torch.channelsLast3d`.
 */
export function convertConv3dWeightMemoryFormat<M extends Module>(
  ...args: Call<typeof CONV_3D, [module: M, memoryFormat: MemoryFormat]>
): M {
  const [module, memoryFormat] = CONV_3D.bind(args);
  return convert(module as M, memoryFormat, 3);
}
