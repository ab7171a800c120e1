// Functions and methods of TorchScript, and what keeps their runs apart.
#pragma once

#include <ATen/core/function.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <napi.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/environment.h"
#include "script/values.h"

namespace nodetorch {

// Of one module and all below it: runs that only read its attributes may go on at the same time, one that
// writes to them runs alone.
class RunLock {
 public:
  void Begin(bool writes);
  // False where a run goes on that forbids it: JavaScript does not wait for one.
  bool TryBegin(bool writes);
  void End(bool writes);

 private:
  bool IsFree(bool writes) const { return !writing_ && (!writes || reading_ == 0); }
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  int reading_ = 0;
  bool writing_ = false;
};

class LockedRun {
 public:
  LockedRun(RunLock& lock, bool writes) : lock_(lock), writes_(writes) { lock_.Begin(writes_); }
  LockedRun(const LockedRun&) = delete;
  LockedRun& operator=(const LockedRun&) = delete;
  ~LockedRun() { lock_.End(writes_); }

 private:
  RunLock& lock_;
  const bool writes_;
};

// A function, or a method with the object that it belongs to.
struct ScriptFunction {
  torch::jit::Function* function;
  std::optional<c10::IValue> self;
  std::shared_ptr<void> owner;  // keeps the function alive, where no object does
  std::shared_ptr<RunLock> lock;
  bool writes;  // to attributes, of which another run may read the old value at the same moment

  // `optimize`: whether the executor looks at the first runs, to optimize the graph by what it has seen.
  c10::IValue Run(torch::jit::Stack stack, bool optimize) const;
};

bool WritesAttributes(torch::jit::Function& function);

// What a function is called with, with defaults filled in: `arguments` is an array, whose last element may be
// an object of keywords. Throws what libtorch says where they do not fit.
torch::jit::Stack BindScriptArguments(Environment& environment, const ScriptFunction& function,
                                      napi_value arguments);

// The tensors among `arguments`, after a run: notes what it has done to them.
Given GivenTo(Environment& environment, const ScriptFunction& function, napi_value arguments);

}  // namespace nodetorch
