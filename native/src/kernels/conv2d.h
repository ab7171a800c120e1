// What a call of a packed convolution works on, its channels last. What a filter sees of an image is a row of
// numbers, and the filters are a linear layer over such rows, as in linear.cc: those of 1 x 1 and stride 1
// find theirs in the image, others gather a few at a time. Where each channel has a filter of its own, the
// sums are made in place.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/packed.h"

namespace nodetorch {

struct Conv2d : ConvShape {
  int64_t batch, in, height, width, out_height, out_width;
  const float* image;
  const float* packed;
  const float* other;
  float* result;
  Limits limits;

  void Run() const;

 private:
  int64_t InOfGroup() const { return in / groups; }
  int64_t K() const { return size[0] * size[1] * InOfGroup(); }
  // The rows lie in the image as they are.
  bool IsPointwise() const;
  bool IsOfLines() const;

  void RunAll() const;
  void RunRows(int64_t first, int64_t count, int64_t panel, int64_t panels, float* scratch) const;
  void GatherRows(int64_t first, int64_t count, int64_t group, float* to) const;
  float* Gather(int64_t n, int64_t y0, int64_t x0, int64_t group, float* to) const;
  void RunLines() const;

  // depthwise.cc
  void RunDepthwise() const;
  void RunDepthwiseRow(int64_t row, const float* zeros, std::vector<Tap>& taps) const;
  void FindTaps(int64_t n, int64_t y0, int64_t x0, const float* zeros, std::vector<Tap>& taps) const;
};

}  // namespace nodetorch
