// Guards of operators that trust the integers they are given.
#include <ATen/ops/scalar_tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "operators/guard_checks.h"

namespace nodetorch::guards {

namespace {

// Whether the least integer of its type is among the numbers.
bool HasLeast(const c10::IValue& value, at::ScalarType type) {
  const int64_t least =
      type == at::kLong ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int32_t>::min();
  if (value.isInt()) return value.toInt() == least;
  if (!value.isTensor() || value.toTensor().numel() == 0) return false;
  return value.toTensor().scalar_type() == type && Least(value.toTensor()) == least;
}

bool HasMinusOne(const c10::IValue& value) {
  if (value.isInt()) return value.toInt() == -1;
  if (!value.isTensor() || !at::isIntegralType(value.toTensor().scalar_type(), false)) return false;
  return value.toTensor().numel() != 0 && Any(value.toTensor().eq(-1));
}

}  // namespace

// The processor stops a program that divides the least integer by -1: the result is one more than the
// largest. Differs from PyTorch: `torch.div` with `roundingMode`, `torch.floorDivide`, `torch.remainder` and
// `torch.fmod` of the smallest int32 or int64 by -1 are an error; Python's process ends.
void NoOverflow(const Schema& schema, const Stack& stack) {
  const at::Tensor* integers = nullptr;
  for (size_t i = 0; i < 2; i++) {
    if (!stack[i].isTensor()) continue;
    const at::Tensor& tensor = stack[i].toTensor();
    if (!at::isIntegralType(tensor.scalar_type(), false)) {
      if (tensor.scalar_type() != at::kBool) return;
    } else if (tensor.is_meta() || tensor.layout() != at::kStrided) {
      return;
    }
    if (!integers || tensor.scalar_type() == at::kLong) integers = &tensor;
  }
  if (!integers) return;
  const at::ScalarType type = integers->scalar_type();
  if (type != at::kLong && type != at::kInt) return;
  const c10::IValue* rounding = Find(schema, stack, "rounding_mode");
  if (rounding && rounding->isNone()) return;
  TORCH_CHECK(!(HasMinusOne(stack[1]) && HasLeast(stack[0], type)), schema.name(),
              ": the smallest integer of its type divided by -1 is none of that type");
}

// Row exchanges as LAPACK counts them, from 1; `linalg_ldl_solve` marks blocks by a negative sign.
void PivotsInRange(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  at::Tensor factors, pivots;
  for (const char* name : {"LU_data", "LU", "LD"}) {
    if (Find(schema, stack, name)) factors = TensorNamed(schema, stack, name);
  }
  for (const char* name : {"LU_pivots", "pivots"}) {
    if (Find(schema, stack, name)) pivots = TensorNamed(schema, stack, name);
  }
  const c10::IValue* used = Find(schema, stack, "unpack_pivots");
  if (!factors.defined() || !pivots.defined() || (used && used->isBool() && !used->toBool())) return;
  if (factors.dim() < 2 || pivots.numel() == 0 || pivots.is_meta()) {
    TORCH_CHECK(factors.dim() < 2 || pivots.is_meta() || factors.numel() == 0, schema.name(),
                ": pivots must have a number for each row");
    return;
  }
  const int64_t rows = factors.size(-2), count = std::min(rows, factors.size(-1));
  TORCH_CHECK(pivots.dim() >= 1 && pivots.size(-1) == count, schema.name(), ": pivots must have ", count,
              " numbers for each matrix");
  TORCH_CHECK(schema.name() != "aten::lu_unpack" ||
                  pivots.sizes().slice(0, pivots.dim() - 1) == factors.sizes().slice(0, factors.dim() - 2),
              schema.name(), ": pivots must have the batches of the factors, ", factors.sizes(),
              ", and has the shape ", pivots.sizes());
  if (!at::isIntegralType(pivots.scalar_type(), false)) return;
  const at::Tensor places = schema.name() == "aten::linalg_ldl_solve" ? pivots.abs() : pivots;
  TORCH_CHECK(!HasOutside(places, 1, rows + 1), schema.name(), ": pivots must be between 1 and ", rows);
}

// Lengths add up to the size of the axis, offsets begin with 0 and end with it.
void SegmentsOfAxis(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor data = TensorNamed(schema, stack, "data");
  const c10::IValue* given = Find(schema, stack, "axis");
  if (!data.defined() || !given || !given->isInt() || data.is_meta()) return;
  const int64_t axis = given->toInt() < 0 ? given->toInt() + data.dim() : given->toInt();
  TORCH_CHECK_INDEX(axis >= 0 && axis < data.dim(), schema.name(), ": axis is out of range");
  for (const char* name : {"lengths", "offsets"}) {
    const at::Tensor segments = TensorNamed(schema, stack, name);
    if (!segments.defined() || segments.is_meta()) continue;
    const bool are_offsets = name[0] == 'o';
    TORCH_CHECK(segments.dim() == axis + 1, schema.name(), ": ", name, " must have ", axis + 1,
                " dimensions");
    TORCH_CHECK(at::isIntegralType(segments.scalar_type(), false), schema.name(), ": ", name,
                " must be integers");
    TORCH_CHECK(segments.sizes().slice(0, axis) == data.sizes().slice(0, axis), schema.name(), ": ", name,
                " must have the shape of data before the axis");
    if (segments.numel() == 0) {
      TORCH_CHECK(!are_offsets || segments.size(-1) > 0 || data.numel() == 0, schema.name(),
                  ": offsets must not be empty");
      continue;
    }
    const at::Tensor lengths = are_offsets ? segments.diff(1, -1) : segments;
    const bool from_zero = !are_offsets || Least(segments) >= 0;
    const at::Tensor ends = are_offsets ? segments : segments.sum(-1);
    TORCH_CHECK(
        from_zero && !HasOutside(lengths, 0, data.size(axis) + 1) && Greatest(ends) <= data.size(axis),
        schema.name(), ": ", name, " reach beyond the axis");
    // Backward: what was reduced has a place for each segment.
    std::vector<int64_t> reduced = data.sizes().vec();
    reduced[axis] = are_offsets ? segments.size(-1) - 1 : segments.size(-1);
    for (const char* other : {"grad", "output"}) {
      const at::Tensor one = TensorNamed(schema, stack, other);
      TORCH_CHECK(!one.defined() || (one.sizes() == reduced && one.scalar_type() == data.scalar_type()),
                  schema.name(), ": ", other, " must have the shape ", at::IntArrayRef(reduced),
                  " and the dtype of data");
    }
  }
}

// With integers the step loses its fraction: what is left of 0.5 is 0, and the count is divided by it.
void WholeStep(const Schema& schema, const Stack& stack) {
  const c10::IValue* step = Find(schema, stack, "step");
  const c10::IValue* dtype = Find(schema, stack, "dtype");
  const at::Tensor out = TensorNamed(schema, stack, "out");
  if (!step || !step->isDouble()) return;
  const bool is_whole =
      out.defined()
          ? at::isIntegralType(out.scalar_type(), true)
          : dtype && dtype->isInt() && at::isIntegralType(static_cast<at::ScalarType>(dtype->toInt()), true);
  TORCH_CHECK(!is_whole || std::abs(step->toDouble()) >= 1, schema.name(), ": step ", step->toDouble(),
              " is 0 as an integer");
}

// torch.quasirandom's helpers: 30 bits for each of `dimension` numbers.
void SobolSizes(const Schema& schema, const Stack& stack) {
  constexpr int64_t kBits = 30, kMostDimensions = 21201;
  const int64_t dimension = Find(schema, stack, "dimension")->toInt();
  const c10::IValue* state = Find(schema, stack, "sobolstate");
  const c10::IValue* matrices = Find(schema, stack, "ltm");
  const at::Tensor table = (state ? *state : stack[0]).toTensor();
  TORCH_CHECK(dimension >= 0 && dimension <= kMostDimensions && table.sizes().equals({dimension, kBits}),
              schema.name(), ": expected ", kBits, " numbers for each of ", dimension,
              " dimensions, but found ", table.sizes());
  if (matrices) {
    const at::Tensor ltm = matrices->toTensor();
    TORCH_CHECK(ltm.sizes().equals({dimension, kBits, kBits}), schema.name(), ": ltm has the sizes ",
                ltm.sizes());
  }
  if (!state) return;
  const at::Tensor numbers = stack[0].toTensor();
  const int64_t n = Find(schema, stack, "n")->toInt();
  const int64_t generated = Find(schema, stack, "num_generated")->toInt();
  TORCH_CHECK(numbers.sizes().equals(dimension), schema.name(), ": expected ", dimension,
              " numbers, but found ", numbers.sizes());
  TORCH_CHECK(n >= 0 && generated >= 0 && generated < (1 << kBits) && n < (1 << kBits) - generated,
              schema.name(), ": more than 2^", kBits, " points");
}

// Its search takes as many steps as there are bins, of all the numbers of the input.
void CountedBins(const Schema& schema, const Stack& stack) {
  const at::Tensor input = TensorNamed(schema, stack, "input");
  const int64_t bins = Find(schema, stack, "n_bins")->toInt(),
                bits = Find(schema, stack, "bit_width")->toInt();
  const double ratio = Find(schema, stack, "ratio")->toDouble();
  TORCH_CHECK(input.scalar_type() == at::kFloat && Find(schema, stack, "numel")->toInt() == input.numel(),
              schema.name(), ": numel must be that of input, which must be float32");
  TORCH_CHECK(bins > 0 && bits > 0 && bits < 16 && ratio >= 0 && ratio <= 1, schema.name(),
              ": n_bins, bit_width or ratio is out of range");
}

void DefinedIndices(const Schema& schema, const Stack& stack) {
  const c10::IValue* indices = Find(schema, stack, "indices");
  if (!indices || !indices->isTensorList()) return;
  for (const at::Tensor& index : indices->toTensorVector()) {
    TORCH_CHECK(index.defined(), schema.name(), ": an index is no tensor");
  }
}

void NotQuantized(const Schema& schema, const Stack& stack) {
  TORCH_CHECK(!stack[0].toTensor().is_quantized(), schema.name(), ": not implemented for quantized tensors");
}

// The bits of a quantized tensor as another dtype, which has no scale.
void OwnDtype(const Schema& schema, const Stack& stack) {
  const c10::IValue* dtype = Find(schema, stack, "dtype");
  const bool is_own = dtype && dtype->isInt() && dtype->toScalarType() == stack[0].toTensor().scalar_type();
  if (!is_own) NotQuantized(schema, stack);
}

// Of random_ without an end: the kernel counts the bits of one more, which is negative, and never ends.
void BelowLargest(const Schema& schema, const Stack& stack) {
  const c10::IValue* from = Find(schema, stack, "from");
  TORCH_CHECK(!from || !from->isInt() || from->toInt() < std::numeric_limits<int64_t>::max(), schema.name(),
              ": from must be below the largest integer");
}

// What is packed for fbgemm.
void SomeMatrix(const Schema& schema, const Stack& stack) {
  const at::Tensor matrix = stack[0].toTensor();
  TORCH_CHECK(matrix.dim() == 2 && matrix.numel() > 0, schema.name(), ": ", schema.arguments()[0].name(),
              " must be a matrix with elements");
}

// A negative power is one of the inverse, by the number without its sign, which the smallest does not lose.
void NegatedPower(const Schema& schema, const Stack& stack) {
  const c10::IValue* n = Find(schema, stack, "n");
  TORCH_CHECK(!n || !n->isInt() || n->toInt() > std::numeric_limits<int64_t>::min(), schema.name(),
              ": n must not be the smallest integer");
}

// Of embedding. Only where gradients are scaled by how often an index comes are all of them looked up.
void CountedIndices(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor indices = TensorNamed(schema, stack, "indices");
  const c10::IValue* rows = Find(schema, stack, "num_weights");
  const c10::IValue* scales = Find(schema, stack, "scale_grad_by_freq");
  if (!indices.defined() || !rows || !rows->isInt() || !scales || !scales->toBool()) return;
  IndicesBelow(schema, indices, 0, rows->toInt());
}

// The kernels of FFTs index sizes with these as they are: negative ones are never wrapped.
void DimsInRange(const Schema& schema, const Stack& stack) {
  const int64_t count = stack[0].toTensor().dim();
  const c10::IValue* dims = Find(schema, stack, "dim");
  if (!dims || !dims->isIntList()) return;
  TORCH_CHECK(!dims->toIntVector().empty() || schema.name() == "aten::_fft_c2c", schema.name(),
              ": dim must not be empty");
  std::vector<bool> seen(count);
  for (int64_t dim : dims->toIntVector()) {
    TORCH_CHECK_INDEX(dim >= 0 && dim < count, schema.name(),
                      ": Dimension out of range (expected to be in range of [0, ", count - 1, "], but got ",
                      dim, ")");
    TORCH_CHECK(!seen[dim], schema.name(), ": dim ", dim, " appears twice");
    seen[dim] = true;
  }
}

// The recurrence takes a step for each order. Chebyshev's have a closed form, but for numbers outside of the
// interval; Hermite's are NaN soon. Differs from PyTorch: `torch.special.legendrePolynomialP`,
// `torch.special.laguerrePolynomialL` and Chebyshev's outside of their interval refuse an order beyond 2^20;
// Python goes on for hours.
void OrderOfPolynomial(const Schema& schema, const Stack& stack) {
  constexpr int64_t kMost = 1 << 20;
  const c10::IValue& order = stack[1];
  const bool is_tensor = order.isTensor();
  if (is_tensor ? order.toTensor().numel() == 0 || order.toTensor().is_meta() : !order.isScalar()) return;
  const bool is_beyond = is_tensor ? Any(order.toTensor().gt(kMost))
                                   : !order.isComplexDouble() && order.toScalar().to<double>() > kMost;
  if (!is_beyond) return;
  bool loops = true;
  if (schema.name().find("chebyshev") != std::string::npos) {
    const at::Tensor x = stack[0].isTensor() ? stack[0].toTensor() : at::scalar_tensor(stack[0].toScalar());
    if (x.is_meta() || x.numel() == 0) return;
    const bool is_shifted = schema.name().find("shifted") != std::string::npos;
    constexpr double kRounding = 1e-6;  // of numbers near the ends, which a kernel in float32 puts onto them
    loops = Any(is_shifted ? x.mul(2).sub(1).abs().gt(1 - kRounding).logical_and(x.ne(0)).logical_and(x.ne(1))
                           : x.abs().gt(1));
  }
  TORCH_CHECK(!loops, schema.name(), ": n must not be beyond ", kMost, ", for which it takes a step each");
}

void PlaceOfEllipsis(const Schema& schema, const Stack& stack) {
  const c10::IValue* place = Find(schema, stack, "ellipsis_idx");
  const c10::IValue* order = Find(schema, stack, "order");
  if (!place || !order || !order->isList()) return;
  const auto length = static_cast<int64_t>(order->toListRef().size());
  TORCH_CHECK(place->toInt() >= 0 && place->toInt() <= length, schema.name(),
              ": ellipsis_idx must be from 0 to ", length, ", got ", place->toInt());
}

}  // namespace nodetorch::guards
