#include "runtime/collector.h"

#include <algorithm>

#include "runtime/cpu_cache.h"
#include "runtime/environment.h"
#include "runtime/error.h"

namespace nodetorch {

void Collector::CollectYoung() {
  MemoryAccount& account = pool_.account();
  const int64_t made = account.made_since_collection;
  account.freed_since_collection = 0;
  if (!realm_.Collect(false)) return;
  // A collection that frees little is not worth its time: wait longer for the next one.
  const int64_t freed = account.freed_since_collection;
  if (freed * 4 < made) threshold_ = std::min(threshold_ * 2, kMost);
  if (freed * 2 > made) threshold_ = std::max(threshold_ / 2, kLeast);
  account.made_since_collection = 0;
  // V8 is told now, after the dead are gone: it would collect everything because of them.
  if (const int64_t delta = account.TakeExternalDelta(); delta != 0) {
    int64_t total;
    napi_adjust_external_memory(env_, delta, &total);
  }
}

void Collector::CollectAll() {
  Environment& environment = Environment::Of(env_);
  environment.FreeAllPending();
  if (!realm_.Collect(true)) return;
  pool_.account().made_since_collection = 0;
  environment.FreeAllPending();
  EmptyCpuCache();
}

at::Tensor Collector::Allocate(const std::function<at::Tensor()>& allocate) {
  try {
    return allocate();
  } catch (...) {
    if (!CurrentIsOutOfMemory()) throw;
  }
  CollectAll();
  return allocate();
}

}  // namespace nodetorch
