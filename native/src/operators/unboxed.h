// Operators called with C++ arguments. A list of ints as an IValue costs two allocations each way, which is a
// tenth of `view` and of `sum(1)`: signatures in the table of direct.cc go without.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/SmallVector.h>

#include <vector>

namespace nodetorch {

// Arguments of a call: lists of ints beside the stack, which has None in their places.
struct DirectArguments {
  struct List {
    size_t argument;
    size_t begin, length;  // in `ints`
  };
  std::vector<c10::IValue> stack;
  c10::SmallVector<int64_t, 16> ints;
  c10::SmallVector<List, 4> lists;

  void Clear() {
    stack.clear();
    ints.clear();
    lists.clear();
  }
  // For the argument that is next on the stack.
  void PushInts(c10::ArrayRef<int64_t> values) {
    lists.push_back({stack.size(), ints.size(), values.size()});
    ints.append(values.begin(), values.end());
    stack.emplace_back();
  }
  const List* Find(size_t argument) const {
    for (const List& list : lists) {
      if (list.argument == argument) return &list;
    }
    return nullptr;
  }
  c10::ArrayRef<int64_t> IntsOf(const List& list) const { return {ints.data() + list.begin, list.length}; }
};

using DirectCall = at::Tensor (*)(const c10::OperatorHandle&, const DirectArguments&);

// The call for operators of this schema; null where there is none.
DirectCall FindDirectCall(const c10::OperatorHandle& handle);

}  // namespace nodetorch
