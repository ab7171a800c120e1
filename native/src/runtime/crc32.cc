// By carry-less multiplication (x86-64) or by ARM's own instruction: some ten times as fast as the tables.
#include "runtime/crc32.h"

#include <array>
#include <cstring>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>
#define NODETORCH_CRC_CLMUL 1
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace nodetorch {

namespace {

constexpr uint32_t kPolynomial = 0xEDB88320u;  // bits in reverse: the highest is x^0

// FastCrc: `crc` is inverted before the first and after the last byte.

#ifdef NODETORCH_CRC_CLMUL

bool HasFastCrc() {
  static const bool has = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return has;
}

__attribute__((target("pclmul,sse4.1"))) __m128i FoldCrc(__m128i x, __m128i next, __m128i k) {
  const __m128i low = _mm_clmulepi64_si128(x, k, 0x00);
  const __m128i high = _mm_clmulepi64_si128(x, k, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) __m128i LoadCrc(const unsigned char* data) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
}

// Takes the first `size / 16 * 16` bytes, of at least 64, and says how many. The constants are powers of
// x modulo the polynomial: x^(4*128+32), x^(4*128-32), x^(128+32), x^(128-32), x^64, then Barrett's.
__attribute__((target("pclmul,sse4.1"))) size_t FastCrc(const unsigned char* data, size_t size,
                                                        uint32_t* crc) {
  if (size < 64 || !HasFastCrc()) return 0;
  const unsigned char* at = data;
  const __m128i by4 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
  __m128i x[4];
  for (int i = 0; i < 4; i++) x[i] = LoadCrc(at + 16 * i);
  x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128(static_cast<int>(*crc)));
  for (at += 64, size -= 64; size >= 64; at += 64, size -= 64) {
    for (int i = 0; i < 4; i++) x[i] = FoldCrc(x[i], LoadCrc(at + 16 * i), by4);
  }
  const __m128i by1 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  __m128i y = x[0];
  for (int i = 1; i < 4; i++) y = FoldCrc(y, x[i], by1);
  for (; size >= 16; at += 16, size -= 16) y = FoldCrc(y, LoadCrc(at), by1);
  // 128 bits to 64.
  const __m128i mask = _mm_setr_epi32(-1, 0, -1, 0);
  y = _mm_xor_si128(_mm_srli_si128(y, 8), _mm_clmulepi64_si128(y, by1, 0x10));
  const __m128i k5 = _mm_set_epi64x(0, 0x163cd6124);
  y = _mm_xor_si128(_mm_srli_si128(y, 4), _mm_clmulepi64_si128(_mm_and_si128(y, mask), k5, 0x00));
  // 64 bits to 32.
  const __m128i barrett = _mm_set_epi64x(0x1f7011641, 0x1db710641);
  __m128i t = _mm_clmulepi64_si128(_mm_and_si128(y, mask), barrett, 0x10);
  t = _mm_clmulepi64_si128(_mm_and_si128(t, mask), barrett, 0x00);
  *crc = static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(y, t), 1));
  return static_cast<size_t>(at - data);
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

size_t FastCrc(const unsigned char* data, size_t size, uint32_t* crc) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, 8);
    *crc = __crc32d(*crc, word);
  }
  return i;
}

#else

size_t FastCrc(const unsigned char*, size_t, uint32_t*) { return 0; }

#endif

using Table = std::array<std::array<uint32_t, 256>, 8>;

// Eight bytes at a time.
Table MakeTable() {
  Table table;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
    table[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; i++) {
    for (size_t k = 1; k < 8; k++) table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xFF];
  }
  return table;
}

// Of two polynomials, modulo that of CRC-32.
uint32_t Multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ (b & 1 ? kPolynomial : 0);
  }
  return product;
}

}  // namespace

uint32_t Crc32(const char* bytes, size_t size, uint32_t before) {
  static const Table table = MakeTable();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes);
  uint32_t crc = ~before;
  size_t i = FastCrc(data, size, &crc);
  for (; i + 8 <= size; i += 8) {
    uint32_t low, high;
    std::memcpy(&low, data + i, 4);
    std::memcpy(&high, data + i + 4, 4);
    low ^= crc;
    crc = table[7][low & 0xFF] ^ table[6][(low >> 8) & 0xFF] ^ table[5][(low >> 16) & 0xFF] ^
          table[4][low >> 24] ^ table[3][high & 0xFF] ^ table[2][(high >> 8) & 0xFF] ^
          table[1][(high >> 16) & 0xFF] ^ table[0][high >> 24];
  }
  for (; i < size; i++) crc = (crc >> 8) ^ table[0][(crc ^ data[i]) & 0xFF];
  return ~crc;
}

uint32_t CombineCrc32(uint32_t first, uint32_t second, uint64_t size) {
  uint32_t shift = 1u << 31;        // x^0
  uint32_t power = 1u << (31 - 8);  // x^8, squared for each bit of the size
  for (; size != 0; size >>= 1, power = Multiply(power, power)) {
    if (size & 1) shift = Multiply(shift, power);
  }
  return Multiply(shift, first) ^ second;
}

}  // namespace nodetorch
