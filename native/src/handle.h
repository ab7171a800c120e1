// The native side of a JS object: what keeps a tensor alive, counts it and finds it again.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <node_api.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "storage_uses.h"

namespace nodetorch {

// What a slot holds. A slot is reused only after its JS external has been collected.
enum class Kind : uint8_t { kFree, kTensor, kGenerator, kOther };

// Anything else that JS holds a handle to (a hook registration, a custom function's node).
struct Held {
  virtual ~Held() = default;
};

struct Slot {
  at::Tensor tensor;
  at::Generator generator;
  Held* other = nullptr;
  StorageUse* use = nullptr;  // the storage this slot is counted under
  uint32_t generation = 0;    // tells a reused slot from the one a scope remembers
  Kind kind = Kind::kFree;
  bool kept = false;   // never disposed by a scope
  bool small = false;  // a few bytes from the CPU cache, in no graph: see HandlePool::Bury
};

// Whether a graph, and what it has saved, may hang on the tensor. A view outside of all graphs has autograd's
// data, too.
inline bool IsInGraph(const at::TensorImpl& tensor) {
  const auto* autograd = tensor.autograd_meta();
  return autograd && autograd->requires_grad();
}

struct DeviceUse {
  int64_t tensors = 0;
  int64_t bytes = 0;
};

// All handles of one thread. Node runs one isolate on a thread, and an external never leaves its
// isolate, so nothing here is locked. Several loads of the addon on a thread share it.
class HandlePool {
 public:
  static HandlePool& ForThisThread();
  // An environment of this thread starts and ends. The last one out takes the pool with it, once
  // its last handle has been collected.
  static void Enter();
  static void Leave();

  HandlePool() = default;
  HandlePool(const HandlePool&) = delete;
  HandlePool& operator=(const HandlePool&) = delete;
  ~HandlePool();

  Slot* New(at::Tensor tensor);
  Slot* New(at::Generator generator);
  Slot* New(Held* other);

  // Frees what the slot holds now; its JS object stays behind as "disposed".
  void Dispose(Slot* slot);
  // The tensor may have got another storage, or its storage another size.
  void Recount(Slot* slot);
  // A collection finds thousands of dead tensors at once. The small ones are freed one by one, each just
  // before the next is made: it gets their memory while it is at hand. As many as were made since the last
  // call, or all.
  void Bury();
  void BuryAll();
  // The JS object is gone. Runs inside a collection: no JavaScript, no Node-API.
  void Release(Slot* slot);

  // Whether `pointer`, which came out of somebody's napi_external, is a slot of ours. Reads
  // nothing behind the pointer before it is known to be ours.
  bool Owns(const void* pointer) const;

  void BeginScope() { scopes_.emplace_back(); }
  // Disposes what was made since BeginScope, but for kept slots and those listed in `survivors`,
  // which go to the scope outside.
  void EndScope(const std::vector<Slot*>& survivors);
  size_t scope_depth() const { return scopes_.size(); }

  const std::unordered_map<c10::Device, DeviceUse>& use() const { return use_; }
  int64_t live_tensors() const { return live_tensors_; }

  // For napi_adjust_external_memory; 0 while little has changed since the last call. V8 collects all
  // each time that what it is told has grown by 64 MB, so it is told the logarithm: it collects when
  // memory has grown by half, as it does with its own.
  int64_t TakeExternalDelta();
  // Bytes made since the last young collection and not freed since, and those freed.
  int64_t made_since_collection = 0;
  int64_t freed_since_collection = 0;

 private:
  struct ScopeEntry {
    Slot* slot;
    uint32_t generation;
  };

  struct Dead {
    at::Tensor tensor;
    StorageUse* use;
  };

  static void DeleteWhenUnused();
  Slot* Allocate(Kind kind);
  void Count(Slot* slot);
  int64_t Uncount(const at::Tensor& tensor, StorageUse* use);  // bytes that it held
  void CountAsFreed(int64_t bytes);
  DeviceUse& UseOf(c10::Device device);

  std::vector<Slot*> free_;
  std::vector<Dead> dead_;
  size_t made_since_burial_ = 0;
  std::vector<char*> chunks_;  // sorted by address
  StorageUses storages_;
  std::unordered_map<c10::Device, DeviceUse> use_;
  std::pair<c10::Device, DeviceUse*> last_use_{c10::kCPU, nullptr};  // one device is the rule
  std::vector<std::vector<ScopeEntry>> scopes_;
  int64_t live_tensors_ = 0;
  int64_t live_slots_ = 0;
  int64_t external_ = 0;       // bytes that tensors of this thread hold
  int64_t external_then_ = 0;  // when V8 was told last
  int64_t told_ = 0;
  int environments_ = 0;
};

// Memory that a handle costs besides its storage: TensorImpl, StorageImpl, slot.
constexpr int64_t kHandleBytes = 512;
// What it counts besides when garbage is due: many small dead tensors leave the caches cold.
constexpr int64_t kGarbageBytes = 7680;

}  // namespace nodetorch
