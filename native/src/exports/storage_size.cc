// The size of storages, and where they come from.
#include <ATen/MapAllocator.h>
#include <ATen/StorageUtils.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <unordered_set>

#include "runtime/function.h"

namespace nodetorch {

namespace {

// fitStorage(bytes): what storageOf gave follows the size of its storage. That size.
napi_value FitStorage(Arguments& arguments) {
  const at::Tensor bytes = arguments.Tensor(0);
  const auto size = static_cast<int64_t>(bytes.storage().nbytes());
  if (bytes.numel() != size) bytes.unsafeGetTensorImpl()->set_sizes_contiguous({size});
  return Napi::Number::New(arguments.env, static_cast<double>(size));
}

napi_value IsResizable(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, arguments.Tensor(0).storage().resizable());
}

// storageFile(bytes): the file whose bytes it has and changes; null where there is none
napi_value StorageFile(Arguments& arguments) {
  const auto* mapped = at::MapAllocator::fromDataPtr(arguments.Tensor(0).storage().data_ptr());
  if (mapped == nullptr || !(mapped->flags() & at::ALLOCATOR_MAPPED_SHARED))
    return Napi::Env(arguments.env).Null();
  return Napi::String::New(arguments.env, mapped->filename());
}

// Nobody but tensors of this thread uses the memory, and none of them reaches beyond `size`.
void CheckUsers(Arguments& arguments, const at::Tensor& bytes, int64_t size) {
  arguments.environment.FreeAllPending();
  const auto* impl = bytes.storage().unsafeGetStorageImpl();
  std::unordered_set<const c10::TensorImpl*> users{bytes.unsafeGetTensorImpl()};
  arguments.environment.pool().EachTensor([&](const at::Tensor& tensor) {
    if (!tensor.has_storage() || tensor.storage().unsafeGetStorageImpl() != impl) return;
    if (!users.insert(tensor.unsafeGetTensorImpl()).second || tensor.numel() == 0) return;
    int64_t last = tensor.storage_offset() + 1;
    for (int64_t i = 0; i < tensor.dim(); i++) last += (tensor.size(i) - 1) * tensor.stride(i);
    const int64_t end = last * static_cast<int64_t>(tensor.itemsize());
    TORCH_CHECK(end <= size, "resize_(): a tensor uses ", end, " bytes of this storage, more than ", size,
                "; it would read beyond the end. dispose() it first");
  });
  TORCH_CHECK(bytes.storage().use_count() <= users.size(),
              "resize_(): a graph, a view's base or another thread uses this storage, too; clone() it");
}

// resizeStorage(bytes, size): `bytes` is what storageOf gave.
napi_value ResizeStorage(Arguments& arguments) {
  const at::Tensor bytes = arguments.Tensor(0);
  const int64_t size = arguments.Int(1);
  arguments.environment.CheckFree(bytes, true);
  const at::Storage& storage = bytes.storage();
  TORCH_CHECK(storage.resizable(), "Trying to resize storage that is not resizable");
  CheckUsers(arguments, bytes, size);
  auto* impl = storage.unsafeGetStorageImpl();
  if (bytes.is_meta()) {
    at::native::resize_bytes_meta(impl, size);
  } else if (bytes.is_cpu()) {
    at::native::resize_bytes_cpu(impl, static_cast<size_t>(size));
  } else {
    const at::Tensor fresh = at::empty({size}, bytes.options());
    bytes.unsafeGetTensorImpl()->set_sizes_contiguous({static_cast<int64_t>(storage.nbytes())});
    const int64_t common = std::min(size, bytes.numel());
    fresh.narrow(0, 0, common).copy_(bytes.narrow(0, 0, common));
    // What is under way may look for the memory when it comes to it.
    c10::impl::VirtualGuardImpl(bytes.device().type()).getStream(bytes.device()).synchronize();
    impl->set_data_ptr_noswap(std::move(fresh.storage().unsafeGetStorageImpl()->mutable_data_ptr()));
    impl->set_nbytes(size);
  }
  bytes.unsafeGetTensorImpl()->set_sizes_contiguous({size});
  arguments.environment.pool().Recount(FindSlot(arguments.environment, arguments[0]));
  return Undefined(arguments.env);
}

}  // namespace

void DefineStorageSize(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"fitStorage", Entry<FitStorage>},
          {"isResizable", Entry<IsResizable>},
          {"resizeStorage", Entry<ResizeStorage>},
          {"storageFile", Entry<StorageFile>}});
}

}  // namespace nodetorch
