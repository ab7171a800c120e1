#include "runtime/handle.h"

#include <algorithm>
#include <new>
#include <unordered_set>
#include <utility>

#include "runtime/cpu_cache.h"

namespace nodetorch {

namespace {

constexpr size_t kChunkBytes = 1 << 16;
constexpr size_t kSlotsPerChunk = kChunkBytes / sizeof(Slot);
constexpr int64_t kSmallBytes = 4096;

int64_t StorageBytes(const c10::StorageImpl& storage) {
  if (storage.device_type() == c10::kMeta) return 0;
  return static_cast<int64_t>(storage.nbytes());
}

}  // namespace

const c10::IValue* Slot::value() const {
  const auto* held = dynamic_cast<const HeldValue*>(other);
  return held ? &held->value : nullptr;
}

// A plain pointer: a thread_local object would be destroyed before the last finalizers run.
thread_local HandlePool* pool_of_thread = nullptr;

HandlePool& HandlePool::ForThisThread() {
  if (!pool_of_thread) pool_of_thread = new HandlePool();
  return *pool_of_thread;
}

void HandlePool::Enter() { ForThisThread().environments_++; }

void HandlePool::Leave() {
  HandlePool& pool = ForThisThread();
  // A thread that is stopped leaves its scopes open.
  if (pool.environments_ == 1) pool.EndScopes(0, {});
  pool.environments_--;
  pool.FreeAllPending();
  DeleteWhenUnused();
}

void HandlePool::DeleteWhenUnused() {
  if (pool_of_thread->environments_ > 0 || pool_of_thread->live_slots_ > 0) return;
  delete pool_of_thread;
  pool_of_thread = nullptr;
}

HandlePool::HandlePool() {
  Allocate(Kind::kTensor);  // slot 0, which is never used: the number 0 means that there is no tensor
  live_slots_ = 0;
}

HandlePool::~HandlePool() {
  for (char* chunk : chunks_) ::operator delete(chunk, std::align_val_t(kChunkBytes));
}

Slot* HandlePool::Allocate(Kind kind) {
  if (free_.empty()) {
    char* chunk = static_cast<char*>(::operator new(kChunkBytes, std::align_val_t(kChunkBytes)));
    chunks_.insert(std::upper_bound(chunks_.begin(), chunks_.end(), chunk), chunk);
    free_.reserve(free_.size() + kSlotsPerChunk);
    const size_t first = slots_.size();
    slots_.resize(first + kSlotsPerChunk);
    for (size_t i = kSlotsPerChunk; i-- > 0;) {
      Slot* slot = new (chunk + i * sizeof(Slot)) Slot();
      slot->number = static_cast<uint32_t>(first + i);
      slots_[slot->number] = slot;
      free_.push_back(slot);
    }
  }
  Slot* slot = free_.back();
  free_.pop_back();
  slot->kind = kind;
  slot->kept = false;
  slot->scoped = false;
  slot->recorded = 0;
  slot->generation++;
  live_slots_++;
  return slot;
}

Slot* HandlePool::New(at::Tensor tensor, bool fresh) {
  Slot* slot = Allocate(Kind::kTensor);
  slot->tensor = std::move(tensor);
  Count(slot, fresh);
  frees_.CountMade();
  scopes_.Add(slot);
  if (observer_) observer_->Made(*slot);
  return slot;
}

Slot* HandlePool::New(Held* other, int64_t bytes) {
  Slot* slot = Allocate(Kind::kOther);
  slot->other = other;
  slot->bytes = bytes;
  if (bytes > 0) account_.Add(bytes);
  return slot;
}

bool HandlePool::Owns(const void* pointer) const {
  char* address = static_cast<char*>(const_cast<void*>(pointer));
  auto after = std::upper_bound(chunks_.begin(), chunks_.end(), address);
  if (after == chunks_.begin()) return false;
  const size_t offset = address - *(after - 1);
  return offset < kSlotsPerChunk * sizeof(Slot) && offset % sizeof(Slot) == 0 &&
         static_cast<const Slot*>(pointer)->kind != Kind::kFree;
}

void HandlePool::Count(Slot* slot, bool fresh) {
  const at::Tensor& tensor = slot->tensor;
  slot->bytes = kHandleBytes;
  slot->small = false;
  if (tensor.has_storage()) {
    const c10::StorageImpl& storage = *tensor.storage().unsafeGetStorageImpl();
    const bool cpu = storage.device_type() == c10::kCPU;
    const int64_t bytes = StorageBytes(storage);
    // Freeing the tensor frees no memory that is mapped or belongs to somebody else.
    const bool comes_free = !cpu || IsFromCpuCache(storage);
    if (comes_free && (fresh || tensor.storage().use_count() == 1)) slot->bytes += bytes;
    slot->small = cpu && comes_free && bytes <= kSmallBytes && !IsInGraph(*tensor.unsafeGetTensorImpl());
  }
  live_tensors_++;
  account_.Add(slot->bytes);
}

void HandlePool::Uncount(Slot* slot) {
  live_tensors_--;
  account_.Remove(slot->bytes);
}

void HandlePool::Dispose(Slot* slot) {
  if (slot->watched) functions_.Forget(slot);
  if (slot->kind == Kind::kTensor && slot->tensor.defined()) {
    Uncount(slot);
    const bool waits = slot->small && environments_ > 0 && frees_.Add(slot->tensor);
    if (!waits) slot->tensor.reset();
  } else if (slot->kind == Kind::kOther && slot->other) {
    if (slot->bytes > 0) account_.Remove(slot->bytes);
    delete std::exchange(slot->other, nullptr);
  }
}

void HandlePool::Recount(Slot* slot) {
  const bool fresh = slot->bytes > kHandleBytes;
  Uncount(slot);
  Count(slot, fresh);
}

void HandlePool::Release(Slot* slot) {
  Dispose(slot);
  slot->kind = Kind::kFree;
  free_.push_back(slot);
  live_slots_--;
  if (environments_ == 0) DeleteWhenUnused();
}

int64_t HandlePool::CountObjects() const {
  return std::count_if(slots_.begin(), slots_.end(), [](const Slot* slot) {
    const c10::IValue* value = slot->value();
    return value && value->isObject();
  });
}

std::map<std::string, DeviceUse> HandlePool::Use() const {
  std::map<std::string, DeviceUse> uses;
  std::unordered_set<const c10::StorageImpl*> seen;
  EachTensor([&](const at::Tensor& tensor) {
    uses[tensor.device().str()].tensors++;
    if (!tensor.has_storage()) return;
    const c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
    if (seen.insert(storage).second) uses[storage->device().str()].bytes += StorageBytes(*storage);
  });
  return uses;
}

}  // namespace nodetorch
