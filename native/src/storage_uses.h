// Which storages the handles of one thread use. Asked twice for each tensor, when thousands of others have
// been made in between: so small that it stays in the cache.
#pragma once

#include <c10/core/StorageImpl.h>

#include <cstdint>
#include <deque>
#include <vector>

namespace nodetorch {

struct StorageUse {
  c10::StorageImpl* storage = nullptr;
  int64_t handles = 0;
  int64_t bytes = 0;
  int64_t garbage = 0;  // those that come free when it dies; mapped and borrowed memory does not
  c10::Device device{c10::kCPU};
};

// A hash table with open addressing: 8 bytes an entry, at most half of them taken.
class StorageUses {
 public:
  StorageUses() : table_(kLeast) {}

  // The entry of a storage; with no handles yet if it is a new one.
  StorageUse& Of(c10::StorageImpl* storage) {
    const uint32_t hash = Hash(storage);
    size_t at = Home(hash);
    for (; table_[at].number != 0; at = Next(at)) {
      StorageUse& use = uses_[table_[at].number - 1];
      if (table_[at].hash == hash && use.storage == storage) return use;
    }
    uint32_t number;
    if (free_.empty()) {
      uses_.emplace_back();
      number = static_cast<uint32_t>(uses_.size());
    } else {
      number = free_.back();
      free_.pop_back();
    }
    table_[at] = {hash, number};
    StorageUse& use = uses_[number - 1];
    use.storage = storage;
    if (++taken_ * 2 > table_.size()) Grow();
    return use;
  }

  void Remove(StorageUse& use) {
    const uint32_t hash = Hash(use.storage);
    size_t hole = Home(hash);
    while (table_[hole].hash != hash || &uses_[table_[hole].number - 1] != &use) hole = Next(hole);
    free_.push_back(table_[hole].number);
    // What was pushed on by the one that leaves comes nearer to its place.
    for (size_t at = Next(hole); table_[at].number != 0; at = Next(at)) {
      const size_t home = Home(table_[at].hash);
      const size_t mask = table_.size() - 1;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table_[hole] = table_[at];
      hole = at;
    }
    table_[hole] = {};
    taken_--;
    use = {};
  }

 private:
  struct Entry {
    uint32_t hash = 0;
    uint32_t number = 0;  // of its use, from 1; 0: none
  };
  static constexpr size_t kLeast = 1 << 10;

  static uint32_t Hash(const void* pointer) {
    return static_cast<uint32_t>((reinterpret_cast<uintptr_t>(pointer) >> 4) * 0x9E3779B97F4A7C15u >> 32);
  }
  size_t Home(uint32_t hash) const { return hash & (table_.size() - 1); }
  size_t Next(size_t at) const { return (at + 1) & (table_.size() - 1); }

  void Grow() {
    std::vector<Entry> old(table_.size() * 2);
    old.swap(table_);
    for (const Entry& entry : old) {
      if (entry.number == 0) continue;
      size_t at = Home(entry.hash);
      while (table_[at].number != 0) at = Next(at);
      table_[at] = entry;
    }
  }

  std::vector<Entry> table_;     // its size is a power of two
  std::deque<StorageUse> uses_;  // where they are they stay
  std::vector<uint32_t> free_;
  size_t taken_ = 0;
};

}  // namespace nodetorch
