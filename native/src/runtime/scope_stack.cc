#include "runtime/scope_stack.h"

#include <algorithm>
#include <utility>

#include "runtime/handle.h"

namespace nodetorch {

void ScopeStack::Add(Slot* slot) {
  if (!scopes_.empty()) scopes_.back().made.push_back({slot, slot->generation});
}

void ScopeStack::End(HandlePool& pool, size_t depth, const std::vector<Slot*>& survivors) {
  // The innermost first, but what leaves an inner one passes through the outer ones.
  while (scopes_.size() > depth) EndInnermost(pool, survivors);
}

void ScopeStack::EndInnermost(HandlePool& pool, const std::vector<Slot*>& survivors) {
  const std::vector<Entry> made = std::move(scopes_.back().made);
  scopes_.pop_back();
  for (const Entry& entry : made) {
    Slot* slot = entry.slot;
    const bool collected = slot->generation != entry.generation || slot->kind == Kind::kFree;
    if (collected || slot->kept) continue;
    if (slot->scoped) {
      pool.Release(slot);
    } else if (std::find(survivors.begin(), survivors.end(), slot) == survivors.end()) {
      pool.Dispose(slot);
    } else if (!scopes_.empty()) {
      scopes_.back().made.push_back(entry);
    }
  }
}

bool ScopeStack::LeaveTo(Slot* slot, const void* owner) {
  if (scopes_.empty() || scopes_.back().owner != owner || !slot->small) return false;
  slot->scoped = scopes_.back().owned++ < kMostOwned;
  return slot->scoped;
}

}  // namespace nodetorch
