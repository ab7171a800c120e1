// Included by variants.cc, within a namespace, for vectors of kLanes numbers and tiles of kRows rows.

#ifdef _MSC_VER
struct Vec {
  float lane[kLanes];
  friend Vec operator+(Vec a, Vec b) { for (int i = 0; i < kLanes; i++) a.lane[i] += b.lane[i]; return a; }
  friend Vec operator-(Vec a, Vec b) { for (int i = 0; i < kLanes; i++) a.lane[i] -= b.lane[i]; return a; }
  friend Vec operator*(Vec a, Vec b) { for (int i = 0; i < kLanes; i++) a.lane[i] *= b.lane[i]; return a; }
  friend Vec operator*(float x, Vec b) { for (int i = 0; i < kLanes; i++) b.lane[i] *= x; return b; }
};
inline Vec Limited(Vec a, const Limits& limits) {
  for (int i = 0; i < kLanes && limits.relu; i++) {
    const float x = a.lane[i] < 0 ? 0 : a.lane[i];
    a.lane[i] = x > limits.most ? limits.most : x;
  }
  return a;
}
#else
typedef float Vec __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
// NaN stays NaN.
inline Vec Limited(Vec a, const Limits& limits) {
  if (!limits.relu) return a;
  const Vec zero{}, most = zero + limits.most, positive = a < zero ? zero : a;
  return positive > most ? most : positive;
}
#endif

inline float Limited(float a, const Limits& limits) {
  if (!limits.relu) return a;
  return a < 0 ? 0 : a > limits.most ? limits.most : a;
}

inline Vec Load(const float* from) { return *reinterpret_cast<const Vec*>(from); }
inline void Save(float* to, Vec value) { *reinterpret_cast<Vec*>(to) = value; }

constexpr int kWidth = 2 * kLanes;

// `kCount` rows of kVecs vectors, all in registers, of which the first `width` numbers are wanted.
template <int kVecs, int kCount>
inline void Tile(const PanelProduct& p, int64_t row, int64_t column, int64_t width) {
  const float *a = p.a + row * p.lda, *b = p.panel + column;
  Vec sums[kCount][kVecs];
  NODETORCH_UNROLL
  for (int r = 0; r < kCount; r++) {
    NODETORCH_UNROLL
    for (int v = 0; v < kVecs; v++) sums[r][v] = Load(p.bias + column + v * kLanes);
  }
  const int64_t k = p.k / p.parts, lda = p.lda;
  for (int64_t part = 0; part < p.parts; part++, a += p.part, b += k * kPanel) {
    for (int64_t i = 0; i < k; i++) {
#ifndef _MSC_VER
      // Weights come from further away than the processor looks ahead.
      for (int j = 0; j < kVecs * kLanes; j += 16) __builtin_prefetch(b + (i + 24) * kPanel + j);
#endif
      Vec weights[kVecs];
      for (int v = 0; v < kVecs; v++) weights[v] = Load(b + i * kPanel + v * kLanes);
      for (int r = 0; r < kCount; r++) {
        const float x = a[r * lda + i];
        for (int v = 0; v < kVecs; v++) sums[r][v] = sums[r][v] + x * weights[v];
      }
    }
  }
  float* c = p.c + row * p.ldc + column;
  const float* other = p.other ? p.other + row * p.ld_other + column : nullptr;
  if (width == kVecs * kLanes) {
    NODETORCH_UNROLL
    for (int r = 0; r < kCount; r++) {
      NODETORCH_UNROLL
      for (int v = 0; v < kVecs; v++) {
        const Vec sum = other ? sums[r][v] + Load(other + r * p.ld_other + v * kLanes) : sums[r][v];
        Save(c + r * p.ldc + v * kLanes, Limited(sum, p.limits));
      }
    }
    return;
  }
  float whole[kCount * kVecs * kLanes];  // the last columns of a result that is not so wide
  NODETORCH_UNROLL
  for (int r = 0; r < kCount; r++) {
    NODETORCH_UNROLL
    for (int v = 0; v < kVecs; v++) Save(whole + (r * kVecs + v) * kLanes, sums[r][v]);
  }
  for (int r = 0; r < kCount; r++) {
    for (int64_t j = 0; j < width; j++) {
      const float sum = whole[r * kVecs * kLanes + j] + (other ? other[r * p.ld_other + j] : 0.0f);
      c[r * p.ldc + j] = Limited(sum, p.limits);
    }
  }
}

template <int kVecs, int kCount>
inline void AnyTile(const PanelProduct& p, int64_t row, int64_t rows, int64_t column, int64_t width) {
  if (rows == kCount) return Tile<kVecs, kCount>(p, row, column, width);
  if constexpr (kCount > 1) AnyTile<kVecs, kCount - 1>(p, row, rows, column, width);
}

inline void RunPanelProduct(const PanelProduct& p) {
  const int64_t tiles = (p.rows + kRows - 1) / kRows;
  for (int64_t column = 0; column < p.columns; column += kWidth) {
    const int64_t width = p.columns - column < kWidth ? p.columns - column : kWidth;
    // Tiles of nearly the same height: one of a single row takes long for what it does.
    for (int64_t tile = 0; tile < tiles; tile++) {
      const int64_t row = p.rows * tile / tiles, rows = p.rows * (tile + 1) / tiles - row;
      if (width > kLanes) {
        AnyTile<2, kRows>(p, row, rows, column, width);
      } else {
        AnyTile<1, kRows>(p, row, rows, column, width);
      }
    }
  }
}

// kVecs vectors of channels.
template <int kVecs, int kCount>
inline void DepthwiseVecs(const Depthwise& p, int64_t channel) {
  Vec sums[kCount][kVecs];
  NODETORCH_UNROLL
  for (int i = 0; i < kCount; i++) {
    NODETORCH_UNROLL
    for (int v = 0; v < kVecs; v++) sums[i][v] = Load(p.bias + channel + v * kLanes);
  }
  for (const Tap *tap = p.taps, *end = tap + p.count; tap != end; tap++) {
    Vec weights[kVecs];
    NODETORCH_UNROLL
    for (int v = 0; v < kVecs; v++) weights[v] = Load(tap->weights + channel + v * kLanes);
    NODETORCH_UNROLL
    for (int i = 0; i < kCount; i++) {
      const float* image = tap->places[i] + channel;
      NODETORCH_UNROLL
      for (int v = 0; v < kVecs; v++) sums[i][v] = sums[i][v] + Load(image + v * kLanes) * weights[v];
    }
  }
  float* out = p.out + channel;
  const float* other = p.other ? p.other + channel : nullptr;
  NODETORCH_UNROLL
  for (int i = 0; i < kCount; i++) {
    NODETORCH_UNROLL
    for (int v = 0; v < kVecs; v++) {
      const int64_t at = i * p.channels + v * kLanes;
      Save(out + at, Limited(other ? sums[i][v] + Load(other + at) : sums[i][v], p.limits));
    }
  }
}

template <int kCount>
inline void AnyDepthwise(const Depthwise& p) {
  if constexpr (kCount > 1) {
    if (p.places < kCount) return AnyDepthwise<kCount - 1>(p);
  }
  int64_t channel = 0;
  for (; channel + 2 * kLanes <= p.channels; channel += 2 * kLanes) DepthwiseVecs<2, kCount>(p, channel);
  for (; channel + kLanes <= p.channels; channel += kLanes) DepthwiseVecs<1, kCount>(p, channel);
  for (; channel < p.channels; channel++) {
    for (int i = 0; i < kCount; i++) {
      float sum = p.bias[channel];
      for (int64_t t = 0; t < p.count; t++) sum += p.taps[t].places[i][channel] * p.taps[t].weights[channel];
      const int64_t at = i * p.channels + channel;
      p.out[at] = Limited(p.other ? sum + p.other[at] : sum, p.limits);
    }
  }
}

inline void RunDepthwise(const Depthwise& p) { AnyDepthwise<kPlaces>(p); }

// Six numbers times the transposed B of F(4, 3).
inline void TransformInput(const Vec (&d)[6], Vec (&t)[6]) {
  const Vec a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1];
  const Vec c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
  t[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
  t[1] = a + b;
  t[2] = a - b;
  t[3] = c + e;
  t[4] = c - e;
  t[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

inline void RunTileInput(const TileInput& p) {
  for (int64_t channel = 0; channel < p.channels; channel += kLanes) {
    Vec half[6][6];
    for (int x = 0; x < 6; x++) {
      Vec column[6], out[6];
      for (int y = 0; y < 6; y++) column[y] = Load(p.places[y][x] + channel);
      TransformInput(column, out);
      for (int y = 0; y < 6; y++) half[y][x] = out[y];
    }
    for (int y = 0; y < 6; y++) {
      Vec out[6];
      TransformInput(half[y], out);
      for (int x = 0; x < 6; x++) Save(p.out + (6 * y + x) * p.stride + channel, out[x]);
    }
  }
}

// Six numbers times the transposed A of F(4, 3).
inline void TransformOutput(const Vec (&m)[6], Vec (&y)[4]) {
  const Vec a = m[1] + m[2], b = m[1] - m[2], c = m[3] + m[4], d = m[3] - m[4];
  y[0] = m[0] + a + c;
  y[1] = b + 2.0f * d;
  y[2] = a + 4.0f * c;
  y[3] = b + 8.0f * d + m[5];
}

inline void RunTileOutput(const TileOutput& p) {
  for (int64_t channel = 0; channel < p.channels; channel += kLanes) {
    Vec half[4][6];
    for (int x = 0; x < 6; x++) {
      Vec column[6], out[4];
      for (int y = 0; y < 6; y++) column[y] = Load(p.in + (6 * y + x) * p.stride + channel);
      TransformOutput(column, out);
      for (int y = 0; y < 4; y++) half[y][x] = out[y];
    }
    const Vec bias = Load(p.bias + channel);
    for (int y = 0; y < 4; y++) {
      Vec out[4];
      TransformOutput(half[y], out);
      for (int x = 0; x < 4; x++) {
        if (!p.places[y][x]) continue;
        Vec sum = out[x] + bias;
        if (p.others[y][x]) sum = sum + Load(p.others[y][x] + channel);
        Save(p.places[y][x] + channel, Limited(sum, p.limits));
      }
    }
  }
}
