// Memory that an awaited call of a captured function works on meanwhile. This thread keeps away from it.
#pragma once

#include <ATen/core/function_schema.h>

#include <unordered_map>
#include <vector>

#include "capture/recording.h"

namespace nodetorch {

class BusyMemory {
 public:
  BusyMemory(const Recording& recording, const std::vector<at::Tensor>& inputs);
  // Throws where the call changes what is to be read, or reads what is to be changed.
  void Check(const at::Tensor& tensor, bool is_change = false) const;
  void Check(const c10::FunctionSchema& schema, const Values& arguments) const;

 private:
  enum class Use { kReads, kChanges };
  void Add(const at::Tensor& tensor, Use use);
  void Check(const c10::IValue& value, bool is_change) const;

  std::unordered_map<const c10::StorageImpl*, Use> uses_;
};

}  // namespace nodetorch
