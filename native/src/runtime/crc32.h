// The checksum of zip and gzip.
#pragma once
#include <cstddef>
#include <cstdint>

namespace nodetorch {

// `before` is the checksum of what comes before, or 0.
uint32_t Crc32(const char* bytes, size_t size, uint32_t before);
// Of `first`'s bytes and, behind them, the `size` bytes of `second`.
uint32_t CombineCrc32(uint32_t first, uint32_t second, uint64_t size);

}  // namespace nodetorch
