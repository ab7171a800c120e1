// The open scopes of a thread (tidy, a tfjs kernel) and the slots that were made in them. Innermost last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nodetorch {

class HandlePool;
struct Slot;

class ScopeStack {
 public:
  // A scope with an owner owns small tensors itself, which spares each a finalizer: JavaScript remembers for
  // `owner` which they are. Null: there is nobody to remember.
  void Begin(const void* owner) { scopes_.push_back({{}, owner, 0}); }
  // A new slot, made in the innermost scope.
  void Add(Slot* slot);
  // Ends scopes until there are `depth`. Inside of the outermost of them may be some that a stack overflow
  // kept from ending; only it has survivors.
  // What was made in it is disposed, but for kept slots and those listed in `survivors`, which go to the
  // scope outside.
  void End(HandlePool& pool, size_t depth, const std::vector<Slot*>& survivors);
  // Leaves a new slot to the innermost scope, if it is `owner`'s and the tensor is small.
  bool LeaveTo(Slot* slot, const void* owner);
  size_t depth() const { return scopes_.size(); }

 private:
  struct Entry {
    Slot* slot;
    uint32_t generation;
  };
  struct Scope {
    std::vector<Entry> made;
    const void* owner;
    size_t owned;
  };
  static constexpr size_t kMostOwned = 4096;  // by a scope

  void EndInnermost(HandlePool& pool, const std::vector<Slot*>& survivors);

  std::vector<Scope> scopes_;
};

}  // namespace nodetorch
