// Loops over float32 numbers, compiled once for each kind of processor: variants.cc.
#pragma once

#include <cstdint>

namespace nodetorch {

// Weights lie in panels of so many columns.
constexpr int64_t kPanel = 32;

// c (rows, columns) = a (rows, k) * panel (k, kPanel) + bias, + other, and relu.
struct PanelProduct {
  const float* a;
  int64_t lda;
  int64_t rows;
  const float* panel;
  int64_t k;
  const float* bias;  // kPanel
  float* c;
  int64_t ldc;
  int64_t columns = kPanel;
  const float* other = nullptr;  // as c
  int64_t ld_other = 0;
  bool relu = false;
};

// One tile of a convolution by Winograd's F(4 x 4, 3 x 3): 6 x 6 places of the image, 4 x 4 of the result.
struct TileInput {
  const float* places[6][6];  // `channels` numbers each
  int64_t channels;
  float* out;  // 36 rows of `channels`
  int64_t stride;
};
struct TileOutput {
  const float* in;  // 36 rows of `channels`
  int64_t stride;
  int64_t channels;
  const float* bias;
  float* places[4][4];        // null beyond the image
  const float* others[4][4];  // null where nothing is added
  bool relu;
};

struct Kernels {
  const char* name;
  void (*panel_product)(const PanelProduct&);
  void (*tile_input)(const TileInput&);
  void (*tile_output)(const TileOutput&);
};

// The best ones for this processor.
const Kernels& BestKernels();

}  // namespace nodetorch
