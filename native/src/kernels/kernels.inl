// Included by variants.cc, within a namespace, for vectors of kLanes numbers and tiles of kRows rows.

#ifdef _MSC_VER
struct Vec {
  float lane[kLanes];
  friend Vec operator+(Vec a, Vec b) { for (int i = 0; i < kLanes; i++) a.lane[i] += b.lane[i]; return a; }
  friend Vec operator-(Vec a, Vec b) { for (int i = 0; i < kLanes; i++) a.lane[i] -= b.lane[i]; return a; }
  friend Vec operator*(float x, Vec b) { for (int i = 0; i < kLanes; i++) b.lane[i] *= x; return b; }
};
inline Vec Relu(Vec a) {
  for (int i = 0; i < kLanes; i++) a.lane[i] = a.lane[i] < 0 ? 0 : a.lane[i];
  return a;
}
#else
typedef float Vec __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
// NaN stays NaN.
inline Vec Relu(Vec a) { return a < Vec{} ? Vec{} : a; }
#endif

inline Vec Load(const float* from) { return *reinterpret_cast<const Vec*>(from); }
inline void Save(float* to, Vec value) { *reinterpret_cast<Vec*>(to) = value; }

constexpr int kVecs = 2;
constexpr int kWidth = kVecs * kLanes;

// `kCount` rows of kWidth columns, all in registers.
template <int kCount>
inline void Tile(const PanelProduct& p, const float* a, const float* b, const float* bias, float* c, int64_t ldc,
                 const float* other, bool relu) {
  Vec sums[kCount][kVecs];
  for (int v = 0; v < kVecs; v++) {
    for (int r = 0; r < kCount; r++) sums[r][v] = Load(bias + v * kLanes);
  }
  const int64_t k = p.k, lda = p.lda;
  for (int64_t i = 0; i < k; i++) {
#ifndef _MSC_VER
    // Weights come from further away than the processor looks ahead.
    for (int j = 0; j < kWidth; j += 16) __builtin_prefetch(b + (i + 24) * kPanel + j);
#endif
    Vec column[kVecs];
    for (int v = 0; v < kVecs; v++) column[v] = Load(b + i * kPanel + v * kLanes);
    for (int r = 0; r < kCount; r++) {
      const float x = a[r * lda + i];
      for (int v = 0; v < kVecs; v++) sums[r][v] = sums[r][v] + x * column[v];
    }
  }
  for (int r = 0; r < kCount; r++) {
    for (int v = 0; v < kVecs; v++) {
      Vec sum = sums[r][v];
      if (other) sum = sum + Load(other + r * p.ld_other + v * kLanes);
      Save(c + r * ldc + v * kLanes, relu ? Relu(sum) : sum);
    }
  }
}

template <int kCount>
inline void AnyTile(int64_t rows, const PanelProduct& p, const float* a, const float* b, const float* bias, float* c,
                    int64_t ldc, const float* other, bool relu) {
  if (rows == kCount) return Tile<kCount>(p, a, b, bias, c, ldc, other, relu);
  if constexpr (kCount > 1) AnyTile<kCount - 1>(rows, p, a, b, bias, c, ldc, other, relu);
}

inline void RunPanelProduct(const PanelProduct& p) {
  for (int64_t column = 0; column < p.columns; column += kWidth) {
    const int64_t width = p.columns - column < kWidth ? p.columns - column : kWidth;
    const float *b = p.panel + column, *bias = p.bias + column;
    for (int64_t row = 0; row < p.rows; row += kRows) {
      const int64_t rows = p.rows - row < kRows ? p.rows - row : kRows;
      const float* a = p.a + row * p.lda;
      float* c = p.c + row * p.ldc + column;
      const float* other = p.other ? p.other + row * p.ld_other + column : nullptr;
      if (width == kWidth) {
        AnyTile<kRows>(rows, p, a, b, bias, c, p.ldc, other, p.relu);
        continue;
      }
      float whole[kRows * kWidth];  // the last columns of a result that is not so wide
      AnyTile<kRows>(rows, p, a, b, bias, whole, kWidth, nullptr, false);
      for (int64_t r = 0; r < rows; r++) {
        for (int64_t j = 0; j < width; j++) {
          const float sum = whole[r * kWidth + j] + (other ? other[r * p.ld_other + j] : 0.0f);
          c[r * p.ldc + j] = p.relu && sum < 0 ? 0.0f : sum;
        }
      }
    }
  }
}

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
        Save(p.places[y][x] + channel, p.relu ? Relu(sum) : sum);
      }
    }
  }
}
