// What JavaScript holds of TorchScript.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>
#include <utility>

#include "runtime/function.h"
#include "script/function.h"

namespace nodetorch {

// A module. Those below it have its lock. Objects of other classes, which come out of functions, are
// HeldValues, and have one each that asks for it.
struct ScriptHandle : HeldValue {
  ScriptHandle(c10::IValue value, std::shared_ptr<RunLock> lock)
      : HeldValue(std::move(value)), lock(std::move(lock)) {}
  const std::shared_ptr<RunLock> lock;
};

struct FunctionHandle : Held {
  explicit FunctionHandle(ScriptFunction function) : function(std::move(function)) {}
  const ScriptFunction function;
};

// Functions that belong to no object.
struct UnitHandle : Held {
  explicit UnitHandle(std::shared_ptr<torch::jit::CompilationUnit> unit) : unit(std::move(unit)) {}
  const std::shared_ptr<torch::jit::CompilationUnit> unit;
  const std::shared_ptr<RunLock> lock = std::make_shared<RunLock>();
};

template <typename T>
T& ScriptArgument(Arguments& arguments, size_t i, const char* what) {
  Slot* slot = FindHandle(arguments.environment, arguments[i]);
  auto* held = slot ? dynamic_cast<T*>(slot->other) : nullptr;
  if (!held) throw TypeProblem(std::string("argument must be ") + what);
  return *held;
}

inline std::shared_ptr<RunLock> LockOf(const HeldValue& held) {
  const auto* handle = dynamic_cast<const ScriptHandle*>(&held);
  return handle ? handle->lock : std::make_shared<RunLock>();
}

inline const HeldValue& ScriptObjectArgument(Arguments& arguments, size_t i) {
  const HeldValue& held = ScriptArgument<HeldValue>(arguments, i, "an object of TorchScript");
  if (!held.value.isObject()) throw TypeProblem("argument must be an object of TorchScript");
  return held;
}

inline torch::jit::Module ModuleArgument(Arguments& arguments, size_t i) {
  const HeldValue& held = ScriptObjectArgument(arguments, i);
  if (!held.value.isModule()) throw TypeProblem("argument must be a ScriptModule");
  return held.value.toModule();
}

inline napi_value ModuleToJs(Environment& environment, const torch::jit::Module& module,
                             std::shared_ptr<RunLock> lock = std::make_shared<RunLock>()) {
  return ToJs(environment, new ScriptHandle(module._ivalue(), std::move(lock)), kHandleBytes);
}

// Of an array of strings.
std::vector<std::string> NamesArgument(Arguments& arguments, size_t i);

}  // namespace nodetorch
