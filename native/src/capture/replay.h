// A recording made ready to run, on the thread of JavaScript.
//
//     Replay replay(std::move(recording));
//     Values outputs = replay.Execute(inputs, collect, [&](size_t i) { ... the i-th call of JavaScript ...
//     });
//
// What segments give each other stays here: JavaScript sees the outputs alone.
#pragma once

#include <functional>
#include <vector>

#include "capture/lowered.h"
#include "capture/recording.h"
#include "program/run.h"

namespace nodetorch {

class Replay {
 public:
  using Host = std::function<void(size_t)>;

  explicit Replay(const Recording& recording);

  // The outputs that are tensors of the recording's own, in their order. An error leaves modes as they were.
  Values Execute(const std::vector<at::Tensor>& inputs, const Run::Collect& collect, const Host& host);
  bool may_resize() const { return may_resize_; }

 private:
  struct Segment {
    std::shared_ptr<const Graph> graph;
    std::vector<uint32_t> takes, gives;
    std::vector<bool> is_last;  // whether nobody looks at what it takes any more
    std::shared_ptr<const Lowered> lowered;
    int tries = 0;  // to make it
  };
  static Values RunGraph(Segment& segment, const Run::Collect& collect, Values inputs);
  static void RunSegment(Segment& segment, const Run::Collect& collect, Values& slots);

  const size_t slots_;
  const bool changes_modes_;
  std::vector<Segment> segments_;
  std::vector<uint32_t> outputs_;
  bool may_resize_ = false;
};

}  // namespace nodetorch
