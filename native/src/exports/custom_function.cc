// torch.autograd.Function: a graph node whose backward is a JS function.
#include <ATen/DeviceGuard.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/view_as.h>
#include <ATen/ops/zeros_like.h>
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

// beginFunction(name, inputs): the node, with its edges drawn before forward runs.
napi_value Begin(Arguments& arguments) {
  const variable_list inputs = TensorsArgument(arguments.environment, arguments[1], "inputs");
  const std::string name = ToString(arguments.env, arguments[0]);
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
void RecountOutputs(Arguments& arguments, const Napi::Array& outputs) {
  for (uint32_t i = 0; i < outputs.Length(); i++) {
    Slot* slot = FindSlot(arguments.environment, outputs.Get(i));
    if (slot && slot->tensor.defined()) arguments.environment.pool().Recount(slot);
  }
}

// The tangents of the outputs, asked of a JS function while forward-mode AD goes through.
torch::autograd::_jvp_fn_t JvpOf(Arguments& arguments, bool materialize) {
  auto callback = std::make_shared<Callback>(arguments.environment, arguments[3]);
  return [callback, materialize](const variable_list& inputs, variable_list tangents) {
    for (size_t i = 0; materialize && i < inputs.size(); i++) {
      if (tangents[i].defined() || !torch::autograd::isDifferentiableType(inputs[i].scalar_type())) continue;
      tangents[i] = at::zeros_like(inputs[i]);
    }
    return callback->Call(tangents);
  };
}

// endFunction(node, lists, backward, jvp, materializeGrads): the results; null for an output that has joined
// the graph itself, or that is no tensor. The lists: inputs, outputs, non-differentiable and dirty tensors,
// what is saved, and what setupContext() has saved in either way.
napi_value End(Arguments& arguments) {
  Environment& environment = arguments.environment;
  FunctionHandle* handle = HandleArgument(arguments);
  JsNode* node = handle->Raw();
  const Napi::Array lists(arguments.env, arguments[1]);
  const auto list = [&](uint32_t i, const char* where) {
    return TensorsArgument(environment, lists.Get(i), where);
  };
  const variable_list inputs = list(0, "inputs");
  const variable_list outputs = list(1, "what forward() returns");
  const variable_list plain = list(2, "markNonDifferentiable()");
  const variable_list dirty = list(3, "markDirty()");
  const variable_list saved = list(4, "saveForBackward()");
  const variable_list of_setup = list(5, "saveForForward()");
  const bool materialize = arguments.Bool(4);
  for (const at::Tensor& tensor : dirty) tensor.unsafeGetTensorImpl()->bump_version();

  std::vector<std::optional<at::Tensor>> raw;
  for (const at::Tensor& output : outputs) {
    raw.push_back(output.defined() ? std::make_optional(output) : std::nullopt);
  }
  const auto view_as_self = [](at::Tensor tensor) { return tensor.view_as(tensor); };
  WrappedOutputs wrapped =
      WrapOutputs(inputs, SetOf(plain), SetOf(dirty), raw, handle->executable ? handle->node : NodePtr(),
                  JvpOf(arguments, materialize), SetOf(of_setup), view_as_self);

  variable_list results;
  for (const auto& output : wrapped.outputs) {
    results.push_back(output.value_or(at::Tensor()));
    if (!handle->executable) continue;
    node->outputs_.push_back(output ? VariableInfo(*output) : VariableInfo());
  }
  if (handle->executable) {
    node->materialize_ = materialize;
    node->backward_ = std::make_shared<Callback>(environment, arguments[2]);
    handle->callback = node->backward_;
    for (const at::Tensor& tensor : saved) {
      // An output is saved as one, lest the node own itself.
      const bool is_output = tensor.defined() && tensor.grad_fn().get() == node;
      node->saved_.emplace_back(tensor, is_output);
    }
    wrapped.Finish();
  }
  handle->node = NodePtr();
  RecountOutputs(arguments, Napi::Array(arguments.env, lists.Get(1u)));
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
