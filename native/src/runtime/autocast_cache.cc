#include "runtime/autocast_cache.h"

#include <ATen/autocast_mode.h>

#include <mutex>
#include <optional>

namespace nodetorch {

namespace {

std::mutex mutex;  // of the two below
int uses = 0;
bool is_stale = false;  // holds casts of a region that has been left

// A worker that is terminated never leaves its region: the thread's end does.
thread_local std::optional<AutocastCacheUse> region;

}  // namespace

AutocastCacheUse::AutocastCacheUse() {
  const std::lock_guard<std::mutex> lock(mutex);
  uses++;
}

AutocastCacheUse::~AutocastCacheUse() {
  const std::lock_guard<std::mutex> lock(mutex);
  is_stale = --uses > 0;
  if (!is_stale) at::autocast::clear_cache();
}

void EnterOutermostAutocast() {
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (is_stale) at::autocast::clear_cache();
    is_stale = false;
  }
  region.emplace();
}

void LeaveOutermostAutocast() { region.reset(); }

}  // namespace nodetorch
