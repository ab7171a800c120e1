#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <set>

namespace pretend {

struct Block {
  char* data;
  size_t size;
  size_t asked = 0;
  c10::DeviceIndex device;
  int opened = 0;
  bool is_stale = false;  // freed, and not opened since
  std::set<std::pair<c10::DeviceIndex, c10::StreamId>> streams;  // that use it beside the one it was made on
};

namespace {

using c10::CachingDeviceAllocator::DeviceStats;
constexpr size_t kAll = 0;
constexpr size_t kPoisoned = 1 << 20;

size_t Rounded(size_t bytes) {
  static const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

void Protect(const Block& block, int access) {
  TORCH_CHECK(mprotect(block.data, block.size, access) == 0, "mprotect: ", std::strerror(errno));
}

struct State {
  std::mutex mutex;
  std::map<const char*, Block*> blocks;  // by their first byte
  std::array<std::multimap<size_t, Block*>, kDevices> unused;
  std::array<DeviceStats, kDevices> stats;
  size_t total = size_t{1} << 30;
  int64_t until_failure = 0;
};
State& Memory() {
  static State* state = new State;
  return *state;
}

// All of the following hold the mutex.
Block* Find(State& state, const void* data) {
  auto after = state.blocks.upper_bound(static_cast<const char*>(data));
  if (after == state.blocks.begin()) return nullptr;
  Block* block = std::prev(after)->second;
  return static_cast<const char*>(data) < block->data + block->size ? block : nullptr;
}

void Open(Block& block) {
  if (block.opened++ == 0) Protect(block, PROT_READ | PROT_WRITE);
  // Who reads what was freed, or has not been written, shall see it.
  if (block.is_stale) std::memset(block.data, 0xff, block.size);
  block.is_stale = false;
}
void Close(Block& block) {
  if (--block.opened == 0) Protect(block, PROT_NONE);
}

void GiveBack(State& state, c10::DeviceIndex device) {
  for (auto& [size, block] : state.unused[device]) {
    munmap(block->data, block->size);
    state.blocks.erase(block->data);
    state.stats[device].reserved_bytes[kAll].decrease(size);
    state.stats[device].segment[kAll].decrease(1);
    state.stats[device].num_device_free++;
    delete block;
  }
  state.unused[device].clear();
}

Block* Take(State& state, size_t bytes, c10::DeviceIndex device) {
  const size_t size = Rounded(bytes);
  DeviceStats& stats = state.stats[device];
  const auto found = state.unused[device].find(size);
  Block* block = nullptr;
  const bool fails = state.until_failure > 0 && --state.until_failure == 0;
  if (found != state.unused[device].end() && !fails) {
    block = found->second;
    state.unused[device].erase(found);
  } else {
    const auto reserved = [&] { return static_cast<size_t>(stats.reserved_bytes[kAll].current); };
    if (size > state.total - std::min(state.total, reserved())) {
      stats.num_alloc_retries++;
      GiveBack(state, device);
    }
    const bool fits = size <= state.total - std::min(state.total, reserved());
    void* data = fits && !fails ? mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
    if (data == MAP_FAILED) {
      stats.num_ooms++;
      TORCH_CHECK_WITH(OutOfMemoryError, false, "pretend device out of memory. Tried to allocate ", bytes,
                       " bytes. Device ", static_cast<int>(device), " has ", state.total, " bytes in all.");
    }
    block = new Block{static_cast<char*>(data), size, 0, device};
    state.blocks[block->data] = block;
    stats.reserved_bytes[kAll].increase(size);
    stats.segment[kAll].increase(1);
    stats.num_device_alloc++;
  }
  block->asked = bytes;
  stats.allocated_bytes[kAll].increase(size);
  stats.active_bytes[kAll].increase(size);
  stats.requested_bytes[kAll].increase(bytes);
  stats.allocation[kAll].increase(1);
  stats.active[kAll].increase(1);
  return block;
}

void MakeUnused(State& state, Block* block) {
  block->is_stale = block->size <= kPoisoned;
  DeviceStats& stats = state.stats[block->device];
  stats.active_bytes[kAll].decrease(block->size);
  stats.active[kAll].decrease(1);
  state.unused[block->device].emplace(block->size, block);
}

void Free(void* context) {
  State& state = Memory();
  auto* block = static_cast<Block*>(context);
  decltype(block->streams) streams;
  {
    std::lock_guard lock(state.mutex);
    DeviceStats& stats = state.stats[block->device];
    stats.allocated_bytes[kAll].decrease(block->size);
    stats.requested_bytes[kAll].decrease(block->asked);
    stats.allocation[kAll].decrease(1);
    streams.swap(block->streams);
    if (streams.empty()) return MakeUnused(state, block);
  }
  // When each of those streams has come so far.
  auto left = std::make_shared<std::atomic<size_t>>(streams.size());
  for (const auto& [index, id] : streams) {
    const c10::Stream stream(c10::Stream::UNSAFE, c10::Device(kType, index), id);
    QueueOf(stream).Add([left, block, &state] {
      if (--*left > 0) return;
      std::lock_guard lock(state.mutex);
      MakeUnused(state, block);
    });
  }
}

struct Allocator final : c10::DeviceAllocator {
  c10::DataPtr allocate(size_t bytes) override {
    const c10::DeviceIndex index = CurrentDevice();
    const c10::Device device(kType, index);
    if (bytes == 0) return {nullptr, device};
    State& state = Memory();
    std::lock_guard lock(state.mutex);
    Block* block = Take(state, bytes, index);
    return {block->data, block, &Free, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    Opened opened;
    opened.Add(to);
    opened.Add(from);
    std::memcpy(to, from, bytes);
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {
    State& state = Memory();
    std::lock_guard lock(state.mutex);
    for (c10::DeviceIndex i = 0; i < kDevices; i++) GiveBack(state, i);
  }
  void recordStream(const c10::DataPtr& data, c10::Stream stream) override {
    QueueOf(stream);
    std::lock_guard lock(Memory().mutex);
    if (Block* block = Find(Memory(), data.get())) block->streams.emplace(stream.device_index(), stream.id());
  }
  DeviceStats getDeviceStats(c10::DeviceIndex device) override {
    std::lock_guard lock(Memory().mutex);
    return Memory().stats.at(device);
  }
  template <typename Reset>
  void ForEach(c10::DeviceIndex device, Reset reset) {
    std::lock_guard lock(Memory().mutex);
    DeviceStats& stats = Memory().stats.at(device);
    for (auto* stat : {&stats.allocation, &stats.segment, &stats.active, &stats.allocated_bytes,
                       &stats.reserved_bytes, &stats.active_bytes, &stats.requested_bytes}) {
      reset((*stat)[kAll]);
    }
  }
  void resetAccumulatedStats(c10::DeviceIndex device) override {
    ForEach(device, [](auto& stat) { stat.reset_accumulated(); });
    DeviceStats& stats = Memory().stats.at(device);
    stats.num_alloc_retries = stats.num_ooms = stats.num_device_alloc = stats.num_device_free = 0;
  }
  void resetPeakStats(c10::DeviceIndex device) override {
    ForEach(device, [](auto& stat) { stat.reset_peak(); });
  }
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex device) override {
    std::lock_guard lock(Memory().mutex);
    const auto reserved = static_cast<size_t>(Memory().stats.at(device).reserved_bytes[kAll].current);
    return {Memory().total - std::min(Memory().total, reserved), Memory().total};
  }
};

// Memory of the CPU that the device may read and write at any time.
struct Pinned final : at::HostAllocator {
  std::mutex mutex;
  std::map<const char*, size_t> blocks;
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, c10::Device(c10::kCPU)};
    auto* data = static_cast<char*>(aligned_alloc(64, (bytes + 63) / 64 * 64));
    std::lock_guard lock(mutex);
    blocks[data] = bytes;
    return {data, data, raw_deleter(), c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override {
    return [](void* data) {
      auto& self = static_cast<Pinned&>(*HostMemory());
      {
        std::lock_guard lock(self.mutex);
        self.blocks.erase(static_cast<char*>(data));
      }
      free(data);
    };
  }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
  bool record_event(void*, void*, c10::Stream) override { return true; }
  void empty_cache() override {}
  at::HostStats get_stats() override { return {}; }
  void reset_accumulated_stats() override {}
  void reset_peak_stats() override {}
};

}  // namespace

void Opened::Add(const void* data) {
  State& state = Memory();
  std::lock_guard lock(state.mutex);
  Block* block = Find(state, data);
  if (!block || std::find(blocks_.begin(), blocks_.end(), block) != blocks_.end()) return;
  Open(*block);
  blocks_.push_back(block);
}
Opened::~Opened() {
  std::lock_guard lock(Memory().mutex);
  for (Block* block : blocks_) Close(*block);
}

c10::DeviceAllocator* DeviceMemory() {
  static auto* allocator = new Allocator;
  return allocator;
}
at::HostAllocator* HostMemory() {
  static auto* allocator = new Pinned;
  return allocator;
}
bool IsHostMemory(const void* data) {
  auto& memory = static_cast<Pinned&>(*HostMemory());
  const auto* byte = static_cast<const char*>(data);
  std::lock_guard lock(memory.mutex);
  auto after = memory.blocks.upper_bound(byte);
  if (after == memory.blocks.begin()) return false;
  const auto& [first, size] = *std::prev(after);
  return byte < first + size;
}

void FailAllocation(int64_t n) {
  std::lock_guard lock(Memory().mutex);
  Memory().until_failure = n;
}
void SetTotalMemory(size_t bytes) {
  std::lock_guard lock(Memory().mutex);
  Memory().total = bytes;
}

}  // namespace pretend
