// backward, grad, tensor hooks and the nodes of graphs.
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "capture/record.h"
#include "compat/libtorch.h"
#include "runtime/callback.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

struct NodeHandle : Held {
  explicit NodeHandle(NodePtr node) : node(std::move(node)) {}
  NodePtr node;
};

// The list is the tensor's, and the graph's that the tensor was in when the hook came.
struct HookHandle : CallbackHandle {
  std::weak_ptr<torch::autograd::hooks_list> list;
  unsigned position = 0;
};

struct PostAccumulate : torch::autograd::PostAccumulateGradHook {
  explicit PostAccumulate(std::shared_ptr<Callback> callback) : callback(std::move(callback)) {}
  void operator()(const at::Tensor& tensor) override { callback->Call({tensor}); }
  std::shared_ptr<Callback> callback;
};

std::optional<bool> OptionalBool(const Arguments& arguments, size_t i) {
  if (arguments.IsNull(i)) return std::nullopt;
  return arguments.Bool(i);
}

Values TensorValues(std::initializer_list<const std::vector<at::Tensor>*> lists) {
  Values values;
  for (const auto* list : lists) values.insert(values.end(), list->begin(), list->end());
  return values;
}
std::vector<at::Tensor> TensorsFrom(const Values& values, size_t begin, size_t count) {
  std::vector<at::Tensor> tensors;
  for (size_t i = begin; i < begin + count; i++) tensors.push_back(values[i].toTensor());
  return tensors;
}
// What a recording replays runs on the thread that made it, whose hooks must be able to run.
std::function<void(const std::function<void()>&)> PassOn(Environment& environment) {
  return [thread = environment.thread(), id = std::this_thread::get_id()](const std::function<void()>& pass) {
    std::this_thread::get_id() == id ? thread->Run(pass) : pass();
  };
}
std::string CountsOf(std::initializer_list<size_t> counts, std::optional<bool> retain, bool create,
                     bool unused) {
  std::string text;
  for (const size_t count : counts) text += std::to_string(count) + " ";
  return text +
         (!retain   ? "null"
          : *retain ? "true"
                    : "false") +
         (create ? " true" : " false") + (unused ? " true" : " false");
}

// backward(tensors, gradients, retainGraph | null, createGraph, inputs)
napi_value Backward(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  const auto tensors = TensorsArgument(environment, arguments[0], "backward(): tensors");
  const auto gradients = TensorsArgument(environment, arguments[1], "backward(): gradient");
  const auto inputs = TensorsArgument(environment, arguments[4], "backward(): inputs");
  const auto retain = OptionalBool(arguments, 2);
  const bool create = arguments.Bool(3);
  environment.thread()->Run([&] { torch::autograd::backward(tensors, gradients, retain, create, inputs); });
  if (CaptureRecorder* recorder = environment.recorder()) {
    const size_t a = tensors.size(), b = gradients.size(), c = inputs.size();
    const auto again = [=, pass_on = PassOn(environment)](const Values& values) {
      pass_on([&] {
        torch::autograd::backward(TensorsFrom(values, 0, a), TensorsFrom(values, a, b), retain, create,
                                  TensorsFrom(values, a + b, c));
      });
      return Values();
    };
    recorder->NoteBackward();
    recorder->AddCall("backward", CountsOf({a, b, c}, retain, create, false),
                      TensorValues({&tensors, &gradients, &inputs}), again, {});
  }
  return Undefined(arguments.env);
}

// grad(outputs, inputs, gradients, retainGraph | null, createGraph, allowUnused)
napi_value Gradients(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  const auto outputs = TensorsArgument(environment, arguments[0], "grad(): outputs");
  const auto inputs = TensorsArgument(environment, arguments[1], "grad(): inputs");
  const auto gradients = TensorsArgument(environment, arguments[2], "grad(): gradOutputs");
  const auto retain = OptionalBool(arguments, 3);
  const bool create = arguments.Bool(4), allow_unused = arguments.Bool(5);
  torch::autograd::variable_list results;
  environment.thread()->Run(
      [&] { results = torch::autograd::grad(outputs, inputs, gradients, retain, create, allow_unused); });
  if (CaptureRecorder* recorder = environment.recorder()) {
    const size_t a = outputs.size(), b = inputs.size(), c = gradients.size();
    const auto again = [=, pass_on = PassOn(environment)](const Values& values) {
      torch::autograd::variable_list made;
      pass_on([&] {
        made = torch::autograd::grad(TensorsFrom(values, 0, a), TensorsFrom(values, a, b),
                                     TensorsFrom(values, a + b, c), retain, create, allow_unused);
      });
      return Values(made.begin(), made.end());
    };
    recorder->AddCall("grad", CountsOf({a, b, c}, retain, create, allow_unused),
                      TensorValues({&outputs, &inputs, &gradients}), again,
                      Values(results.begin(), results.end()));
  }
  return ToJs(environment, results);
}

// registerHook(tensor, (grads: [Tensor]) => [Tensor | null])
napi_value RegisterHook(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  auto callback = std::make_shared<Callback>(arguments.environment, arguments[1]);
  const unsigned position = tensor.register_hook([callback](const at::Tensor& grad) {
    const auto replaced = callback->Call({grad});
    return replaced.empty() ? at::Tensor() : replaced[0];
  });
  auto handle = std::make_unique<HookHandle>();
  handle->callback = callback;
  handle->list = torch::autograd::impl::get_autograd_meta(tensor)->cpp_hooks_list_;
  handle->position = position;
  return ToJs(arguments.environment, handle.release());
}

napi_value RemoveHook(Arguments& arguments) {
  Slot* slot = FindSlot(arguments.environment, arguments[0]);
  if (!slot || !slot->other) return Undefined(arguments.env);
  if (auto* hook = dynamic_cast<HookHandle*>(slot->other)) {
    if (const auto list = hook->list.lock()) (*list)[hook->position] = nullptr;
  }
  arguments.environment.pool().Dispose(slot);
  return Undefined(arguments.env);
}

// setPostAccumulateGradHook(tensor, (tensors: [Tensor]) => []): one a tensor; lib/ multiplexes.
napi_value SetPostAccumulateGradHook(Arguments& arguments) {
  const at::Tensor tensor = arguments.Tensor(0);
  TORCH_CHECK(tensor.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  TORCH_CHECK(tensor.is_leaf(), "post accumulate grad hooks cannot be registered on non-leaf tensors");
  const auto callback = std::make_shared<Callback>(arguments.environment, arguments[1]);
  torch::autograd::impl::set_post_acc_grad_hooks(tensor, std::make_unique<PostAccumulate>(callback));
  auto handle = std::make_unique<CallbackHandle>();
  handle->callback = callback;
  return ToJs(arguments.environment, handle.release());
}

// holdFunction(handle of a hook or a custom Function, tensors): the JS objects of `tensors` hold the
// function, too, and the tensors have one gradient function, or none.
napi_value HoldFunction(Arguments& arguments) {
  const Slot* handle = FindSlot(arguments.environment, arguments[0]);
  const auto* held = handle ? dynamic_cast<const CallbackHandle*>(handle->other) : nullptr;
  const auto callback = held ? held->callback.lock() : nullptr;
  if (!callback) return Undefined(arguments.env);
  uint32_t length = 0;
  Check(arguments.env, napi_get_array_length(arguments.env, arguments[1], &length));
  std::vector<Slot*> slots;
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    Check(arguments.env, napi_get_element(arguments.env, arguments[1], i, &item));
    Slot* slot = FindSlot(arguments.environment, item);
    if (slot && slot->tensor.defined()) slots.push_back(slot);
  }
  callback->SetHolders(slots);
  arguments.environment.pool().functions().Add(callback);
  return Undefined(arguments.env);
}

NodeHandle* NodeArgument(Arguments& arguments) {
  Slot* slot = FindSlot(arguments.environment, arguments[0]);
  auto* handle = slot ? dynamic_cast<NodeHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("argument must be a gradient function");
  return handle;
}

// node(tensor): its gradient function, or null.
napi_value NodeOf(Arguments& arguments) {
  auto node = arguments.Tensor(0).grad_fn();
  if (node) return ToJs(arguments.environment, new NodeHandle(node));
  return Napi::Env(arguments.env).Null();
}
napi_value NodeName(Arguments& arguments) {
  return Napi::String::New(arguments.env, NodeArgument(arguments)->node->name());
}
// nodeNext(node): [[node | null, input index], ...]
napi_value NodeNext(Arguments& arguments) {
  Napi::Array list = Napi::Array::New(arguments.env);
  uint32_t i = 0;
  for (const auto& edge : NodeArgument(arguments)->node->next_edges()) {
    Napi::Array pair = Napi::Array::New(arguments.env, 2);
    pair[0u] = edge.function
                   ? Napi::Value(arguments.env, ToJs(arguments.environment, new NodeHandle(edge.function)))
                   : Napi::Env(arguments.env).Null();
    pair[1u] = edge.input_nr;
    list[i++] = pair;
  }
  return list;
}

}  // namespace

void DefineAutograd(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"backward", Entry<Backward>},
          {"gradients", Entry<Gradients>},
          {"registerHook", Entry<RegisterHook>},
          {"removeHook", Entry<RemoveHook>},
          {"setPostAccumulateGradHook", Entry<SetPostAccumulateGradHook>},
          {"holdFunction", Entry<HoldFunction>},
          {"node", Entry<NodeOf>},
          {"nodeName", Entry<NodeName>},
          {"nodeNext", Entry<NodeNext>}});
}

}  // namespace nodetorch
