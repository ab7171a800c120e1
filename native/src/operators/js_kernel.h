// JS functions in the places of operators' kernels.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <napi.h>

#include <memory>

#include "runtime/environment.h"

namespace nodetorch {

// A JS function that belongs to the thread that gave it. May die on any thread.
struct JsFunction {
  JsFunction(Environment& environment, napi_value value)
      : function(environment, value), mailbox(environment.mailbox()), thread(environment.thread()) {}
  Persistent function;
  std::shared_ptr<Mailbox> mailbox;
  std::shared_ptr<JsThread> thread;

  // Whether the environment has not ended.
  bool IsAlive() const { return mailbox->FindEnvironment() != nullptr; }
  bool IsHere() const { return IsAlive() && thread == JsThread::Current(); }
};

// function(name, overload, arguments): a list of results, which take the arguments' places on the stack. On
// the function's own thread.
void CallKernel(const JsFunction& kernel, const c10::OperatorHandle& op, torch::jit::Stack* stack);

}  // namespace nodetorch
