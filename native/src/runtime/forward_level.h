// The level of forward-mode AD. libtorch has one for the process; here each environment opens its own.
#pragma once

#include <memory>

#include "runtime/handle.h"

namespace nodetorch {

// What an environment has of the level; ends with the environment. On its thread only.
class ForwardLevel {
 public:
  ForwardLevel() = default;
  ForwardLevel(const ForwardLevel&) = delete;
  ForwardLevel& operator=(const ForwardLevel&) = delete;

  bool is_open() const { return open_; }
  void Open();
  // The dual numbers of `pool` lose their tangents.
  void Close(const HandlePool& pool);

 private:
  bool open_ = false;
};

}  // namespace nodetorch
