// A convolution with a filter of 3 x 3 and stride 1, channels last, by Winograd's F(4 x 4, 3 x 3): of 6 x 6
// places of the image and the filter 36 numbers each are made, whose products, summed over channels, give 4 x
// 4 places of the result. That takes a quarter of the multiplications. (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015)
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>

#include "kernels/kernels.h"
#include "kernels/packed.h"

namespace nodetorch {

namespace {

constexpr int64_t kNumbers = 36;
constexpr int64_t kChannels = 16;             // a multiple of every processor's vectors
constexpr int64_t kBytesOfTask = 384 * 1024;  // so that it stays in the second cache

constexpr double kFilter[6][3] = {{1 / 4.0, 0, 0},
                                  {-1 / 6.0, -1 / 6.0, -1 / 6.0},
                                  {-1 / 6.0, 1 / 6.0, -1 / 6.0},
                                  {1 / 24.0, 1 / 12.0, 1 / 6.0},
                                  {1 / 24.0, -1 / 12.0, 1 / 6.0},
                                  {0, 0, 1}};

// 36 numbers of a filter.
void TransformFilter(const float* filter, std::array<float, kNumbers>& numbers) {
  double half[6][3];
  for (int i = 0; i < 6; i++) {
    for (int x = 0; x < 3; x++) {
      half[i][x] = kFilter[i][0] * filter[x] + kFilter[i][1] * filter[3 + x] + kFilter[i][2] * filter[6 + x];
    }
  }
  for (int i = 0; i < 6; i++) {
    for (int j = 0; j < 6; j++) {
      numbers[6 * i + j] = static_cast<float>(half[i][0] * kFilter[j][0] + half[i][1] * kFilter[j][1] +
                                              half[i][2] * kFilter[j][2]);
    }
  }
}

// What a call works on. Packed weights: the biases, then for each of the 36 numbers panels of (in, kPanel).
struct Convolution {
  int64_t batch, in, out, height, width, out_height, out_width, pad_y, pad_x;
  const float* image;
  const float* packed;
  const float* other;
  float* result;
  Limits limits;
  const float* zeros;  // `in` of them, and kPanel more

  int64_t TilesX() const { return (out_width + 3) / 4; }
  int64_t TilesY() const { return (out_height + 3) / 4; }
  int64_t Tiles() const { return batch * TilesY() * TilesX(); }

  void Read(int64_t tile, TileInput& input) const;
  void Write(int64_t tile, TileOutput& output) const;
  void Run(int64_t first, int64_t count) const;
};

void Convolution::Read(int64_t tile, TileInput& input) const {
  const int64_t x0 = tile % TilesX() * 4 - pad_x, y0 = tile / TilesX() % TilesY() * 4 - pad_y;
  const int64_t n = tile / TilesX() / TilesY();
  for (int64_t y = 0; y < 6; y++) {
    for (int64_t x = 0; x < 6; x++) {
      const bool is_inside = y0 + y >= 0 && y0 + y < height && x0 + x >= 0 && x0 + x < width;
      input.places[y][x] = is_inside ? image + ((n * height + y0 + y) * width + x0 + x) * in : zeros;
    }
  }
}

void Convolution::Write(int64_t tile, TileOutput& output) const {
  const int64_t x0 = tile % TilesX() * 4, y0 = tile / TilesX() % TilesY() * 4;
  const int64_t n = tile / TilesX() / TilesY();
  for (int64_t y = 0; y < 4; y++) {
    for (int64_t x = 0; x < 4; x++) {
      const bool is_inside = y0 + y < out_height && x0 + x < out_width;
      const int64_t at = ((n * out_height + y0 + y) * out_width + x0 + x) * out;
      output.places[y][x] = is_inside ? result + at : nullptr;
      output.others[y][x] = is_inside && other ? other + at : nullptr;
    }
  }
}

void Convolution::Run(int64_t first, int64_t count) const {
  const Kernels& kernels = BestKernels();
  const at::Tensor scratch = at::empty({kNumbers * count * (in + out)}, at::kFloat);
  auto* inputs = scratch.mutable_data_ptr<float>();
  float* products = inputs + kNumbers * count * in;
  TileInput input;
  input.channels = in;
  input.stride = count * in;
  for (int64_t i = 0; i < count; i++) {
    Read(first + i, input);
    input.out = inputs + i * in;
    kernels.tile_input(input);
  }
  for (int64_t number = 0; number < kNumbers; number++) {
    for (int64_t column = 0; column < out; column += kPanel) {
      kernels.panel_product({inputs + number * count * in, in, count,
                             packed + out + (number * out + column) * in, in, zeros,
                             products + number * count * out + column, out});
    }
  }
  TileOutput output;
  output.channels = out;
  output.stride = count * out;
  output.bias = packed;
  output.limits = limits;
  for (int64_t i = 0; i < count; i++) {
    Write(first + i, output);
    output.in = products + i * out;
    kernels.tile_output(output);
  }
}

}  // namespace

at::Tensor PackConv3x3(const at::Tensor& weight, const at::Tensor& bias) {
  CheckPlainFloat(weight, "weight");
  TORCH_CHECK(weight.dim() == 4 && weight.size(2) == 3 && weight.size(3) == 3,
              "a filter to pack must be of 3 x 3");
  const int64_t out = weight.size(0), in = weight.size(1);
  TORCH_CHECK(out > 0 && in > 0 && out % kPanel == 0 && in % kChannels == 0, "a filter to pack must have ",
              kPanel, " and ", kChannels, " channels, or several times as many");
  at::Tensor packed = at::zeros({out + kNumbers * out * in}, weight.options());
  auto* numbers = packed.mutable_data_ptr<float>();
  const at::Tensor filters = weight.contiguous();
  std::array<float, kNumbers> made;
  for (int64_t o = 0; o < out; o++) {
    for (int64_t i = 0; i < in; i++) {
      TransformFilter(filters.const_data_ptr<float>() + (o * in + i) * 9, made);
      for (int64_t number = 0; number < kNumbers; number++) {
        numbers[out + (number * out + o / kPanel * kPanel) * in + i * kPanel + o % kPanel] = made[number];
      }
    }
  }
  if (!bias.defined()) return packed;
  CheckPlainFloat(bias, "bias");
  TORCH_CHECK(bias.dim() == 1 && bias.size(0) == out, "a bias to pack must have a number for each channel");
  const at::Tensor flat = bias.contiguous();
  std::copy_n(flat.const_data_ptr<float>(), out, numbers);
  return packed;
}

at::Tensor Conv3x3Packed(const at::Tensor& x, const at::Tensor& packed, int64_t channels, int64_t pad_y,
                         int64_t pad_x, const Epilogue& epilogue) {
  CheckPlainFloat(x, "input");
  CheckPlainFloat(packed, "weight");
  TORCH_CHECK(channels > 0 && channels % kPanel == 0 && packed.dim() == 1 && channels <= packed.size(0) &&
                  packed.is_contiguous() && packed.size(0) % channels == 0 &&
                  (packed.size(0) / channels - 1) % (kNumbers * kChannels) == 0,
              "packed weights are no such");
  const int64_t in = (packed.size(0) / channels - 1) / kNumbers;
  TORCH_CHECK(x.dim() == 4 && x.size(1) == in, "a convolution of ", in,
              " channels was given an input of shape ", x.sizes());
  TORCH_CHECK(pad_y >= 0 && pad_y <= 2 && pad_x >= 0 && pad_x <= 2, "padding must be 0, 1 or 2");
  const int64_t height = x.size(2) + 2 * pad_y - 2, width = x.size(3) + 2 * pad_x - 2;
  TORCH_CHECK(height > 0 && width > 0, "a filter of 3 x 3 is larger than an input of shape ", x.sizes());
  const at::Tensor image = x.contiguous(at::MemoryFormat::ChannelsLast);
  at::Tensor result = at::empty({x.size(0), channels, height, width},
                                x.options().memory_format(at::MemoryFormat::ChannelsLast));
  const bool adds = epilogue.AddsInKernel(result);
  const at::Tensor zeros = at::zeros({in + kPanel}, at::kFloat);
  const Convolution convolution{x.size(0),
                                in,
                                channels,
                                x.size(2),
                                x.size(3),
                                height,
                                width,
                                pad_y,
                                pad_x,
                                image.const_data_ptr<float>(),
                                packed.const_data_ptr<float>(),
                                adds ? epilogue.other.const_data_ptr<float>() : nullptr,
                                result.mutable_data_ptr<float>(),
                                epilogue.InKernel(adds),
                                zeros.const_data_ptr<float>()};
  const int64_t fitting = kBytesOfTask / (kNumbers * 4 * (in + channels));
  const int64_t tiles = convolution.Tiles(), size = std::clamp<int64_t>(fitting / 8 * 8, 8, 64);
  EachTask((tiles + size - 1) / size,
           [&](int64_t task) { convolution.Run(task * size, std::min(size, tiles - task * size)); });
  return epilogue.Finish(std::move(result), adds);
}

}  // namespace nodetorch
