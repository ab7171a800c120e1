// Programs: graphs of operators that run without JavaScript.
#include "exports/program.h"

#include <memory>
#include <utility>

#include "kernels/kernels.h"
#include "program/border.h"
#include "program/read.h"
#include "program/run.h"
#include "runtime/awaited.h"
#include "runtime/function.h"
#include "runtime/leave_thread.h"

namespace nodetorch {

namespace {

// A run on another thread.
struct ProgramWork : AwaitedWork {
  ProgramWork(Environment& environment, std::shared_ptr<const Graph> program, napi_value js)
      : graph(std::move(program)), values(InputsFromJs(environment, *graph, js)), inputs(environment, js) {}

  void Compute() override {
    values = Run(&cancelled, [this] { return CollectGarbage(); }).Execute(*graph, std::move(values));
  }
  napi_value Result(Environment& environment) override {
    return OutputsToJs(environment, *graph, values, inputs.Get());
  }

  const std::shared_ptr<const Graph> graph;
  Values values;            // inputs, then outputs
  const Persistent inputs;  // keeps the objects, since an output may be one of them
};

// What an AbortSignal's listener has of a run.
struct CancelHandle : Held {
  std::weak_ptr<ProgramWork> work;
};

template <typename T>
T& HandleAt(Arguments& arguments, size_t i, const char* what) {
  Slot* slot = FindHandle(arguments.environment, arguments[i]);
  auto* handle = slot ? dynamic_cast<T*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem(std::string("argument must be ") + what);
  return *handle;
}

const std::shared_ptr<const Graph>& ProgramArgument(Arguments& arguments, size_t i) {
  return HandleAt<ProgramHandle>(arguments, i, "a program").graph;
}

// programCreate(description)
napi_value ProgramCreate(Arguments& arguments) {
  return ToJs(arguments.environment, new ProgramHandle(ReadGraph(arguments.environment, arguments[0])));
}

// programRun(program, inputs): the outputs.
napi_value ProgramRun(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  const std::shared_ptr<const Graph> graph = ProgramArgument(arguments, 0);  // may go while JavaScript runs
  const auto collect = [&environment] {
    environment.collector().CollectAll();
    return true;
  };
  const Values outputs =
      Run(nullptr, collect).Execute(*graph, InputsFromJs(environment, *graph, arguments[1]));
  environment.EmitWarnings();  // before the outputs are read: what warns may run JavaScript
  return OutputsToJs(environment, *graph, outputs, arguments[1]);
}

// programRunAsync(program, inputs, cancel handle | null): a promise of the outputs.
napi_value ProgramRunAsync(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  CheckMayLeaveThread(environment, "runAsync", "run()");
  auto work = std::make_shared<ProgramWork>(environment, ProgramArgument(arguments, 0), arguments[1]);
  if (!arguments.IsNull(2)) HandleAt<CancelHandle>(arguments, 2, "a cancel handle").work = work;
  return environment.awaited().Start(std::move(work));
}

napi_value MakeCancel(Arguments& arguments) { return ToJs(arguments.environment, new CancelHandle()); }

// cancel(handle): the promise of its run rejects before the next node, if it is not settled yet.
napi_value Cancel(Arguments& arguments) {
  const auto work = HandleAt<CancelHandle>(arguments, 0, "a cancel handle").work.lock();
  if (work) arguments.environment.awaited().Cancel(*work);
  return Undefined(arguments.env);
}

// endAwaited(): cancels all awaited work of this environment and waits for what runs. Before the process
// exits.
napi_value EndAwaited(Arguments& arguments) {
  arguments.environment.awaited().End();
  return Undefined(arguments.env);
}

// packedKernels(): 'avx512', 'avx2' or 'baseline', what native/src/kernels has for this processor.
napi_value PackedKernels(Arguments& arguments) {
  return Napi::String::New(arguments.env, BestKernels().name);
}

}  // namespace

void DefineProgram(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"programCreate", Entry<ProgramCreate>},
          {"programRun", Entry<ProgramRun>},
          {"programRunAsync", Entry<ProgramRunAsync>},
          {"makeCancel", Entry<MakeCancel>},
          {"cancel", Entry<Cancel>},
          {"endAwaited", Entry<EndAwaited>},
          {"packedKernels", Entry<PackedKernels>}});
}

}  // namespace nodetorch
