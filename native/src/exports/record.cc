// Which operators are called, and with what: for torch.utils.flopCounter.
//
// Seen is what Python's modes see: an operator that is made of others at the level of autograd does not
// count, those inside do; what a kernel calls does not. So an operator that is not such a composite hides
// what runs inside of it.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "operators/fast_paths.h"
#include "program/read_object.h"
#include "runtime/function.h"
#include "runtime/js_thread.h"

namespace nodetorch {

namespace {

using c10::IValue;

enum class Seen : uint8_t { kThrough, kHidden, kShapes, kValues };

struct Record {
  std::string name;
  bool with_values;
  int64_t graph_task;
  std::vector<IValue> arguments, results;
};

// libtorch hands it to the threads of a backward pass with the rest of the caller's state.
c10::DebugInfoKind Kind() { return c10::DebugInfoKind::TEST_INFO_2; }

struct Recorder : c10::DebugInfoBase {
  // Names without an overload, and whether their arguments are wanted, or the shapes of tensors alone.
  std::unordered_map<std::string, bool> wanted;

  Seen Look(const c10::OperatorName& name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = seen_.find(name);
    if (known != seen_.end()) return known->second;
    Seen seen = Seen::kHidden;
    const auto handle = c10::Dispatcher::singleton().findSchema(name);
    if (handle && handle->hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd)) {
      seen = Seen::kThrough;
    }
    const auto found = wanted.find(name.name);
    if (found != wanted.end()) seen = found->second ? Seen::kValues : Seen::kShapes;
    return seen_.emplace(name, seen).first->second;
  }
  void Add(Record record) {
    const std::lock_guard<std::mutex> lock(mutex_);
    records_.push_back(std::move(record));
  }
  std::vector<Record> Take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(records_, {});
  }

 private:
  std::mutex mutex_;
  std::unordered_map<c10::OperatorName, Seen> seen_;
  std::vector<Record> records_;
};

// What an environment has of it.
thread_local std::shared_ptr<Recorder> recorder;
thread_local at::CallbackHandle callback = at::INVALID_CALLBACK_HANDLE;
thread_local bool fast_paths_before = true;
thread_local int hidden = 0;  // operators under way that hide what runs inside

template <typename List>
std::vector<IValue> Shapes(const List& values) {
  std::vector<IValue> shapes;
  for (const IValue& value : values) {
    if (value.isTensor()) {
      const at::Tensor& tensor = value.toTensor();
      shapes.push_back(tensor.defined() ? IValue(tensor.sizes().vec()) : IValue());
    } else if (value.isTensorList() || value.isList()) {
      c10::impl::GenericList list(c10::AnyType::get());
      for (IValue& shape : Shapes(value.toListRef())) list.push_back(std::move(shape));
      shapes.emplace_back(std::move(list));
    } else {
      shapes.push_back(value);
    }
  }
  return shapes;
}

struct Observed : at::ObserverContext {
  bool is_wanted = false;
  Record record;
};

std::unique_ptr<at::ObserverContext> Begin(const at::RecordFunction& function) {
  auto* state = static_cast<Recorder*>(c10::ThreadLocalDebugInfo::get(Kind()));
  const auto name = function.operator_name();
  if (!state || !name || hidden > 0) return nullptr;
  // At a level of torch.func's the tensors are those of one sample: what is called for all of them comes
  // after.
  if (c10::impl::tls_is_dispatch_key_included(c10::DispatchKey::FuncTorchDynamicLayerFrontMode))
    return nullptr;
  const Seen seen = state->Look(*name);
  if (seen == Seen::kThrough) return nullptr;
  auto observed = std::make_unique<Observed>();
  hidden++;
  if (seen == Seen::kHidden) return observed;
  observed->is_wanted = true;
  const bool with_values = seen == Seen::kValues;
  const c10::ArrayRef<const IValue> inputs = function.inputs();
  observed->record = {name->name,
                      with_values,
                      GraphTask::Current().id,
                      with_values ? std::vector<IValue>(inputs.begin(), inputs.end()) : Shapes(inputs),
                      {}};
  return observed;
}

void End(const at::RecordFunction& function, at::ObserverContext* context) {
  auto* observed = static_cast<Observed*>(context);
  if (!observed) return;
  if (hidden > 0) hidden--;
  auto* state = static_cast<Recorder*>(c10::ThreadLocalDebugInfo::get(Kind()));
  if (!state || !observed->is_wanted || function.outputs().empty()) return;  // without results it has thrown
  observed->record.results = observed->record.with_values ? function.outputs() : Shapes(function.outputs());
  state->Add(std::move(observed->record));
}

void EndRecording() {
  if (!recorder) return;
  at::removeCallback(callback);
  c10::ThreadLocalDebugInfo::_pop(Kind());
  recorder.reset();
  SetFastPathsEnabled(fast_paths_before);
}

std::vector<std::string> Names(const Arguments& arguments, size_t i) {
  std::vector<std::string> names;
  EachElement(arguments.environment, arguments[i],
              [&](napi_value name) { names.push_back(ToString(arguments.env, name)); });
  return names;
}

// recordOperators(names for shapes, names for values): from now on, on this thread. Null ends it.
napi_value RecordOperators(Arguments& arguments) {
  EndRecording();
  hidden = 0;
  if (arguments.IsNull(0)) return Undefined(arguments.env);
  auto fresh = std::make_shared<Recorder>();
  for (std::string& name : Names(arguments, 0)) fresh->wanted.emplace(std::move(name), false);
  for (std::string& name : Names(arguments, 1)) fresh->wanted.insert_or_assign(std::move(name), true);
  recorder = std::move(fresh);
  fast_paths_before = FastPathsEnabled();
  SetFastPathsEnabled(false);  // they leave out the dispatcher, which tells of its operators
  c10::ThreadLocalDebugInfo::_push(Kind(), recorder);
  callback = at::addThreadLocalCallback(at::RecordFunctionCallback(Begin, End)
                                            .needsInputs(true)
                                            .needsOutputs(true)
                                            .scopes({at::RecordScope::FUNCTION}));
  return Undefined(arguments.env);
}

napi_value PlainToJs(Arguments& arguments, const IValue& value) {
  napi_env env = arguments.env;
  if (value.isTensor()) return ToJs(arguments.environment, value.toTensor());
  if (value.isInt()) return Napi::Number::New(env, static_cast<double>(value.toInt()));
  if (value.isDouble()) return Napi::Number::New(env, value.toDouble());
  if (value.isBool()) return Napi::Boolean::New(env, value.toBool());
  if (value.isString()) return Napi::String::New(env, value.toStringRef());
  if (!value.isList()) return Napi::Env(env).Null();
  Napi::Array list = Napi::Array::New(env);
  for (const IValue& element : value.toList()) {
    list[list.Length()] = Napi::Value(env, PlainToJs(arguments, element));
  }
  return list;
}

// recordedOperators(): [name, number of the backward pass | -1, arguments, results][] since the last call.
napi_value RecordedOperators(Arguments& arguments) {
  Napi::Array all = Napi::Array::New(arguments.env);
  if (!recorder) return all;
  const auto list = [&](const std::vector<IValue>& values) {
    Napi::Array array = Napi::Array::New(arguments.env, values.size());
    for (uint32_t i = 0; i < values.size(); i++) {
      array[i] = Napi::Value(arguments.env, PlainToJs(arguments, values[i]));
    }
    return array;
  };
  for (const Record& record : recorder->Take()) {
    Napi::Array one = Napi::Array::New(arguments.env, 4);
    one[0u] = record.name;
    one[1u] = static_cast<double>(record.graph_task);
    one[2u] = list(record.arguments);
    one[3u] = list(record.results);
    all[all.Length()] = one;
  }
  return all;
}

}  // namespace

void DefineRecord(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"recordOperators", Entry<RecordOperators>}, {"recordedOperators", Entry<RecordedOperators>}});
}

}  // namespace nodetorch
