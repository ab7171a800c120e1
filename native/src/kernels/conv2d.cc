#include "kernels/conv2d.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <c10/util/safe_numerics.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace nodetorch {

namespace {

constexpr int64_t kMostRows = 64;
constexpr int64_t kBytesOfRows = 512 * 1024;  // gathered, so that they stay in the second cache
constexpr int64_t kMostOfLines = 4;           // channels of an image that is padded instead
constexpr int64_t kLeastOfLine = 16;
constexpr int64_t kMostOfShape = 1 << 20;  // of strides, padding and dilation: sizes do not overflow

bool IsDepthwise(int64_t channels, int64_t in, int64_t groups) {
  return groups > 1 && groups == channels && groups == in;
}

// Copies a few numbers, which a call for each would take longer for. `to` has room for kChunk more than it is
// given, and so have the numbers before `end`.
constexpr int64_t kChunk = 16;
float* CopyNumbers(const float* from, int64_t count, float* to, const float* end) {
  if (count > 4 * kChunk || end - from < count + kChunk) return std::copy_n(from, count, to);
  for (int64_t i = 0; i < count; i += kChunk) std::memcpy(to + i, from + i, kChunk * sizeof(float));
  return to + count;
}

}  // namespace

bool Conv2d::IsPointwise() const {
  const std::array<int64_t, 2> one{1, 1}, none{0, 0};
  return size == one && stride == one && padding == none;
}

bool Conv2d::IsOfLines() const {
  return groups == 1 && dilation[1] == 1 && size[1] > 1 && padding[0] < size[0] && padding[1] < size[1] &&
         in <= kMostOfLines && out_width >= kLeastOfLine;
}

void Conv2d::Run() const {
  if (IsDepthwise(channels, in, groups)) return RunDepthwise();
  return IsOfLines() ? RunLines() : RunAll();
}

// What the filters of a group see for some places of the result.
void Conv2d::GatherRows(int64_t first, int64_t count, int64_t group, float* to) const {
  int64_t x = first % out_width, y = first / out_width % out_height, n = first / out_width / out_height;
  for (int64_t i = 0; i < count; i++) {
    to = Gather(n, y * stride[0] - padding[0], x * stride[1] - padding[1], group, to);
    if (++x < out_width) continue;
    x = 0;
    if (++y < out_height) continue;
    y = 0;
    n++;
  }
}

// For one place, whose filter begins there.
float* Conv2d::Gather(int64_t n, int64_t y0, int64_t x0, int64_t group, float* to) const {
  const int64_t count = InOfGroup();
  const bool is_run = dilation[1] == 1 && groups == 1;
  const float* end = image + batch * height * width * in;
  for (int64_t ky = 0; ky < size[0]; ky++) {
    const int64_t y = y0 + ky * dilation[0];
    if (y < 0 || y >= height) {
      to = std::fill_n(to, size[1] * count, 0.0f);
      continue;
    }
    const float* line = image + (n * height + y) * width * in + group * count;
    if (is_run) {
      const int64_t first = std::clamp<int64_t>(-x0, 0, size[1]);
      const int64_t last = std::clamp<int64_t>(width - x0, first, size[1]);
      if (first > 0) to = std::fill_n(to, first * count, 0.0f);
      if (last > first) to = CopyNumbers(line + (x0 + first) * count, (last - first) * count, to, end);
      if (last < size[1]) to = std::fill_n(to, (size[1] - last) * count, 0.0f);
      continue;
    }
    for (int64_t kx = 0; kx < size[1]; kx++) {
      const int64_t x = x0 + kx * dilation[1];
      to = x < 0 || x >= width ? std::fill_n(to, count, 0.0f) : CopyNumbers(line + x * in, count, to, end);
    }
  }
  return to;
}

// Some panels of each group, for some places of the result.
void Conv2d::RunRows(int64_t first, int64_t count, int64_t panel, int64_t panels, float* scratch) const {
  const int64_t k = K(), features = channels / groups, all = PanelsOf(features);
  const auto product = BestKernels().panel_product;
  for (int64_t group = 0; group < groups; group++) {
    const float* rows = image + first * in + group * k;
    if (scratch) {
      GatherRows(first, count, group, scratch);
      rows = scratch;
    }
    for (int64_t i = panel; i < panel + panels; i++) {
      const int64_t column = i * kPanel, at = first * channels + group * features + column;
      const float* weights = packed + (group * all + i) * (k + 1) * kPanel;
      PanelProduct p{rows, scratch ? k : in, count, weights + kPanel, k, weights, result + at, channels};
      p.columns = std::min(kPanel, features - column);
      p.other = other ? other + at : nullptr;
      p.ld_other = channels;
      p.limits = limits;
      product(p);
    }
  }
}

void Conv2d::RunAll() const {
  const int64_t rows = batch * out_height * out_width, panels = PanelsOf(channels / groups),
                fitting = kBytesOfRows / (K() * 4);
  const int64_t most = IsPointwise() ? kMostRows : std::clamp<int64_t>(fitting / 8 * 8, 8, kMostRows);
  const int64_t blocks = (rows + most - 1) / most;
  // Few rows are shared out by their panels: each thread gathers them then.
  const int64_t wanted = at::get_num_threads() > 1 ? 4 * at::get_num_threads() : 1;
  const int64_t parts = blocks == 0 ? 1 : std::clamp<int64_t>(wanted / blocks, 1, panels);
  EachTask(blocks * parts, [&](int64_t task) {
    const int64_t block = task / parts, part = task % parts;
    const int64_t first = rows * block / blocks, count = rows * (block + 1) / blocks - first;
    const int64_t panel = panels * part / parts;
    at::Tensor scratch;
    if (!IsPointwise()) scratch = at::empty({count * K() + kChunk}, at::kFloat);
    RunRows(first, count, panel, panels * (part + 1) / parts - panel,
            scratch.defined() ? scratch.mutable_data_ptr<float>() : nullptr);
  });
}

// The image with zeros around it, where a few channels make short rows: those of a line lie in it, in parts.
void Conv2d::RunLines() const {
  const int64_t lines = height + 2 * padding[0], line = (width + 2 * padding[1]) * in;
  const at::Tensor padded = at::zeros({batch * lines * line}, at::kFloat);
  auto* to = padded.mutable_data_ptr<float>();
  for (int64_t y = 0; y < batch * height; y++) {
    float* place = to + ((y / height * lines + padding[0] + y % height) * line + padding[1] * in);
    std::copy_n(image + y * width * in, width * in, place);
  }
  const auto product = BestKernels().panel_product;
  EachTask(batch * out_height, [&](int64_t task) {
    const float* first = to + (task / out_height * lines + task % out_height * stride[0]) * line;
    for (int64_t column = 0; column < channels; column += kPanel) {
      const int64_t at = task * out_width * channels + column;
      const float* weights = packed + column * (K() + 1);
      PanelProduct p{first, stride[1] * in, out_width, weights + kPanel, K(), weights, result + at, channels};
      p.columns = std::min(kPanel, channels - column);
      p.other = other ? other + at : nullptr;
      p.ld_other = channels;
      p.limits = limits;
      p.parts = size[0];
      p.part = dilation[0] * line;
      product(p);
    }
  });
}

namespace {

// How many numbers the packed weights are; -1 where that is no number.
int64_t PackedSize(const ConvShape& shape, int64_t in) {
  const auto [channels, groups, size, stride, padding, dilation] = shape;
  const int64_t features = channels / groups, columns = PanelsOf(features) * kPanel * groups;
  int64_t area, k, all;
  if (c10::mul_overflows(size[0], size[1], &area) || c10::mul_overflows(area, in / groups, &k)) return -1;
  const int64_t width = IsDepthwise(channels, in, groups) ? channels : columns;
  if (c10::mul_overflows(k, width, &all) || c10::add_overflows(all, width, &all)) return -1;
  return all;
}

}  // namespace

at::Tensor PackConv2d(const at::Tensor& weight, const at::Tensor& bias, int64_t groups) {
  CheckPlainFloat(weight, "weight");
  TORCH_CHECK(weight.dim() == 4 && weight.numel() > 0, "a filter to pack must have four dimensions");
  const int64_t channels = weight.size(0);
  TORCH_CHECK(groups > 0 && channels % groups == 0, "groups must divide the channels");
  if (bias.defined()) {
    CheckPlainFloat(bias, "bias");
    TORCH_CHECK(bias.dim() == 1 && bias.size(0) == channels,
                "a bias to pack must have a number for each channel");
  }
  const at::Tensor filters = weight.permute({0, 2, 3, 1}).reshape({channels, -1});
  if (IsDepthwise(channels, weight.size(1) * groups, groups)) {
    at::Tensor packed = at::zeros({filters.size(1) + 1, channels}, weight.options());
    packed.narrow(0, 1, filters.size(1)).copy_(filters.t());
    if (bias.defined()) packed.select(0, 0).copy_(bias);
    return packed.view(-1);
  }
  const int64_t features = channels / groups;
  const int64_t columns = PanelsOf(features) * kPanel, numbers = columns * (filters.size(1) + 1);
  at::Tensor packed = at::zeros({groups, numbers}, weight.options());
  for (int64_t group = 0; group < groups; group++) {
    const at::Tensor own = bias.defined() ? bias.narrow(0, group * features, features) : bias;
    packed.select(0, group).copy_(PackLinear(filters.narrow(0, group * features, features), own));
  }
  return packed.view(-1);
}

at::Tensor Conv2dPacked(const at::Tensor& x, const at::Tensor& packed, const ConvShape& shape,
                        const Epilogue& epilogue) {
  CheckPlainFloat(x, "input");
  CheckPlainFloat(packed, "weight");
  const auto [channels, groups, size, stride, padding, dilation] = shape;
  TORCH_CHECK(x.dim() == 4, "a convolution was given an input of shape ", x.sizes());
  TORCH_CHECK(groups > 0 && channels > 0 && channels % groups == 0, "groups must divide the channels");
  std::array<int64_t, 2> sizes;
  for (size_t i = 0; i < 2; i++) {
    TORCH_CHECK(size[i] > 0 && stride[i] > 0 && padding[i] >= 0 && dilation[i] > 0 &&
                    std::max({size[i], stride[i], padding[i], dilation[i]}) <= kMostOfShape,
                "sizes, strides and dilation must be positive, and padding not negative");
    const int64_t seen = dilation[i] * (size[i] - 1) + 1, given = x.size(i + 2);
    TORCH_CHECK(
        given > 0 && given <= std::numeric_limits<int64_t>::max() / 2 && given + 2 * padding[i] >= seen,
        "a filter of ", size[0], " x ", size[1], " is larger than an input of shape ", x.sizes());
    sizes[i] = (given + 2 * padding[i] - seen) / stride[i] + 1;
  }
  const int64_t in = x.size(1);
  TORCH_CHECK(in > 0 && in % groups == 0 && channels <= packed.numel() && packed.dim() == 1 &&
                  packed.is_contiguous() && packed.numel() == PackedSize(shape, in),
              "packed weights are no such for ", in, " channels of an input of shape ", x.sizes());
  const at::Tensor image = x.contiguous(at::MemoryFormat::ChannelsLast);
  at::Tensor result = at::empty({x.size(0), channels, sizes[0], sizes[1]},
                                x.options().memory_format(at::MemoryFormat::ChannelsLast));
  const bool adds = epilogue.AddsInKernel(result);
  Conv2d conv{shape};
  conv.batch = x.size(0);
  conv.in = in;
  conv.height = x.size(2);
  conv.width = x.size(3);
  conv.out_height = sizes[0];
  conv.out_width = sizes[1];
  conv.image = image.const_data_ptr<float>();
  conv.packed = packed.const_data_ptr<float>();
  conv.other = adds ? epilogue.other.const_data_ptr<float>() : nullptr;
  conv.result = result.mutable_data_ptr<float>();
  conv.limits = epilogue.InKernel(adds);
  if (result.numel() > 0) conv.Run();
  return epilogue.Finish(std::move(result), adds);
}

}  // namespace nodetorch
