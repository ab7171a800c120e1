// A CPU allocator that keeps freed blocks, so that results made in a loop find memory that is there.
#pragma once

#include <c10/core/StorageImpl.h>

#include <cstdint>

namespace nodetorch {

struct CpuCacheStats {
  int64_t cached = 0;  // bytes of freed blocks, held for the next
  int64_t limit = 0;
  int64_t reused = 0;  // blocks given out again, and blocks got from the system
  int64_t allocated = 0;
};

// Whether this allocator made the memory: a mapped file's, or an ArrayBuffer's, is somebody else's.
bool IsFromCpuCache(const c10::StorageImpl& storage);

// Makes it libtorch's allocator for the CPU, once for the process.
void InstallCpuCache();
CpuCacheStats CpuCache();
// Bytes to keep at most; 0 keeps nothing. Frees what is more.
void SetCpuCacheLimit(int64_t bytes);
void EmptyCpuCache();

}  // namespace nodetorch
