// What a tensor says of itself.
#include <ATen/core/Tensor.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/TensorWrapper.h>
#include <c10/core/MemoryFormat.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

#include "capture/record.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

napi_value Int(napi_env env, int64_t number) {
  napi_value value;
  Check(env, napi_create_int64(env, number, &value));
  return value;
}

napi_value Bool(napi_env env, bool flag) {
  napi_value value;
  Check(env, napi_get_boolean(env, flag, &value));
  return value;
}

napi_value Text(napi_env env, const std::string& text) {
  napi_value value;
  Check(env, napi_create_string_utf8(env, text.data(), text.size(), &value));
  return value;
}

// How many there are.
napi_value Sizes(Arguments& arguments, at::IntArrayRef ints) {
  arguments.environment.transfer_buffer().Write(ints);
  return Int(arguments.env, static_cast<int64_t>(ints.size()));
}

napi_value BigInt(napi_env env, uint64_t number) {
  napi_value value;
  Check(env, napi_create_bigint_uint64(env, number, &value));
  return value;
}

napi_value Shape(Arguments& arguments) { return Sizes(arguments, arguments.Self().sizes()); }
napi_value Stride(Arguments& arguments) { return Sizes(arguments, arguments.Self().strides()); }
napi_value Numel(Arguments& arguments) { return Int(arguments.env, arguments.Self().numel()); }
napi_value Dim(Arguments& arguments) { return Int(arguments.env, arguments.Self().dim()); }
napi_value Offset(Arguments& arguments) { return Int(arguments.env, arguments.Self().storage_offset()); }
napi_value Dtype(Arguments& arguments) {
  return Int(arguments.env, static_cast<int>(arguments.Self().scalar_type()));
}
napi_value Layout(Arguments& arguments) {
  return Int(arguments.env, static_cast<int>(arguments.Self().layout()));
}
napi_value Device(Arguments& arguments) { return Text(arguments.env, arguments.Self().device().str()); }
napi_value Version(Arguments& arguments) { return Int(arguments.env, arguments.Self()._version()); }
napi_value DataPtr(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  const void* data = tensor.has_storage() ? tensor.const_data_ptr() : nullptr;
  return BigInt(arguments.env, reinterpret_cast<uintptr_t>(data));
}

// storage(tensor): [identity, bytes]; tensors that share memory have the same identity.
napi_value Storage(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  TORCH_CHECK(tensor.has_storage(), "a ", tensor.layout(), " tensor has no storage");
  const auto* storage = tensor.storage().unsafeGetStorageImpl();
  Napi::Array pair = Napi::Array::New(arguments.env, 2);
  pair[0u] = Napi::Value(arguments.env, BigInt(arguments.env, reinterpret_cast<uintptr_t>(storage)));
  pair[1u] = Napi::Value(arguments.env, Int(arguments.env, static_cast<int64_t>(storage->nbytes())));
  return pair;
}

napi_value IsContiguous(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  c10::IValue format(at::MemoryFormat::Contiguous);
  if (!arguments.IsNull(1) &&
      !FromJs(arguments.environment, arguments[1], TypeSpec{Type::kMemoryFormat}, false, &format)) {
    throw TypeProblem("isContiguous(): argument 'memoryFormat' must be a MemoryFormat");
  }
  return Bool(arguments.env, tensor.is_contiguous(format.toMemoryFormat()));
}

napi_value IsPinned(Arguments& arguments) { return Bool(arguments.env, arguments.Self().is_pinned()); }

napi_value IsTensor(Arguments& arguments) {
  Slot* slot = FindSlot(arguments.environment, arguments[0]);
  return Bool(arguments.env, slot && slot->kind == Kind::kTensor);
}

napi_value IsDisposed(Arguments& arguments) {
  Slot* slot = FindHandle(arguments.environment, arguments[0]);
  return Bool(arguments.env, !slot || !(slot->tensor.defined() || slot->other));
}

// Whether both are one tensor (not only equal, not only of one storage).
napi_value IsSame(Arguments& arguments) {
  return Bool(arguments.env, arguments.Tensor(0).is_same(arguments.Tensor(1)));
}

napi_value RequiresGrad(Arguments& arguments) {
  return Bool(arguments.env, arguments.Self().requires_grad());
}

napi_value SetRequiresGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  const bool requires_grad = arguments.Bool(1);
  TORCH_CHECK(tensor.is_leaf() || requires_grad,
              "you can only change requires_grad flags of leaf variables. If you want to use a "
              "computed variable in a subgraph that doesn't require differentiation use "
              "var_no_grad = var.detach().");
  if (CaptureRecorder* recorder = arguments.environment.recorder()) {
    RecordRequiresGrad(*recorder, tensor, requires_grad);
  }
  tensor.set_requires_grad(requires_grad);
  return Undefined(arguments.env);
}

napi_value IsLeaf(Arguments& arguments) { return Bool(arguments.env, arguments.Self().is_leaf()); }
napi_value RetainsGrad(Arguments& arguments) { return Bool(arguments.env, arguments.Self().retains_grad()); }
napi_value RetainGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  TORCH_CHECK(tensor.requires_grad(), "can't retain_grad on Tensor that has requires_grad=False");
  tensor.retain_grad();
  if (CaptureRecorder* recorder = arguments.environment.recorder()) {
    const auto again = [](const Values& values) {
      values[0].toTensor().retain_grad();
      return Values();
    };
    recorder->AddCall("retainGrad", "", {tensor}, again, {});
  }
  return Undefined(arguments.env);
}

napi_value Grad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  arguments.environment.CheckFree(tensor);
  const at::Tensor grad = tensor.grad();
  if (CaptureRecorder* recorder = arguments.environment.recorder()) {
    const auto again = [](const Values& values) { return Values{values[0].toTensor().grad()}; };
    recorder->AddRead("grad", {tensor}, again, grad);
  }
  return ToJs(arguments.environment, grad, arguments[1]);
}

// gradDtype(tensor): the dtype that gradients are cast to; -1 for any.
napi_value GradDtype(Arguments& arguments) {
  const at::Tensor& tensor = arguments.Self();
  TORCH_CHECK(tensor.is_leaf(), "grad_dtype can only be accessed on leaf tensors.");
  const auto dtype = tensor.grad_dtype();
  return Napi::Number::New(arguments.env, dtype ? static_cast<int>(*dtype) : -1);
}

// setGradDtype(tensor, dtype | null)
napi_value SetGradDtype(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  TORCH_CHECK(tensor.is_leaf(), "grad_dtype can only be set on leaf tensors.");
  std::optional<at::ScalarType> dtype;
  if (!arguments.IsNull(1)) dtype = ScalarTypeArgument(arguments.environment, arguments[1], "grad_dtype");
  if (dtype && tensor.grad().defined()) {
    TORCH_CHECK(tensor.grad().scalar_type() == *dtype, "Cannot set grad_dtype to '", *dtype,
                "' because there is already a gradient with dtype '", tensor.grad().dtype(),
                "'. Please clear the gradient (.grad = None) before changing grad_dtype, or ensure the new "
                "grad_dtype matches the existing gradient's dtype.");
  }
  tensor.set_grad_dtype(dtype);
  return Undefined(arguments.env);
}

void RecordSetGrad(Environment& environment, const at::Tensor& tensor, const at::Tensor& grad) {
  CaptureRecorder* recorder = environment.recorder();
  if (!recorder) return;
  const auto again = [](const Values& values) {
    values[0].toTensor().mutable_grad() = values[1].toTensor();
    return Values();
  };
  recorder->NoteBackward();
  recorder->AddCall("setGrad", "", {tensor, grad}, again, {});
}

// Python's checks on assigning to .grad (torch/csrc/autograd/python_variable.cpp).
napi_value SetGrad(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self("grad's tensor");
  if (arguments.IsNull(1)) {
    tensor.mutable_grad().reset();
    RecordSetGrad(arguments.environment, tensor, at::Tensor());
    return Undefined(arguments.env);
  }
  const at::Tensor grad = arguments.Tensor(1, "grad");
  TORCH_CHECK(!tensor.is_same(grad), "can't assign Variable as its own grad");
  const auto dtype = tensor.is_leaf() ? tensor.grad_dtype() : tensor.scalar_type();
  TORCH_CHECK(
      !dtype || grad.scalar_type() == *dtype, "attempting to assign a gradient with dtype '", grad.dtype(),
      "' to a tensor with grad_dtype '", *dtype,
      "'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the "
      "tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set grad_dtype "
      "with caution. Diverging the dtypes of a tensor and its gradient may break downstream systems that "
      "assume they match.");
  TORCH_CHECK(grad.device() == tensor.device(), "assigned grad has data located on a different device");
  TORCH_CHECK(grad.sizes().equals(tensor.sizes()), "attempting to assign a gradient of size '", grad.sizes(),
              "' to a tensor of size '", tensor.sizes(),
              "'. Please ensure that the gradient and the tensor are the same size");
  tensor.mutable_grad() = grad;
  RecordSetGrad(arguments.environment, tensor, grad);
  return Undefined(arguments.env);
}

bool IsOfTransform(const at::Tensor& tensor) {
  return at::functorch::maybeGetTensorWrapper(tensor) || at::functorch::maybeGetBatchedImpl(tensor);
}

napi_value SetData(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self("data's tensor");
  const at::Tensor data = arguments.Tensor(1, "data");
  // libtorch would take over the memory of a wrapper, which has none.
  TORCH_CHECK(
      IsOfTransform(tensor) || !IsOfTransform(data),
      "data: a tensor that belongs to a transform of torch.func cannot become the values of one that does "
      "not; initialize lazy modules, and assign to .data, outside of the transform");
  tensor.set_data(data);
  if (Slot* slot = FindHandle(arguments.environment, arguments[0]); slot && slot->tensor.defined()) {
    arguments.environment.pool().Recount(slot);
  }
  return Undefined(arguments.env);
}

// The values alone, with a version counter of their own (Python's .data).
napi_value Data(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self(), data = tensor.variable_data();
  RecordOne(arguments.environment, "data", "", {tensor}, data,
            [](const Values& values) { return values[0].toTensor().variable_data(); });
  return ToJs(arguments.environment, data, arguments[1]);
}

// A tensor of the same memory without history, that counts as one of its own (Python's _make_subclass).
napi_value Alias(Arguments& arguments) {
  const at::Tensor original = arguments.Tensor(0);
  const bool requires_grad = arguments.Bool(1);
  const auto alias = [requires_grad](const at::Tensor& tensor) {
    const at::Tensor result = tensor.detach();
    result.unsafeGetTensorImpl()->set_allow_tensor_metadata_change(true);
    return result.set_requires_grad(requires_grad);
  };
  const at::Tensor tensor = alias(original);
  RecordOne(arguments.environment, "alias", requires_grad ? "true" : "false", {original}, tensor,
            [alias](const Values& values) { return alias(values[0].toTensor()); });
  return ToJs(arguments.environment, tensor, arguments[2]);
}

napi_value Item(Arguments& arguments) {
  const at::Tensor tensor = arguments.Self();
  arguments.environment.CheckFree(tensor);
  TORCH_CHECK(tensor.numel() == 1, "a Tensor with ", tensor.numel(),
              " elements cannot be converted to Scalar");
  if (CaptureRecorder* recorder = arguments.environment.recorder()) recorder->NoteNumbers();
  const c10::Scalar scalar = tensor.item();
  if (scalar.isIntegral(/*includeBool=*/false) && tensor.scalar_type() == at::kUInt64) {
    const uint64_t number = scalar.toUInt64();
    if (number > static_cast<uint64_t>(INT64_MAX)) return BigInt(arguments.env, number);
  }
  return ToJs(arguments.environment, c10::IValue(scalar), c10::AnyType::get());
}

}  // namespace

void DefineTensor(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"shape", Entry<Shape>},
          {"stride", Entry<Stride>},
          {"numel", Entry<Numel>},
          {"dim", Entry<Dim>},
          {"storageOffset", Entry<Offset>},
          {"dtype", Entry<Dtype>},
          {"layout", Entry<Layout>},
          {"device", Entry<Device>},
          {"version", Entry<Version>},
          {"dataPtr", Entry<DataPtr>},
          {"storage", Entry<Storage>},
          {"isContiguous", Entry<IsContiguous>},
          {"isPinned", Entry<IsPinned>},
          {"isTensor", Entry<IsTensor>},
          {"isDisposed", Entry<IsDisposed>},
          {"isSame", Entry<IsSame>},
          {"requiresGrad", Entry<RequiresGrad>},
          {"setRequiresGrad", Entry<SetRequiresGrad>},
          {"isLeaf", Entry<IsLeaf>},
          {"retainsGrad", Entry<RetainsGrad>},
          {"retainGrad", Entry<RetainGrad>},
          {"grad", Entry<Grad>},
          {"setGrad", Entry<SetGrad>},
          {"gradDtype", Entry<GradDtype>},
          {"setGradDtype", Entry<SetGradDtype>},
          {"data", Entry<Data>},
          {"setData", Entry<SetData>},
          {"alias", Entry<Alias>},
          {"item", Entry<Item>}});
}

}  // namespace nodetorch
