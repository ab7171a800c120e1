// The native side of a JS object: what keeps a tensor alive, counts it and finds it again.
//
// JavaScript knows most tensors by the number of their slot; everything else, and what callbacks get, by an
// external.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <node_api.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nodetorch {

// What a slot holds. A slot is reused only after the JS object that owns it has been collected, or the scope
// that owns it has ended.
enum class Kind : uint8_t { kFree, kTensor, kGenerator, kOther };

// Anything else that JS holds a handle to (a hook registration, a custom function's node).
struct Held {
  virtual ~Held() = default;
};

struct Slot {
  at::Tensor tensor;
  at::Generator generator;
  Held* other = nullptr;
  int64_t bytes = 0;        // that came with the tensor, for V8 and for when to collect
  uint32_t generation = 0;  // tells a reused slot from the one a scope remembers
  uint32_t number = 0;
  Kind kind = Kind::kFree;
  bool kept = false;    // never disposed by a scope
  bool scoped = false;  // owned by its scope alone: no JS object has a finalizer for it
  bool small = false;   // a few bytes from the CPU cache, in no graph: see HandlePool::Bury
};

// Whether a graph, and what it has saved, may hang on the tensor. A view outside of all graphs has autograd's
// data, too.
inline bool IsInGraph(const at::TensorImpl& tensor) {
  const auto* autograd = tensor.autograd_meta();
  return autograd && autograd->requires_grad();
}

struct DeviceUse {
  int64_t tensors = 0;
  int64_t bytes = 0;  // of their storages; one that several share counts once
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

  HandlePool();
  HandlePool(const HandlePool&) = delete;
  HandlePool& operator=(const HandlePool&) = delete;
  ~HandlePool();

  // `fresh`: its memory is its own, though a graph may have saved it, too. Else it may be somebody else's.
  Slot* New(at::Tensor tensor, bool fresh = false);
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
  // The tensor's slot of that number; of a number that is none, a slot with a disposed tensor.
  Slot* At(int64_t number) const {
    const bool is = number > 0 && static_cast<size_t>(number) < slots_.size();
    Slot* slot = is ? slots_[number] : nullptr;
    return slot && slot->kind == Kind::kTensor ? slot : slots_[0];
  }

  // Of what is made in it, JavaScript remembers for `owner` what the scope owns alone. Null: no one does.
  void BeginScope(const void* owner) { scopes_.push_back({{}, owner, 0}); }
  // Ends scopes until there are `depth`. Inside of the outermost of them may be some that a stack overflow
  // kept from ending; only it has survivors.
  // What was made in it is disposed, but for kept slots and those listed in `survivors`, which go to the
  // scope outside.
  void EndScopes(size_t depth, const std::vector<Slot*>& survivors);
  // Leaves a new slot to the innermost scope, if it is `owner`'s and the tensor is small.
  bool LeaveToScope(Slot* slot, const void* owner);
  size_t scope_depth() const { return scopes_.size(); }

  template <typename F>
  void EachTensor(F each) const {
    for (const Slot* slot : slots_) {
      if (slot->kind == Kind::kTensor && slot->tensor.defined()) each(slot->tensor);
    }
  }
  // By device. Looks at every tensor.
  std::map<std::string, DeviceUse> Use() const;
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

  struct Scope {
    std::vector<ScopeEntry> made;
    const void* owner;
    size_t owned;
  };

  static void DeleteWhenUnused();
  void EndScope(const std::vector<Slot*>& survivors);
  Slot* Allocate(Kind kind);
  void Count(Slot* slot, bool fresh);
  void Uncount(Slot* slot);

  std::vector<Slot*> slots_;  // by their numbers
  std::vector<Slot*> free_;
  std::vector<at::Tensor> dead_;
  size_t made_since_burial_ = 0;
  std::vector<char*> chunks_;  // sorted by address
  std::vector<Scope> scopes_;
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
