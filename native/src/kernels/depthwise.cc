// Convolutions in which each channel has a filter of its own. Packed weights: the biases, then the channels'
// weights for each place of the filter.
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

#include "kernels/conv2d.h"

namespace nodetorch {

// One line of the result.
void Conv2d::RunDepthwiseRow(int64_t row, const float* zeros, std::vector<Tap>& taps) const {
  const int64_t n = row / out_height, y0 = row % out_height * stride[0] - padding[0];
  const int64_t reach = (size[1] - 1) * dilation[1], step = kPlaces * stride[1];
  const auto depthwise = BestKernels().depthwise;
  bool is_known = false;  // whether the taps are those of the places before these, which are inside as well
  for (int64_t x = 0; x < out_width; x += kPlaces) {
    const int64_t places = std::min<int64_t>(kPlaces, out_width - x), x0 = x * stride[1] - padding[1];
    const bool is_inside = x0 >= 0 && x0 + step - stride[1] + reach < width;
    if (is_inside && is_known) {
      for (Tap& tap : taps) {
        for (const float*& place : tap.places) place += step * channels;
      }
    } else {
      FindTaps(n, y0, x0, zeros, taps);
    }
    is_known = is_inside;
    const int64_t at = (row * out_width + x) * channels;
    depthwise({taps.data(), static_cast<int64_t>(taps.size()), channels, places, packed, result + at,
               other ? other + at : nullptr, limits});
  }
}

// Lines beyond the image have none.
void Conv2d::FindTaps(int64_t n, int64_t y0, int64_t x0, const float* zeros, std::vector<Tap>& taps) const {
  taps.clear();
  for (int64_t ky = 0; ky < size[0]; ky++) {
    const int64_t y = y0 + ky * dilation[0];
    if (y < 0 || y >= height) continue;
    for (int64_t kx = 0; kx < size[1]; kx++) {
      Tap& tap = taps.emplace_back();
      tap.weights = packed + (1 + ky * size[1] + kx) * channels;
      for (int64_t i = 0; i < kPlaces; i++) {
        const int64_t x = x0 + i * stride[1] + kx * dilation[1];
        tap.places[i] = x < 0 || x >= width ? zeros : image + ((n * height + y) * width + x) * channels;
      }
    }
  }
}

void Conv2d::RunDepthwise() const {
  const at::Tensor zeros = at::zeros({channels}, at::kFloat);
  EachTask(batch * out_height, [&](int64_t row) {
    thread_local std::vector<Tap> taps;
    RunDepthwiseRow(row, zeros.const_data_ptr<float>(), taps);
  });
}

}  // namespace nodetorch
