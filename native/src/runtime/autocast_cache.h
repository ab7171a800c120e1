// When libtorch forgets the weights that autocast has cast. Its cache is the process's, and leaving the
// outermost region of a thread clears it in Python. Work that began in a region and runs on another thread
// would lose its casts in the middle, and gradients be rounded otherwise from run to run.
#pragma once

namespace nodetorch {

// Keeps the cache while it lives. On any thread.
class AutocastCacheUse {
 public:
  AutocastCacheUse();
  AutocastCacheUse(const AutocastCacheUse&) = delete;
  AutocastCacheUse& operator=(const AutocastCacheUse&) = delete;
  ~AutocastCacheUse();  // the last one clears it
};

// Of this thread. A new region starts without what was cast before: weights may have changed since.
void EnterOutermostAutocast();
void LeaveOutermostAutocast();

}  // namespace nodetorch
