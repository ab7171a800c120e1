// Functions and methods of TorchScript: found, called, awaited, shown.
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/serialization/python_print.h>

#include <vector>

#include "runtime/awaited.h"
#include "runtime/leave_thread.h"
#include "script/handles.h"

namespace nodetorch {

namespace {

using torch::jit::CompilationUnit;

const ScriptFunction& FunctionArgument(Arguments& arguments, size_t i) {
  return ScriptArgument<FunctionHandle>(arguments, i, "a function of TorchScript").function;
}

// scriptUnit(source): the functions that it defines.
napi_value ScriptUnit(Arguments& arguments) {
  const std::string source = ToString(arguments.env, arguments[0]);
  return ToJs(arguments.environment, new UnitHandle(std::make_shared<CompilationUnit>(source)), kHandleBytes);
}

// scriptUnitDefine(unit, source): more of them.
napi_value ScriptUnitDefine(Arguments& arguments) {
  const auto& unit = ScriptArgument<UnitHandle>(arguments, 0, "a unit of TorchScript").unit;
  unit->define(std::nullopt, ToString(arguments.env, arguments[1]), torch::jit::nativeResolver(), nullptr);
  return Undefined(arguments.env);
}

// scriptUnitNames(unit): what it has, in the order in which it was defined.
napi_value ScriptUnitNames(Arguments& arguments) {
  Napi::Env env(arguments.env);
  Napi::Array names = Napi::Array::New(env);
  uint32_t i = 0;
  const auto& unit = ScriptArgument<UnitHandle>(arguments, 0, "a unit of TorchScript").unit;
  for (const torch::jit::Function* function : unit->get_functions()) {
    names[i++] = function->qualname().qualifiedName();
  }
  return names;
}

// scriptFunction(object or unit, name)
napi_value ScriptFunctionOf(Arguments& arguments) {
  Slot* slot = FindHandle(arguments.environment, arguments[0]);
  const std::string name = ToString(arguments.env, arguments[1]);
  ScriptFunction found{nullptr, std::nullopt, nullptr, nullptr, true};
  if (const auto* unit = slot ? dynamic_cast<UnitHandle*>(slot->other) : nullptr) {
    found.function = &unit->unit->get_function(name);
    found.owner = unit->unit;
    found.lock = unit->lock;
  } else {
    const HeldValue& held = ScriptObjectArgument(arguments, 0);
    found.function = held.value.toObject()->type()->findMethod(name);
    TORCH_CHECK(found.function, "Method '", name, "' is not defined.");
    found.self = held.value;
    found.lock = LockOf(held);
  }
  found.function->ensure_defined();
  found.writes = WritesAttributes(*found.function);
  return ToJs(arguments.environment, new FunctionHandle(std::move(found)), kHandleBytes);
}

// scriptCall(function, arguments, whether to optimize by what is seen)
napi_value ScriptCall(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  const ScriptFunction function = FunctionArgument(arguments, 0);  // may go while JavaScript runs
  auto stack = BindScriptArguments(environment, function, arguments[1]);
  const c10::IValue result = function.Run(std::move(stack), arguments.Bool(2));
  environment.EmitWarnings();  // before the result is read: what warns may run JavaScript
  return ScriptValueToJs(environment, result, GivenTo(environment, function, arguments[1]));
}

struct ScriptWork : AwaitedWork {
  ScriptWork(Environment& environment, ScriptFunction called, napi_value given, bool optimize)
      : function(std::move(called)),
        stack(BindScriptArguments(environment, function, given)),
        optimize(optimize),
        arguments(environment, given) {}

  void Compute() override { result = function.Run(std::move(stack), optimize); }
  napi_value Result(Environment& environment) override {
    return ScriptValueToJs(environment, result, GivenTo(environment, function, arguments.Get()));
  }

  const ScriptFunction function;
  torch::jit::Stack stack;
  const bool optimize;
  c10::IValue result;
  const Persistent arguments;  // keeps the objects, since a result may be one of them
};

// scriptCallAsync(function, arguments, whether to optimize by what is seen): a promise of the result.
napi_value ScriptCallAsync(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  CheckMayLeaveThread(environment, "callAsync", "a plain call");
  return environment.awaited().Start(std::make_shared<ScriptWork>(environment, FunctionArgument(arguments, 0),
                                                                  arguments[1], arguments.Bool(2)));
}

std::string CodeOf(const ScriptFunction& function) {
  std::vector<c10::IValue> constants;
  torch::jit::PrintDepsTable dependencies;
  torch::jit::PythonPrint printer(constants, dependencies);
  if (function.self)
    printer.printMethod(*function.function);
  else
    printer.printFunction(*function.function);
  return printer.str();
}

// scriptText(function, 'graph' | 'inlinedGraph' | 'code' | 'schema')
napi_value ScriptText(Arguments& arguments) {
  const ScriptFunction& function = FunctionArgument(arguments, 0);
  const std::string what = ToString(arguments.env, arguments[1]);
  std::string text;
  if (what == "schema") {
    text = c10::str(function.function->getSchema());
  } else if (what == "code") {
    text = CodeOf(function);
  } else {
    auto graph = torch::jit::toGraphFunction(*function.function).graph();
    if (what == "inlinedGraph") {
      graph = graph->copy();
      torch::jit::Inline(*graph);
    }
    text = graph->toString();
  }
  return Napi::String::New(arguments.env, text);
}

}  // namespace

void DefineScriptFunctions(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"scriptUnit", Entry<ScriptUnit>},
          {"scriptUnitDefine", Entry<ScriptUnitDefine>},
          {"scriptUnitNames", Entry<ScriptUnitNames>},
          {"scriptFunction", Entry<ScriptFunctionOf>},
          {"scriptCall", Entry<ScriptCall>},
          {"scriptCallAsync", Entry<ScriptCallAsync>},
          {"scriptText", Entry<ScriptText>}});
}

}  // namespace nodetorch
