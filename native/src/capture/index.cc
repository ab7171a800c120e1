#include "capture/index.h"

#include <string>
#include <utility>

#include "operators/kernel.h"
#include "program/read_object.h"

namespace nodetorch {

namespace {

using at::indexing::TensorIndex;

bool IsMask(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kBool || tensor.scalar_type() == at::kByte;
}

// Whether the index is an operator of its own. Of a tensor without dimensions the number is read.
bool HasOperator(const TensorIndex& index) {
  return !index.is_boolean() && !(index.is_tensor() && index.tensor().dim() == 0);
}

class Indexer {
 public:
  Indexer(CaptureRecorder& recorder, const at::Tensor& tensor) : recorder_(recorder), tensor_(tensor) {}

  at::Tensor Get(const Indices& indices) {
    const at::Tensor given = tensor_;
    int64_t named = 0;
    for (const TensorIndex& index : indices)
      named += index.is_integer() || index.is_slice() || index.is_tensor();
    int64_t dim = 0;
    for (const TensorIndex& index : indices) {
      if (index.is_ellipsis()) {
        dim += given.dim() - named;
      } else if (index.is_integer()) {
        Call("aten::select.int", {tensor_, dim, index.integer()});
      } else if (index.is_none()) {
        Call("aten::unsqueeze", {tensor_, dim++});
      } else if (index.is_slice()) {
        Slice(dim++, index.slice());
      } else {
        while (static_cast<int64_t>(tensors_.size()) < dim) tensors_.emplace_back(std::nullopt);
        tensors_.emplace_back(index.tensor());
        dim++;
      }
    }
    if (!tensors_.empty()) Call("aten::index.Tensor", {tensor_, tensors_});
    if (tensor_.is_same(given)) Call("aten::alias", {tensor_});
    return tensor_;
  }

 private:
  void Slice(int64_t dim, const at::indexing::Slice& slice) {
    const int64_t start = slice.start().expect_int(), stop = slice.stop().expect_int(),
                  step = slice.step().expect_int();
    if (dim < tensor_.dim() && start == 0 && stop >= tensor_.size(dim) && step == 1) return;
    Call("aten::slice.Tensor", {tensor_, dim, start, stop, step});
  }

  void Call(const std::string& name, Values arguments) {
    const auto signature = FindSignature(name);
    TORCH_CHECK(signature, "no operator ", name);
    Values stack = arguments;
    CallKernel(*signature, stack, [&] { signature->CallBoxed(stack); });
    recorder_.AddOperator(*signature, std::move(arguments), stack);
    tensor_ = stack[0].toTensor();
  }

  CaptureRecorder& recorder_;
  at::Tensor tensor_;
  c10::List<std::optional<at::Tensor>> tensors_;
};

// A recording looks at each tensor among the indices.
Values TensorsOf(const at::Tensor& tensor, const Indices& indices) {
  Values tensors{tensor};
  for (const TensorIndex& index : indices) {
    if (index.is_tensor()) tensors.push_back(index.tensor());
  }
  return tensors;
}

Indices WithTensors(Indices indices, const Values& tensors) {
  size_t next = 1;
  for (TensorIndex& index : indices) {
    if (index.is_tensor()) index = TensorIndex(tensors[next++].toTensor());
  }
  return indices;
}

std::string TextOf(const Indices& indices) {
  std::string text = "[";
  for (const TensorIndex& index : indices) text += (index.is_tensor() ? "Tensor" : c10::str(index)) + ", ";
  return text + "]";
}

}  // namespace

at::Tensor GetItemRecorded(CaptureRecorder& recorder, const at::Tensor& tensor, const Indices& indices) {
  bool has_operators = true;
  for (const TensorIndex& index : indices) {
    has_operators &= HasOperator(index);
    if (!index.is_tensor() || !IsMask(index.tensor()) || recorder.is_live()) continue;
    recorder.Refuse("the shape of what a mask picks depends on numbers in it, so it cannot be replayed");
  }
  if (has_operators) return Indexer(recorder, tensor).Get(indices);
  at::Tensor result = at::indexing::get_item(tensor, indices);
  const auto call = [indices](const Values& values) {
    return Values{at::indexing::get_item(values[0].toTensor(), WithTensors(indices, values))};
  };
  recorder.AddCall("getIndex", TextOf(indices), TensorsOf(tensor, indices), call, {result});
  return result;
}

void RecordSetItem(CaptureRecorder& recorder, const at::Tensor& tensor, const Indices& indices,
                   const at::Tensor& value) {
  Values arguments = TensorsOf(tensor, indices);
  arguments.push_back(value);
  const auto call = [indices](const Values& values) {
    at::indexing::set_item(values[0].toTensor(), WithTensors(indices, values), values.back().toTensor());
    return Values();
  };
  recorder.NoteChange(tensor);
  recorder.AddCall("setIndex", TextOf(indices), arguments, call, {});
}

}  // namespace nodetorch
