// Loops over float32 numbers, compiled once for each kind of processor: variants.cc.
#pragma once

#include <cstdint>
#include <limits>

namespace nodetorch {

// Weights lie in panels of so many columns.
constexpr int64_t kPanel = 32;

// What is done with a sum: relu, and relu6 where it may be 6 at most.
struct Limits {
  bool relu = false;
  float most = std::numeric_limits<float>::infinity();
};

// c (rows, columns) = a (rows, k) * panel (k, kPanel) + bias, + other, within limits. A row of `a` may lie in
// parts.
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
  Limits limits;
  int64_t parts = 1, part = 0;  // of k / parts numbers each, so far apart
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
  Limits limits;
};

// Places side by side of a result in which each channel is a sum of its own.
constexpr int kPlaces = 4;
struct Tap {
  const float* places[kPlaces];  // of the image, `channels` numbers each
  const float* weights;
};
struct Depthwise {
  const Tap* taps;
  int64_t count;  // of taps
  int64_t channels;
  int64_t places;  // 1 to kPlaces
  const float* bias;
  float* out;          // (places, channels)
  const float* other;  // as out, or null
  Limits limits;
};

struct Kernels {
  const char* name;
  void (*panel_product)(const PanelProduct&);
  void (*tile_input)(const TileInput&);
  void (*tile_output)(const TileOutput&);
  void (*depthwise)(const Depthwise&);
};

// The best ones for this processor.
const Kernels& BestKernels();

}  // namespace nodetorch
