// When garbage is collected, and how.
//
// V8 sees only the small objects that own tensors. So it is asked for a collection of young objects each time
// that enough native memory was made.
#pragma once

#include <ATen/core/Tensor.h>
#include <node_api.h>

#include <functional>

#include "runtime/handle.h"
#include "runtime/realm.h"

namespace nodetorch {

class Collector {
 public:
  Collector(napi_env env, const Realm& realm, HandlePool& pool) : env_(env), realm_(realm), pool_(pool) {}

  bool IsDue() const { return pool_.account().made_since_collection >= threshold_; }
  void CollectYoung();
  // Collects everything that can be; for a failed allocation.
  void CollectAll();
  // Runs `allocate`, once more after collecting everything when memory runs out.
  at::Tensor Allocate(const std::function<at::Tensor()>& allocate);

 private:
  static constexpr int64_t kLeast = 8 << 20;
  static constexpr int64_t kMost = 256 << 20;

  napi_env env_;
  const Realm& realm_;
  HandlePool& pool_;
  int64_t threshold_ = kLeast;  // bytes made since the last collection
};

}  // namespace nodetorch
