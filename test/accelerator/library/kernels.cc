// What a kernel of the CPU cannot do for the device: to make memory, and to copy.
#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_copy_from.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

#include "fallback.h"

namespace pretend {

namespace {

using c10::IntArrayRef;

c10::Device DeviceOr(std::optional<c10::Device> device) {
  TORCH_CHECK(!device || device->index() < kDevices, "invalid device ordinal ",
              static_cast<int>(device ? device->index() : 0), ": there are ", static_cast<int>(kDevices));
  return device && device->has_index() ? *device : c10::Device(kType, CurrentDevice());
}

at::Tensor Empty(IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<c10::Device> device, std::optional<bool> pinned, std::optional<at::MemoryFormat> format) {
  TORCH_CHECK(!pinned.value_or(false), "Only dense CPU tensors can be pinned");
  const c10::DeviceGuard guard(DeviceOr(device));
  return at::detail::empty_generic(size, DeviceMemory(), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(dtype), format);
}

at::Tensor EmptyStrided(IntArrayRef size, IntArrayRef stride, std::optional<at::ScalarType> dtype,
                        std::optional<at::Layout>, std::optional<c10::Device> device, std::optional<bool> pinned) {
  TORCH_CHECK(!pinned.value_or(false), "Only dense CPU tensors can be pinned");
  const c10::DeviceGuard guard(DeviceOr(device));
  return at::detail::empty_strided_generic(size, stride, DeviceMemory(),
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(dtype));
}

bool IsOurs(const at::Tensor& tensor) { return tensor.device().type() == kType; }

void CopyNow(const at::Tensor& from, const at::Tensor& to) {
  Aliases aliases;
  at::Tensor target = IsOurs(to) ? aliases.Of(to) : to;
  target.copy_(IsOurs(from) ? aliases.Of(from) : from);
}

// A copy waits in the stream where the CPU's memory is pinned or not used at all; as with CUDA, what it waits for
// has to be alive, and what reads it too early sees what was there before.
at::Tensor CopyFrom(const at::Tensor& from, const at::Tensor& to, bool non_blocking) {
  const at::Tensor& ours = IsOurs(to) ? to : from;
  const bool is_within = IsOurs(from) && IsOurs(to);
  const bool is_pinned = IsHostMemory(IsOurs(from) ? (IsOurs(to) ? nullptr : to.storage().data()) : from.storage().data());
  Queue& queue = CurrentQueue(ours.device().index());
  const auto copy = [from = from.detach(), to = to.detach()] { CopyNow(from, to); };
  if (IsCapturing()) {
    TORCH_CHECK(is_within || (non_blocking && is_pinned), "operation not permitted when stream is capturing");
    Captured(copy);
    return to;
  }
  if (is_within && from.device() != to.device()) CurrentQueue(from.device().index()).Wait();
  queue.Add(copy);
  if (!(is_within ? from.device() == to.device() : non_blocking && is_pinned)) queue.Wait();
  return to;
}

at::Tensor CopyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  to.resize_(from.sizes());
  return at::_copy_from(from, to, false);
}

const at::Tensor& Resize(const at::Tensor& self, IntArrayRef size, std::optional<at::MemoryFormat> format) {
  if (self.sizes() == size && !format) return self;
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_sizes_contiguous(size);
  if (format && *format != at::MemoryFormat::Preserve) impl->empty_tensor_restride(*format);
  const size_t bytes = (self.storage_offset() + self.numel()) * self.itemsize();
  if (self.numel() == 0 || bytes <= self.storage().nbytes()) return self;
  const c10::DeviceGuard guard(self.device());
  CurrentQueue(self.device().index()).Wait();
  c10::DataPtr data = DeviceMemory()->allocate(bytes);
  if (self.storage().nbytes() > 0) DeviceMemory()->copy_data(data.get(), self.storage().data(), self.storage().nbytes());
  self.storage().set_data_ptr_noswap(std::move(data));
  self.storage().set_nbytes(bytes);
  return self;
}

at::Tensor& SetStorage(at::Tensor& self, at::Storage storage, int64_t offset, IntArrayRef size, IntArrayRef stride) {
  TORCH_CHECK(storage.device() == self.device(), "Attempted to set the storage of a tensor on device \"", self.device(),
              "\" to a storage on different device \"", storage.device(),
              "\".  This is no longer allowed; the devices must match.");
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(std::move(storage));
  std::vector<int64_t> strides(stride.begin(), stride.end());
  if (strides.empty()) {
    strides.resize(size.size());
    int64_t step = 1;
    for (size_t i = size.size(); i-- > 0; step *= std::max<int64_t>(size[i], 1)) strides[i] = step;
  }
  impl->set_sizes_and_strides(size, strides, offset);
  return self;
}
at::Tensor& SetWhole(at::Tensor& self, at::Storage storage) {
  const auto count = static_cast<int64_t>(storage.nbytes() / self.itemsize());
  return SetStorage(self, std::move(storage), 0, {count}, {});
}
at::Tensor& SetTensor(at::Tensor& self, const at::Tensor& from) {
  return SetStorage(self, from.storage(), from.storage_offset(), from.sizes(), from.strides());
}
at::Tensor& SetNothing(at::Tensor& self) {
  const c10::DeviceGuard guard(self.device());
  const c10::Storage none(c10::Storage::use_byte_size_t(), 0, DeviceMemory()->allocate(0), DeviceMemory(), true);
  return SetStorage(self, none, 0, {0}, {});
}

void RecordStream(at::Tensor& self, c10::Stream stream) { DeviceMemory()->recordStream(self.storage().data_ptr(), stream); }

// Convolutions of a device that brings its own kernels arrive here, and go to the CPU's.
template <typename... Given>
torch::jit::Stack As(const char* name, Given&&... given) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
  torch::jit::Stack stack{c10::IValue(std::forward<Given>(given))...};
  RunOnCpu(op, &stack);
  return stack;
}

at::Tensor Convolution(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                       IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool transposed,
                       IntArrayRef output_padding, int64_t groups) {
  return As("aten::convolution", input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)[0]
      .toTensor();
}
std::tuple<at::Tensor, at::Tensor, at::Tensor> ConvolutionBackward(const at::Tensor& grad, const at::Tensor& input,
                                                                   const at::Tensor& weight, IntArrayRef stride,
                                                                   IntArrayRef padding, IntArrayRef dilation,
                                                                   bool transposed, IntArrayRef output_padding,
                                                                   int64_t groups, std::array<bool, 3> mask) {
  const int64_t channels = transposed ? weight.size(1) * groups : weight.size(0);
  const std::optional<std::vector<int64_t>> bias_sizes{{channels}};
  const auto results = As("aten::convolution_backward", grad, input, weight, bias_sizes, stride, padding, dilation,
                          transposed, output_padding, groups, mask);
  return {results[0].toTensor(), results[1].toTensor(), results[2].toTensor()};
}

// The mathematical form alone: the CPU's fused kernel asks which device it is on.
int64_t FusedChoice(const at::Tensor&, const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, double,
                    bool, std::optional<double>, bool) {
  return 0;
}

}  // namespace

}  // namespace pretend

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  using namespace pretend;
  library.impl("empty.memory_format", &Empty);
  library.impl("empty_strided", &EmptyStrided);
  library.impl("_copy_from", &CopyFrom);
  library.impl("_copy_from_and_resize", &CopyFromAndResize);
  library.impl("resize_", &Resize);
  library.impl("set_.source_Storage", &SetWhole);
  library.impl("set_.source_Storage_storage_offset", &SetStorage);
  library.impl("set_.source_Tensor", &SetTensor);
  library.impl("set_", &SetNothing);
  library.impl("record_stream", &RecordStream);
  library.impl("convolution_overrideable", &Convolution);
  library.impl("convolution_backward_overrideable", &ConvolutionBackward);
  library.impl("_fused_sdp_choice", &FusedChoice);
}
