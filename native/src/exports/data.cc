// Bytes in, bytes out.
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/TensorWrapper.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/lift_fresh.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#ifndef _WIN32
#include <dlfcn.h>
#endif

#include <cstring>
#include <memory>

#include "capture/record.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

struct Bytes {
  char* data = nullptr;
  size_t size = 0;
  napi_value buffer = nullptr;  // the ArrayBuffer behind it
};

Bytes BytesOf(napi_env env, napi_value view) {
  bool is_typed = false;
  Check(env, napi_is_typedarray(env, view, &is_typed));
  if (!is_typed) throw TypeProblem("data must be a typed array");
  napi_typedarray_type type;
  size_t length, offset;
  void* data;
  Bytes bytes;
  Check(env, napi_get_typedarray_info(env, view, &type, &length, &data, &bytes.buffer, &offset));
  static constexpr size_t kSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2};
  bytes.data = static_cast<char*>(data);
  if (static_cast<size_t>(type) >= std::size(kSizes)) throw TypeProblem("data is of an unknown typed array");
  bytes.size = length * kSizes[type];
  return bytes;
}

int64_t BytesNeeded(const std::vector<int64_t>& shape, at::ScalarType type) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(type));
  for (int64_t size : shape) {
    if (size < 0) throw RangeProblem("a shape must not hold the negative size " + std::to_string(size));
    if (__builtin_mul_overflow(bytes, size, &bytes)) throw RangeProblem("a shape is too large");
  }
  return bytes;
}

// The tensor of the CPU that `make` makes, with its memory. A transform of torch.func would wrap it at once,
// and a wrapper has no memory to write to; as in Python's torch.tensor, it is wrapped when it is done.
template <typename Make>
at::Tensor BelowTransforms(Make make) {
  at::Tensor tensor;
  {
    const c10::impl::ExcludeDispatchKeyGuard guard(c10::DispatchKey::FuncTorchDynamicLayerBackMode);
    tensor = make();
  }
  const bool transforms =
      c10::impl::tls_is_dispatch_key_included(c10::DispatchKey::FuncTorchDynamicLayerFrontMode);
  return transforms ? at::lift_fresh(tensor) : tensor;
}

// fromBytes(typedArray, shape, dtype): copies.
napi_value FromBytes(Arguments& arguments) {
  arguments.environment.RunPendingWork();
  const std::vector<int64_t> shape = IntsArgument(arguments.environment, arguments[1], "shape");
  const at::ScalarType type = ScalarTypeArgument(arguments.environment, arguments[2], "dtype");
  const Bytes bytes = BytesOf(arguments.env, arguments[0]);
  const int64_t needed = BytesNeeded(shape, type);
  if (static_cast<int64_t>(bytes.size) != needed) {
    throw RangeProblem("the data has " + std::to_string(bytes.size) + " bytes, but the shape needs " +
                       std::to_string(needed));
  }
  const auto make = [&] { return at::empty(shape, at::TensorOptions().dtype(type)); };
  const at::Tensor tensor = BelowTransforms([&] {
    at::Tensor filled = arguments.environment.collector().Allocate(make);
    if (needed > 0) std::memcpy(filled.mutable_data_ptr(), bytes.data, needed);
    return filled;
  });
  if (CaptureRecorder* recorder = arguments.environment.recorder()) {
    const at::Tensor data = recorder->Constant(tensor.clone());
    RecordOne(arguments.environment, kData, "", {data}, tensor,
              [](const Values& values) { return values[0].toTensor().clone(); });
  }
  return ToJs(arguments.environment, tensor, arguments[3]);
}

// Keeps an ArrayBuffer's memory although its ArrayBuffer may be detached (transfer(), postMessage):
// Node-API has no way to do that, V8's BackingStore has. Null where the symbol is not found.
std::shared_ptr<void> BackingStoreOf(napi_value buffer) {
#ifdef _WIN32
  return nullptr;
#else
  using GetBackingStore = std::shared_ptr<void> (*)(void*);
  static const auto get =
      reinterpret_cast<GetBackingStore>(dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer15GetBackingStoreEv"));
  return get ? get(buffer) : nullptr;
#endif
}

// fromBlob(typedArray, shape, dtype): shares the memory of the array's fixed-length ArrayBuffer.
napi_value FromBlob(Arguments& arguments) {
  arguments.environment.RunPendingWork();
  const std::vector<int64_t> shape = IntsArgument(arguments.environment, arguments[1], "shape");
  const at::ScalarType type = ScalarTypeArgument(arguments.environment, arguments[2], "dtype");
  const Bytes bytes = BytesOf(arguments.env, arguments[0]);
  const int64_t needed = BytesNeeded(shape, type);
  if (static_cast<int64_t>(bytes.size) < needed) {
    throw RangeProblem("the buffer has " + std::to_string(bytes.size) + " bytes, but the shape needs " +
                       std::to_string(needed));
  }
  bool plain = false;
  Check(arguments.env, napi_is_arraybuffer(arguments.env, bytes.buffer, &plain));
  if (!plain) throw TypeProblem("fromBlob() needs an ArrayBuffer, not a SharedArrayBuffer");
  if (needed == 0) return ToJs(arguments.environment, at::empty(shape, at::TensorOptions().dtype(type)));
  std::shared_ptr<void> memory = BackingStoreOf(bytes.buffer);
  TORCH_CHECK(memory,
              "this build of Node.js does not allow sharing an ArrayBuffer's memory; copy "
              "with torch.tensor()");
  const at::Tensor tensor = BelowTransforms(
      [&] { return at::from_blob(bytes.data, shape, [memory](void*) {}, at::TensorOptions().dtype(type)); });
  return ToJs(arguments.environment, tensor);
}

// A dense, contiguous CPU tensor with the values of `tensor`.
at::Tensor Readable(const at::Tensor& tensor) {
  constexpr c10::DispatchKeySet kWrappers(
      {c10::DispatchKey::FuncTorchBatched, c10::DispatchKey::FuncTorchGradWrapper,
       c10::DispatchKey::ZeroTensor, c10::DispatchKey::Conjugate, c10::DispatchKey::Negative});
  const bool as_it_is = tensor.is_cpu() && tensor.layout() == at::kStrided &&
                        !tensor.key_set().has_any(kWrappers) && tensor.has_storage() &&
                        tensor.is_contiguous();
  if (as_it_is) return tensor;
  constexpr const char* kMapped =
      "vmap: the values of a tensor that is mapped over cannot be read (tolist(), toTypedArray()): "
      "there is one for each sample, and the function runs once";
  TORCH_CHECK(!tensor.key_set().has(c10::DispatchKey::Batched), kMapped);
  at::Tensor plain = tensor.detach();
  while (const auto* wrapper = at::functorch::maybeGetTensorWrapper(plain)) {
    const at::Tensor value = wrapper->value();
    plain = value;
  }
  TORCH_CHECK(!at::functorch::maybeGetBatchedImpl(plain), kMapped);
  const c10::impl::ExcludeDispatchKeyGuard below(c10::DispatchKeySet(
      {c10::DispatchKey::FuncTorchDynamicLayerFrontMode, c10::DispatchKey::FuncTorchDynamicLayerBackMode}));
  if (plain._is_zerotensor()) plain = plain.clone();  // has no memory of its own
  return plain.resolve_conj().resolve_neg().cpu().contiguous();
}

// copyOut(tensor, typedArray): the tensor's values, row by row.
napi_value CopyOut(Arguments& arguments) {
  const at::Tensor source = arguments.Self();
  if (CaptureRecorder* recorder = arguments.environment.recorder()) recorder->NoteNumbers();
  arguments.environment.CheckFree(source);
  const at::Tensor tensor = arguments.environment.collector().Allocate([&] { return Readable(source); });
  const Bytes bytes = BytesOf(arguments.env, arguments[1]);
  if (bytes.size != tensor.nbytes()) {
    throw RangeProblem("the array has " + std::to_string(bytes.size) + " bytes, but the tensor has " +
                       std::to_string(tensor.nbytes()));
  }
  if (bytes.size > 0) std::memcpy(bytes.data, tensor.const_data_ptr(), bytes.size);
  return arguments[1];
}

// viewBuffer(tensor): an ArrayBuffer over the memory of a contiguous CPU tensor. The buffer keeps
// the storage, and the storage can no longer be resized.
napi_value ViewBuffer(Arguments& arguments) {
  if (CaptureRecorder* recorder = arguments.environment.recorder()) recorder->NoteNumbers();
  arguments.environment.CheckFree(arguments.Tensor(0));
  const at::Tensor tensor = arguments.Tensor(0).detach();
  TORCH_CHECK(tensor.device().is_cpu(), "only a CPU tensor can be viewed; this one is on ", tensor.device());
  TORCH_CHECK(tensor.layout() == at::kStrided && tensor.is_contiguous(),
              "only a contiguous tensor can be viewed; call contiguous() or toTypedArray()");
  TORCH_CHECK(!tensor._is_zerotensor(), "a zero tensor has no memory; call clone()");
  TORCH_CHECK(!tensor.is_conj() && !tensor.is_neg(), "a conjugate or negative view has no values of its own");
  napi_value buffer;
  if (tensor.nbytes() == 0) {
    Check(arguments.env, napi_create_arraybuffer(arguments.env, 0, nullptr, &buffer));
    return buffer;
  }
  tensor.storage().unsafeGetStorageImpl()->set_resizable(false);
  auto* owner = new at::Tensor(tensor);
  auto release = [](node_api_basic_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); };
  napi_env env = arguments.environment.owner();
  const napi_status status = napi_create_external_arraybuffer(env, owner->mutable_data_ptr(), owner->nbytes(),
                                                              release, owner, &buffer);
  if (status != napi_ok) {
    delete owner;
    Fail(env);
  }
  return buffer;
}
}  // namespace

void DefineData(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"fromBytes", Entry<FromBytes>},
          {"fromBlob", Entry<FromBlob>},
          {"copyOut", Entry<CopyOut>},
          {"viewBuffer", Entry<ViewBuffer>}});
}

}  // namespace nodetorch
