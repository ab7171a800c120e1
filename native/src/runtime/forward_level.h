// The level of forward-mode AD. libtorch has one for the process; here each thread opens its own.
#pragma once

namespace nodetorch {

class HandlePool;

// What an environment, or the run of a program, has of the level, and ends with it. On its thread only.
class ForwardLevel {
 public:
  ForwardLevel() = default;
  ForwardLevel(const ForwardLevel&) = delete;
  ForwardLevel& operator=(const ForwardLevel&) = delete;

  bool is_open() const { return open_; }
  void Open();
  // The dual numbers of `pool`, where there is one, lose their tangents.
  void Close(const HandlePool* pool);

 private:
  bool open_ = false;
};

}  // namespace nodetorch
