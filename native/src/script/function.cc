#include "script/function.h"

#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;
using Keywords = std::unordered_map<std::string, IValue>;

bool IsContainer(const c10::Type& type) {
  return type.kind() == c10::TypeKind::ListType || type.kind() == c10::TypeKind::DictType;
}

// What of a graph matters for whether it writes attributes.
struct Writes {
  bool attribute = false;  // certainly, or by a call of what cannot be seen from here
  bool reads_container = false;
  bool changes_container = false;

  void Look(const torch::jit::Block& block) {
    for (const torch::jit::Node* node : block.nodes()) {
      switch (node->kind()) {
        case c10::prim::SetAttr:
        case c10::prim::CallMethod:
        case c10::prim::CallFunction: attribute = true; break;
        case c10::prim::GetAttr: reads_container |= IsContainer(*node->output()->type()); break;
        default: {
          const c10::FunctionSchema* schema = node->maybeSchema();
          changes_container |= schema && schema->is_mutable() && !node->inputs().empty() &&
                               IsContainer(*node->inputs()[0]->type());
        }
      }
      for (const torch::jit::Block* inner : node->blocks()) Look(*inner);
    }
  }
};

// The value for an argument; throws what libtorch says of one of another type.
IValue Convert(Environment& environment, const c10::FunctionSchema& schema, size_t i,
               const ArgumentSource& source) {
  const c10::Argument& argument = schema.arguments()[i];
  IValue value;
  if (!ScriptValueFromJs(environment, source, argument.type(), &value)) {
    TORCH_CHECK(false, schema.formatTypeMismatchMsg(argument, source.Describe(environment), i));
  }
  return value;
}

void ReadKeywords(Environment& environment, const c10::FunctionSchema& schema, napi_value object,
                  Keywords* keywords) {
  napi_env env = environment.env();
  Napi::Object given(env, object);
  const Napi::Array names = given.GetPropertyNames();
  std::vector<std::string> unknown;
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>();
    const auto source = ArgumentSource::Classify(environment, given.Get(name));
    const auto at = schema.argumentIndexWithName(name);
    if (!at)
      unknown.push_back(name);
    else if (source.kind != ArgumentKind::kUndefined)
      (*keywords)[name] = Convert(environment, schema, static_cast<size_t>(*at), source);
  }
  TORCH_CHECK(unknown.empty(), schema.findErrorInKwargs(unknown));
}

}  // namespace

void RunLock::Begin(bool writes) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!IsFree(writes)) changed_.wait(lock);
  if (writes)
    writing_ = true;
  else
    reading_++;
}

bool RunLock::TryBegin(bool writes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!IsFree(writes)) return false;
  if (writes)
    writing_ = true;
  else
    reading_++;
  return true;
}

void RunLock::End(bool writes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (writes)
    writing_ = false;
  else
    reading_--;
  changed_.notify_all();
}

bool WritesAttributes(torch::jit::Function& function) {
  if (!function.isGraphFunction()) return true;
  const auto graph = torch::jit::toGraphFunction(function).graph()->copy();
  torch::jit::Inline(*graph);
  Writes writes;
  writes.Look(*graph->block());
  return writes.attribute || (writes.reads_container && writes.changes_container);
}

IValue ScriptFunction::Run(torch::jit::Stack stack, bool optimize) const {
  const LockedRun locked(*lock, writes);
  const torch::jit::GraphOptimizerEnabledGuard guard(optimize);
  function->run(stack);
  TORCH_CHECK(!stack.empty(), function->name(), "() gave nothing");
  return std::move(stack.front());
}

torch::jit::Stack BindScriptArguments(Environment& environment, const ScriptFunction& function,
                                      napi_value given) {
  napi_env env = environment.env();
  const c10::FunctionSchema& schema = function.function->getSchema();
  const auto& arguments = schema.arguments();
  torch::jit::Stack stack;
  if (function.self) stack.push_back(*function.self);
  uint32_t count = 0;
  Check(env, napi_get_array_length(env, given, &count));
  const auto element = [&](uint32_t i) {
    napi_value value;
    Check(env, napi_get_element(env, given, i, &value));
    return value;
  };
  while (count > 0 && TypeOf(env, element(count - 1)) == napi_undefined) count--;
  const size_t self = stack.size();
  Keywords keywords;
  if (count > 0) {
    const size_t last = self + count - 1;
    const napi_value value = element(count - 1);
    const bool is_value = last < arguments.size() && TakesPlainObject(arguments[last].type());
    if (!is_value && IsPlainObject(env, value)) {
      ReadKeywords(environment, schema, value, &keywords);
      count--;
    }
  }
  const size_t all = self + count;
  if (all > arguments.size()) {
    TORCH_CHECK(false, schema.name(), "() expected at most ", arguments.size(), " argument(s) but received ",
                all, " argument(s). Declaration: ", schema);
  }
  for (uint32_t i = 0; i < count; i++) {
    const auto source = ArgumentSource::Classify(environment, element(i));
    const c10::Argument& argument = arguments[self + i];
    const bool is_left_out = source.kind == ArgumentKind::kUndefined && argument.default_value();
    stack.push_back(is_left_out ? *argument.default_value() : Convert(environment, schema, self + i, source));
  }
  schema.checkAndNormalizeInputs(stack, keywords);
  return stack;
}

Given GivenTo(Environment& environment, const ScriptFunction& function, napi_value arguments) {
  napi_env env = environment.env();
  Given given{{}, function.lock};
  uint32_t count = 0;
  Check(env, napi_get_array_length(env, arguments, &count));
  for (uint32_t i = 0; i < count; i++) {
    napi_value object;
    Check(env, napi_get_element(env, arguments, i, &object));
    if (TypeOf(env, object) != napi_object) continue;
    Slot* slot = FindSlot(environment, object);
    if (!slot || slot->kind != Kind::kTensor || !slot->tensor.defined()) continue;
    const at::TensorImpl* tensor = slot->tensor.unsafeGetTensorImpl();
    given.tensors.emplace_back(tensor, object);
    slot->small &= !IsInGraph(*tensor);  // changed in place, it may have joined one
    environment.pool().Recount(slot);
  }
  return given;
}

}  // namespace nodetorch
