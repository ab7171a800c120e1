// The native side of a JS object: what keeps a tensor alive and finds it again.
//
// JavaScript knows most tensors by the number of their slot. Everything else, and tensors that callbacks get,
// it knows by an external that points at the slot.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <node_api.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/deferred_frees.h"
#include "runtime/held_functions.h"
#include "runtime/memory_account.h"
#include "runtime/scope_stack.h"

namespace nodetorch {

// The property that holds an object's handle is Symbol.for() of this.
constexpr const char* kHandleSymbol = "nodetorch.handle";

// What a slot holds. A slot is reused only after the JS object that owns it has been collected, or the scope
// that owns it has ended.
enum class Kind : uint8_t { kFree, kTensor, kOther };

// Anything else that JS holds a handle to (a hook registration, a custom function's node).
struct Held {
  virtual ~Held() = default;
};

// A value of libtorch's that is no tensor: a generator, or an object of a class.
struct HeldValue : Held {
  explicit HeldValue(c10::IValue value) : value(std::move(value)) {}
  const c10::IValue value;
};

struct Slot {
  at::Tensor tensor;
  Held* other = nullptr;
  int64_t bytes = 0;        // that came with what it holds, for V8 and for when to collect
  uint32_t generation = 0;  // tells a reused slot from the one a scope remembers
  uint32_t number = 0;
  uint32_t recorded = 0;  // see HandleObserver
  Kind kind = Kind::kFree;
  bool kept = false;     // never disposed by a scope
  bool scoped = false;   // owned by its scope alone: no JS object has a finalizer for it
  bool small = false;    // a few bytes from the CPU cache, in no graph: see DeferredFrees
  bool watched = false;  // see HeldFunctions

  // Of a HeldValue; null where it holds something else, or nothing any more.
  const c10::IValue* value() const;
};

// Whether a graph, and what it has saved, may hang on the tensor. A view outside of all graphs has autograd's
// data, too.
inline bool IsInGraph(const at::TensorImpl& tensor) {
  const auto* autograd = tensor.autograd_meta();
  return autograd && autograd->requires_grad();
}

// Who is told of handles while a function is recorded.
struct HandleObserver {
  virtual ~HandleObserver() = default;
  virtual void Made(Slot& slot) = 0;
  // A slot with `recorded`: it was made, or given, while that recording was made. May throw.
  virtual void Uses(const Slot& slot) = 0;
};

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
  // `bytes`: an estimate of the memory behind it.
  Slot* New(Held* other, int64_t bytes = 0);

  // Frees what the slot holds now; its JS object stays behind as "disposed".
  void Dispose(Slot* slot);
  // The tensor may have got another storage, or its storage another size.
  void Recount(Slot* slot);
  // See DeferredFrees.
  void FreePending() { frees_.FreePending(); }
  void FreeAllPending() { frees_.FreeAllPending(); }
  // The JS object is gone. Runs inside a collection: no JavaScript, no Node-API.
  void Release(Slot* slot);

  // Whether `pointer`, which came out of somebody's napi_external, is a slot of ours. Reads
  // nothing behind the pointer before it is known to be ours.
  bool Owns(const void* pointer) const;
  // The tensor's slot of that number; of a number that is none, a slot with a disposed tensor.
  Slot* At(int64_t number) {
    const bool is = number > 0 && static_cast<size_t>(number) < slots_.size();
    Slot* slot = is ? slots_[number] : nullptr;
    return slot && slot->kind == Kind::kTensor ? Used(slot) : slots_[0];
  }
  // Every slot goes through here before its tensor is used.
  Slot* Used(Slot* slot) {
    if (slot->watched) functions_.MakeStrong(slot);
    if (slot->recorded && observer_) observer_->Uses(*slot);
    return slot;
  }

  // See ScopeStack.
  void BeginScope(const void* owner) { scopes_.Begin(owner); }
  void EndScopes(size_t depth, const std::vector<Slot*>& survivors) { scopes_.End(*this, depth, survivors); }
  bool LeaveToScope(Slot* slot, const void* owner) { return scopes_.LeaveTo(slot, owner); }
  size_t scope_depth() const { return scopes_.depth(); }

  template <typename F>
  void EachTensor(F each) const {
    for (const Slot* slot : slots_) {
      if (slot->kind == Kind::kTensor && slot->tensor.defined()) each(slot->tensor);
    }
  }
  // How many objects of classes there are. Looks at every slot.
  int64_t CountObjects() const;
  // By device. Looks at every tensor.
  std::map<std::string, DeviceUse> Use() const;
  void SetObserver(HandleObserver* observer) { observer_ = observer; }
  int64_t live_tensors() const { return live_tensors_; }

  MemoryAccount& account() { return account_; }
  HeldFunctions& functions() { return functions_; }

 private:
  static void DeleteWhenUnused();
  Slot* Allocate(Kind kind);
  void Count(Slot* slot, bool fresh);
  void Uncount(Slot* slot);

  std::vector<Slot*> slots_;  // by their numbers
  std::vector<Slot*> free_;
  std::vector<char*> chunks_;  // sorted by address
  DeferredFrees frees_;
  ScopeStack scopes_;
  MemoryAccount account_;
  int64_t live_tensors_ = 0;
  int64_t live_slots_ = 0;
  int environments_ = 0;
  HeldFunctions functions_;
  HandleObserver* observer_ = nullptr;
};

}  // namespace nodetorch
