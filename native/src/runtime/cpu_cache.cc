#include "runtime/cpu_cache.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/alignment.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <list>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace nodetorch {

namespace {

// Blocks up to kSmall come from a list of their thread, larger ones from one of the process.
constexpr size_t kSmall = 4096;
constexpr int64_t kDefaultLimit = int64_t{512} << 20;

// In front of every block, as long as the alignment that libtorch expects.
struct alignas(c10::gAlignment) Header {
  size_t size;  // of the block behind it, rounded
};

Header* New(size_t size) { return static_cast<Header*>(c10::alloc_cpu(size + sizeof(Header))); }

// Sizes are rounded up to an eighth of their power of two.
size_t Rounded(size_t bytes) {
  const size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

// Freed small blocks of one thread, by size in steps of the alignment.
class SmallBlocks {
 public:
  SmallBlocks() { ready = true; }
  ~SmallBlocks() {
    ready = false;
    for (auto& same : free_) {
      for (Header* block : same) c10::free_cpu(block);
    }
  }

  void* Take(size_t bytes) {
    const size_t size = (bytes + kStep - 1) / kStep * kStep;
    auto& same = free_[size / kStep];
    Header* block;
    if (same.empty()) {
      block = New(size);
      block->size = size;
    } else {
      block = same.back();
      same.pop_back();
    }
    return block + 1;
  }

  void Give(Header* block) {
    auto& same = free_[block->size / kStep];
    if (same.size() < kMost / block->size) {
      same.push_back(block);
    } else {
      c10::free_cpu(block);
    }
  }

  static thread_local bool ready;  // false before the first block, and once the thread is ending

 private:
  static constexpr size_t kStep = c10::gAlignment;
  static constexpr size_t kMost = 1 << 16;  // bytes of one size
  std::array<std::vector<Header*>, kSmall / kStep + 1> free_;
};
thread_local bool SmallBlocks::ready = false;
thread_local SmallBlocks small_blocks;

class Cache {
 public:
  void* Take(size_t bytes) {
    const size_t size = Rounded(bytes);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      auto found = free_.find(size);
      if (found != free_.end() && !found->second.empty()) {
        auto entry = found->second.back();  // the last one freed: its memory is the warmest
        found->second.pop_back();
        Header* block = entry->block;
        by_age_.erase(entry);
        stats_.cached -= static_cast<int64_t>(size);
        stats_.reused++;
        return block + 1;
      }
      stats_.allocated++;
    }
    Header* block;
    try {
      block = New(size);
    } catch (const c10::Error&) {
      Trim(0);
      c10::free_cpu(c10::alloc_cpu(bytes));  // raises the error for what was asked for, if it must be
      block = New(size);
    }
    block->size = size;
    return block + 1;
  }

  void Give(Header* block) {
    const auto size = static_cast<int64_t>(block->size);
    std::unique_lock<std::mutex> lock(mutex_);
    if (size > stats_.limit) {
      lock.unlock();
      c10::free_cpu(block);
      return;
    }
    by_age_.push_back({block});
    free_[block->size].push_back(std::prev(by_age_.end()));
    stats_.cached += size;
    lock.unlock();
    Trim(stats_.limit);
  }

  // Frees the oldest blocks until at most `bytes` are held.
  void Trim(int64_t bytes) {
    std::vector<Header*> dropped;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      while (stats_.cached > bytes) {
        auto oldest = by_age_.begin();
        auto& same = free_[oldest->block->size];
        same.erase(std::find(same.begin(), same.end(), oldest));
        stats_.cached -= static_cast<int64_t>(oldest->block->size);
        dropped.push_back(oldest->block);
        by_age_.erase(oldest);
      }
    }
    for (Header* block : dropped) c10::free_cpu(block);
  }

  void SetLimit(int64_t bytes) {
    keeping = bytes > 0;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stats_.limit = bytes;
    }
    Trim(bytes);
  }

  std::atomic<bool> keeping{true};

  CpuCacheStats Stats() {
    std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
  }

 private:
  struct Entry {
    Header* block;
  };

  std::mutex mutex_;
  std::list<Entry> by_age_;  // the oldest first
  std::unordered_map<size_t, std::vector<std::list<Entry>::iterator>> free_;
  CpuCacheStats stats_{0, kDefaultLimit, 0, 0};
};

// Never destroyed: tensors of other threads may outlive this library's statics.
Cache& TheCache() {
  static Cache* cache = new Cache();
  return *cache;
}

void* Take(size_t bytes) { return bytes <= kSmall ? small_blocks.Take(bytes) : TheCache().Take(bytes); }

void Give(void* data) {
  if (!data) return;
  Header* block = static_cast<Header*>(data) - 1;
  if (block->size > kSmall) {
    TheCache().Give(block);
  } else if (SmallBlocks::ready && TheCache().keeping) {
    small_blocks.Give(block);
  } else {
    c10::free_cpu(block);
  }
}

class Allocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes > 0 ? Take(bytes) : nullptr;
    return {data, data, Give, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return Give; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

bool IsFromCpuCache(const c10::StorageImpl& storage) { return storage.data_ptr().get_deleter() == Give; }

void InstallCpuCache() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (const char* wanted = std::getenv("NODETORCH_CPU_CACHE")) {
      char* end;
      const long long mebibytes = std::strtoll(wanted, &end, 10);
      if (end != wanted && mebibytes >= 0 && mebibytes < (1 << 30)) TheCache().SetLimit(mebibytes << 20);
    }
    static auto* allocator = new Allocator();
    c10::SetCPUAllocator(allocator, 1);
  });
}

CpuCacheStats CpuCache() { return TheCache().Stats(); }
void SetCpuCacheLimit(int64_t bytes) { TheCache().SetLimit(bytes); }
void EmptyCpuCache() { TheCache().Trim(0); }

}  // namespace nodetorch
