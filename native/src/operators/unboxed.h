// Unboxed calls: operators called with C++ arguments instead of a stack of IValues. A list of ints as an
// IValue costs two allocations each way, which is a tenth of `view` and of `sum(1)`; the schemas in the table
// of unboxed.cc go without.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/SmallVector.h>

#include <vector>

namespace nodetorch {

// The arguments of a call. Lists of ints lie beside the stack, which has None in their places.
struct UnboxedArguments {
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
  // Makes the ints from `begin` on the argument that is next on the stack.
  void PushIntsFrom(size_t begin) {
    lists.push_back({stack.size(), begin, ints.size() - begin});
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

using UnboxedCall = at::Tensor (*)(const c10::OperatorHandle&, const UnboxedArguments&);

// The unboxed call for operators of this schema, or null.
UnboxedCall FindUnboxedCall(const c10::OperatorHandle& handle);

}  // namespace nodetorch
