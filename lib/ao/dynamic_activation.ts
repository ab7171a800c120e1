// Linear layers that multiply in int8, as torchao's quantize_ makes them.
import { float32, float64 } from '../core/dtype';
import * as aten from '../tensor/aten';
import type { Tensor } from '../tensor';
import { type ActivationGranularity } from './activation';
import { quantizeInt8 } from './int8_tensor';
import { Int8WeightOnlyLinear } from './weight_only';

const MULTIPLE = 8; // of sizes that the kernel of CUDA takes, and of rows more than 16
const FEWEST = 17;
const FLOAT32_COLUMNS = 2 ** 10; // 2^24 / (128 * 128)

/**
 * An `nn.Linear` with its weight in int8 whose inputs are put into int8 in each call: `y = (q(x) qᵀ) · scaleₓ · scale + b`
 * with torchao's bits. On processors whose kernel for int8
 * overflows, the product is made in floats instead, which is slower than `nn.Linear`. `torch.ao.quantization.quantize_` makes it of `Int8DynamicActivationInt8WeightConfig`.
 *
 * Shapes: input `(*, inFeatures)`, output `(*, outFeatures)`. Its state_dict is as that of `Int8WeightOnlyLinear`.
 */
export class Int8DynamicActivationLinear extends Int8WeightOnlyLinear {
  // The scales come after the product of whole numbers, which is exact.
  protected override _product(rows: Tensor): Tensor {
    const { _weight_qdata: weight, _weight_scale: scale } = this;
    const blockSize = (this.activation as ActivationGranularity).blockSize(rows.shape);
    const input = quantizeInt8(rows, blockSize);
    const product = wholeProduct(input.qdata, weight).to(float32);
    return product
      .mul(input.scale.reshape([-1, 1]))
      .to(rows.dtype)
      .mul(scale.flatten());
  }
}

let isExact: boolean | null = null;
// Processors without VNNI add pairs of products in 16 bits, which are too few: torchao's `reduce_range` is for them.
function isKernelExact(): boolean {
  const most = aten.fullLike(aten.empty([2 * MULTIPLE, 2 * MULTIPLE], { dtype: 'int8' }), 127);
  return (isExact ??= aten.equal(
    aten._intMm(most, most.t()).double(),
    aten.mm(most.double(), most.double()),
  ));
}

function wholeProduct(input: Tensor, weight: Tensor): Tensor {
  const fits = [...weight.shape].every((size) => size % MULTIPLE === 0) && input.shape[0] >= FEWEST;
  if (input.device.type === 'cpu' ? isKernelExact() : fits) return aten._intMm(input, weight.t());
  // As exact: floats have all the whole numbers that can come.
  const dtype = weight.shape[1] <= FLOAT32_COLUMNS ? float32 : float64;
  return aten.mm(input.to(dtype), weight.to(dtype).t());
}
