// What a CaptureRecorder has seen: nodes in their order, cut into segments by calls of JavaScript.
#pragma once

#include <ATen/core/ivalue.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "program/program.h"

namespace nodetorch {

using Values = std::vector<c10::IValue>;

// The call whose tensor is data of JavaScript's.
inline constexpr const char* kData = "tensor";

void EachTensor(const c10::IValue& value, const std::function<void(const at::Tensor&)>& each);

// Whether the operator writes into the argument. Of batch norms the schemas do not say it.
bool ChangesArgument(const c10::FunctionSchema& schema, size_t index);

// What is asked of a tensor before a replay.
class TensorGuard {
 public:
  explicit TensorGuard(const at::Tensor& tensor);
  bool Holds(const at::Tensor& tensor) const;
  c10::Device device() const { return device_; }

 private:
  c10::DispatchKeySet keys_;
  at::ScalarType dtype_;
  c10::Device device_;
  bool requires_grad_, is_leaf_;
  std::vector<int64_t> sizes_, strides_;
};

// The modes of this thread that operators depend on.
struct Modes {
  static Modes Current();
  bool operator==(const Modes& other) const = default;

  bool grad = false, inference = false, forward_grad = false;
  int64_t autocast_cpu = 0, autocast_cuda = 0;
  at::ScalarType default_dtype = at::kFloat;
  size_t transforms = 0;
};

// Either an operator or another native function.
struct RecordedNode {
  std::shared_ptr<const Signature> signature;
  std::string name, detail;
  std::vector<Operand> operands;
  std::vector<Destination> results;
  std::shared_ptr<const Recorded> recorded;
  size_t segment = 0;
};

struct Recording {
  // A part of it that runs without JavaScript: what it takes, and what others need of it.
  struct Segment {
    std::shared_ptr<const Graph> graph;
    std::vector<uint32_t> inputs, outputs;
  };
  // The first difference in words; "" where both do the same.
  std::string DifferenceTo(const Recording& other) const;
  // The same of what live calls did alone.
  std::string LiveDifferenceTo(const Recording& other) const;
  std::vector<Segment> Segments() const;
  bool Holds(const std::vector<at::Tensor>& inputs) const;
  // Why it cannot be a graph of an accelerator; "" where it can.
  std::string GraphProblem() const;

  uint32_t slots = 0;
  uint32_t inputs = 0;  // they have the first slots
  std::vector<RecordedNode> nodes;
  std::vector<int64_t> outputs;  // slots; -1 for a tensor that is held by identity
  size_t segments = 1;
  bool changes_modes = false, has_backward = false;
  std::vector<bool> changes_inputs, changes_others;  // whether values of theirs are written

  std::shared_ptr<const Recording> live;  // what live calls did; null for nothing
  bool reads_numbers = false;

  Modes modes;
  std::vector<TensorGuard> input_guards;
  std::vector<std::pair<at::Tensor, TensorGuard>> others;
};

}  // namespace nodetorch
