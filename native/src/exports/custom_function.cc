// torch.autograd.Function: a graph node whose backward is a JS function.
#include <ATen/DeviceGuard.h>
#include <ATen/core/grad_mode.h>
#include <ATen/functorch/ADInterpreters.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/TensorWrapper.h>
#include <ATen/ops/view_as.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable_info.h>

#include "compat/libtorch.h"
#include "runtime/callback.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

using torch::autograd::SavedVariable;
using torch::autograd::variable_list;
using torch::autograd::VariableInfo;

struct JsNode : ReleasingNode {
  std::string name() const override { return name_; }

  variable_list apply(variable_list&& gradients) override {
    at::OptionalDeviceGuard guard;
    if (materialize_) {
      for (size_t i = 0; i < gradients.size() && i < outputs_.size(); i++) {
        if (!gradients[i].defined()) gradients[i] = outputs_[i].zeros(guard);
      }
    }
    variable_list results = backward_->Call(gradients);
    TORCH_CHECK(results.size() == num_outputs(), "function ", name_,
                " returned an incorrect number of gradients (expected ", num_outputs(), ", got ",
                results.size(), ")");
    return results;
  }

  void release_variables() override {
    for (SavedVariable& saved : saved_) saved.reset_data();
    released_ = true;
  }

  // What JS owns must go though weak references are left, since JS owns those.
  void ReleaseOwned() override {
    backward_.reset();
    saved_.clear();
    outputs_.clear();
  }

  variable_list Saved() {
    TORCH_CHECK(!released_, torch::autograd::ERR_BACKWARD_TWICE);
    variable_list tensors;
    for (const SavedVariable& saved : saved_) tensors.push_back(saved.unpack(getptr()));
    return tensors;
  }

  std::string name_;
  std::shared_ptr<Callback> backward_;
  std::vector<SavedVariable> saved_;
  std::vector<VariableInfo> outputs_;
  bool materialize_ = true;
  bool released_ = false;
};

// What a context holds. It owns the node only until forward has run: from then on the graph does,
// and the node owns the JS function, which owns the context.
struct FunctionHandle : CallbackHandle {
  explicit FunctionHandle(NodePtr made) : node(std::move(made)), weak(node) {}
  NodePtr node;
  WeakNodePtr weak;
  bool executable = false;

  JsNode* Raw() const {
    TORCH_CHECK(node, "ctx does not belong to a running Function");
    return static_cast<JsNode*>(node.get());
  }
};

FunctionHandle* HandleArgument(Arguments& arguments) {
  Slot* slot = FindSlot(arguments.environment, arguments[0]);
  auto* handle = slot ? dynamic_cast<FunctionHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("ctx does not belong to a running Function");
  return handle;
}

std::unordered_set<at::TensorImpl*> SetOf(const variable_list& tensors) {
  std::unordered_set<at::TensorImpl*> set;
  for (const at::Tensor& tensor : tensors) set.insert(tensor.unsafeGetTensorImpl());
  return set;
}

// What a tensor of that level of torch.func stands for; itself, if it is of none.
at::Tensor BelowLevel(const at::Tensor& tensor, int64_t level) {
  const auto* wrapper = at::functorch::maybeGetTensorWrapper(tensor);
  if (wrapper && wrapper->level() == level) return wrapper->value();
  const auto* batched = at::functorch::maybeGetBatchedImpl(tensor);
  return batched && batched->level() == level ? batched->value() : tensor;
}

// A node belongs to the innermost transform of torch.func alone. The ones around it would see what forward()
// does, without a graph or with another gradient than backward()'s.
void RefuseLostGradients(const std::string& name, const variable_list& inputs) {
  using namespace at::functorch;
  const auto& levels = getDynamicLayerStack();
  for (at::Tensor input : inputs) {
    bool recording = at::GradMode::is_enabled();
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      input = BelowLevel(input, level->layerId());
      if (level->key() == TransformType::Grad) {
        Interpreter interpreter = level->interpreter();
        recording = GradInterpreterPtr(&interpreter).prevGradMode();
      }
      TORCH_CHECK(
          !(recording && input.requires_grad()) && !input._fw_grad(0).defined(), name,
          "(): a Function gives a gradient to the innermost transform of torch.func alone (vmap, grad, "
          "vjp, jvp, jacrev ...), and this input needs one outside of it, too: it would be lost");
    }
  }
}

// beginFunction(name, inputs): the node, with its edges drawn before forward runs.
napi_value Begin(Arguments& arguments) {
  const variable_list inputs = TensorsArgument(arguments.environment, arguments[1], "inputs");
  const std::string name = ToString(arguments.env, arguments[0]);
  RefuseLostGradients(name + ".apply", inputs);
  auto handle = std::make_unique<FunctionHandle>(MakeNode<JsNode>());
  handle->Raw()->name_ = name + "Backward";
  handle->executable =
      at::GradMode::is_enabled() &&
      std::any_of(inputs.begin(), inputs.end(), [](const at::Tensor& t) { return t.requires_grad(); });
  if (handle->executable) {
    handle->Raw()->set_next_edges(torch::autograd::collect_next_edges(inputs));
  }
  return ToJs(arguments.environment, handle.release());
}

// needsInputGrad(node): one boolean for each input tensor.
napi_value NeedsInputGrad(Arguments& arguments) {
  FunctionHandle* handle = HandleArgument(arguments);
  Napi::Array list = Napi::Array::New(arguments.env);
  for (uint32_t i = 0; i < handle->Raw()->num_outputs(); i++) {
    list[i] = Napi::Boolean::New(arguments.env, handle->Raw()->next_edge(i).is_valid());
  }
  return list;
}

// Outputs were made outside of the graph that they have joined: as what may be freed later.
void RecountOutputs(Arguments& arguments) {
  uint32_t length = 0;
  Check(arguments.env, napi_get_array_length(arguments.env, arguments[2], &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    Check(arguments.env, napi_get_element(arguments.env, arguments[2], i, &item));
    Slot* slot = FindSlot(arguments.environment, item);
    if (slot && slot->tensor.defined()) arguments.environment.pool().Recount(slot);
  }
}

// endFunction(node, inputs, outputs, nonDifferentiable, dirty, saved, backward, materializeGrads): the
// results; null for an output that has joined the graph itself.
napi_value End(Arguments& arguments) {
  Environment& environment = arguments.environment;
  FunctionHandle* handle = HandleArgument(arguments);
  JsNode* node = handle->Raw();
  const variable_list inputs = TensorsArgument(environment, arguments[1], "inputs");
  const variable_list outputs = TensorsArgument(environment, arguments[2], "what forward() returns");
  const variable_list plain = TensorsArgument(environment, arguments[3], "markNonDifferentiable()");
  const variable_list dirty = TensorsArgument(environment, arguments[4], "markDirty()");
  const variable_list saved = TensorsArgument(environment, arguments[5], "saveForBackward()");
  for (const at::Tensor& tensor : dirty) tensor.unsafeGetTensorImpl()->bump_version();

  std::vector<std::optional<at::Tensor>> raw(outputs.begin(), outputs.end());
  const auto no_jvp = [](variable_list, variable_list) -> variable_list {
    TORCH_CHECK(false, "forward-mode differentiation of a custom Function is not supported");
  };
  const auto view_as_self = [](at::Tensor tensor) { return tensor.view_as(tensor); };
  WrappedOutputs wrapped = WrapOutputs(inputs, SetOf(plain), SetOf(dirty), raw,
                                       handle->executable ? handle->node : NodePtr(), no_jvp, view_as_self);

  variable_list results;
  for (const auto& output : wrapped.outputs) {
    results.push_back(output.value_or(at::Tensor()));
    if (!handle->executable) continue;
    node->outputs_.push_back(output ? VariableInfo(*output) : VariableInfo());
  }
  if (handle->executable) {
    node->materialize_ = arguments.Bool(7);
    node->backward_ = std::make_shared<Callback>(environment, arguments[6]);
    handle->callback = node->backward_;
    for (const at::Tensor& tensor : saved) {
      // An output is saved as one, lest the node own itself.
      const auto own = std::find_if(outputs.begin(), outputs.end(),
                                    [&](const at::Tensor& output) { return output.is_same(tensor); });
      const bool is_output = own != outputs.end();
      node->saved_.emplace_back(is_output ? results[own - outputs.begin()] : tensor, is_output);
    }
    wrapped.Finish();
  }
  handle->node = NodePtr();
  RecountOutputs(arguments);
  for (size_t i = 0; i < results.size(); i++) {
    if (results[i].is_same(outputs[i])) results[i].reset();
  }
  return ToJs(environment, results);
}

napi_value Saved(Arguments& arguments) {
  const NodePtr node = HandleArgument(arguments)->weak.lock();
  TORCH_CHECK(node, torch::autograd::ERR_BACKWARD_TWICE);
  return ToJs(arguments.environment, static_cast<JsNode*>(node.get())->Saved());
}

}  // namespace

void DefineCustomFunction(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"beginFunction", Entry<Begin>},
          {"needsInputGrad", Entry<NeedsInputGrad>},
          {"endFunction", Entry<End>},
          {"savedTensors", Entry<Saved>}});
}

}  // namespace nodetorch
