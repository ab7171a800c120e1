// How many bytes the tensors of a thread hold: for when to collect garbage, and for V8.
#pragma once

#include <algorithm>
#include <cstdint>

namespace nodetorch {

// Memory that a handle costs besides its storage: TensorImpl, StorageImpl, slot.
constexpr int64_t kHandleBytes = 512;
// What it counts besides when garbage is due: many small dead tensors leave the caches cold.
constexpr int64_t kGarbageBytes = 7680;

class MemoryAccount {
 public:
  void Add(int64_t bytes) {
    external_ += bytes;
    made_since_collection += bytes + kGarbageBytes;
  }
  void Remove(int64_t bytes) {
    external_ -= bytes;
    freed_since_collection += bytes + kGarbageBytes;
    // V8 collects by itself, too, and programs dispose: what is gone needs no collection.
    made_since_collection = std::max<int64_t>(0, made_since_collection - bytes - kGarbageBytes);
  }

  // For napi_adjust_external_memory; 0 while little has changed since the last call. V8 collects all
  // each time that what it is told has grown by 64 MB, so it is told the logarithm: it collects when
  // memory has grown by half, as it does with its own.
  int64_t TakeExternalDelta();

  // Bytes made since the last young collection and not freed since, and those freed.
  int64_t made_since_collection = 0;
  int64_t freed_since_collection = 0;

 private:
  int64_t external_ = 0;       // bytes that tensors of this thread hold
  int64_t external_then_ = 0;  // when V8 was told last
  int64_t told_ = 0;
};

}  // namespace nodetorch
