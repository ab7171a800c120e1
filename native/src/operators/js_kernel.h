// JS functions in the places of operators' kernels.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <napi.h>

#include <memory>

#include "runtime/environment.h"

namespace nodetorch {

// A JS function that belongs to the thread that gave it. May die on any thread. An accelerator's backward
// reaches it from threads of its own.
struct JsFunction {
  JsFunction(Environment& environment, napi_value value)
      : function(environment, value), mailbox(environment.mailbox()), thread(environment.thread()) {
    thread->callbacks++;
  }
  JsFunction(const JsFunction&) = delete;
  JsFunction& operator=(const JsFunction&) = delete;
  ~JsFunction() { thread->callbacks--; }
  Persistent function;
  std::shared_ptr<Mailbox> mailbox;
  std::shared_ptr<JsThread> thread;

  // Whether the environment has not ended.
  bool IsAlive() const { return mailbox->FindEnvironment() != nullptr; }
  bool IsHere() const { return IsAlive() && thread == JsThread::Current(); }
  // Or its own thread waits for a pass that another runs.
  bool Answers() const { return IsAlive() && thread->Answers(); }
};

// function(name, overload, arguments): a list of results, which take the arguments' places on the stack. The
// function runs on its own thread.
void CallKernel(const JsFunction& kernel, const c10::OperatorHandle& op, torch::jit::Stack* stack);

}  // namespace nodetorch
