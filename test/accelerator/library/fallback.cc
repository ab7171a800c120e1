#include "fallback.h"

#include <ATen/core/grad_mode.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_strided.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

#include <cstring>
#include <set>

#include "device.h"

namespace pretend {

std::atomic<std::thread::id> kernel_thread;

namespace {

bool IsOurs(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().type() == kType && tensor.layout() == at::kStrided;
}

at::Tensor Over(c10::Storage storage, const at::Tensor& like, c10::DispatchKey key) {
  auto made = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), like.dtype());
  made.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  if (like.unsafeGetTensorImpl()->is_wrapped_number()) made.unsafeGetTensorImpl()->set_wrapped_number(true);
  return made;
}

// Where a tensor of the CPU with dimensions may stand beside one of the device, as with CUDA.
bool TakesBoth(const std::string& name) {
  static const std::set<std::string> names{
      "aten::index",          "aten::index_put_",        "aten::_index_put_impl_",       "aten::index_put",
      "aten::_unsafe_index",  "aten::_pack_padded_sequence", "aten::_ctc_loss",          "aten::_ctc_loss_backward",
      "aten::_copy_from_and_resize", "aten::set_", "aten::_pack_padded_sequence_backward", "aten::repeat_interleave"};
  return names.count(name) > 0;
}

// Every tensor of a stack, also within lists.
template <typename Visit>
void ForTensors(torch::jit::Stack& stack, size_t first, Visit visit) {
  for (size_t i = first; i < stack.size(); i++) {
    c10::IValue& value = stack[i];
    if (value.isTensor()) {
      value = visit(value.toTensor());
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& one : value.toTensorVector()) list.push_back(visit(one));
      value = list;
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const std::optional<at::Tensor>& one : value.toOptionalTensorVector()) {
        list.push_back(one ? std::optional<at::Tensor>(visit(*one)) : std::nullopt);
      }
      value = list;
    }
  }
}

// The device of a call: that of its first tensor there, or of an argument that names one.
c10::DeviceIndex DeviceOf(const c10::OperatorHandle& op, torch::jit::Stack& stack, size_t first) {
  std::optional<c10::DeviceIndex> index;
  std::optional<c10::Device> other;
  ForTensors(stack, first, [&](const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    if (tensor.device().type() == kType) {
      if (!index) index = tensor.device().index();
      if (*index != tensor.device().index() && tensor.dim() > 0) other = tensor.device();
    } else if (tensor.dim() > 0 && !TakesBoth(op.schema().name())) {
      other = tensor.device();
    }
    return tensor;
  });
  TORCH_CHECK(!index || !other, "Expected all tensors to be on the same device, but found at least two devices, ",
              c10::Device(kType, index.value_or(0)), " and ", other.value_or(c10::Device(c10::kCPU)), "!");
  for (size_t i = first; i < stack.size() && !index && other; i++) {
    TORCH_CHECK(!stack[i].isGenerator(), "Expected a 'cpu' device type for generator but found '",
                c10::DeviceTypeName(kType, true), "'");
  }
  for (size_t i = first; i < stack.size() && !index; i++) {
    if (stack[i].isDevice() && stack[i].toDevice().type() == kType && stack[i].toDevice().has_index()) {
      index = stack[i].toDevice().index();
    }
  }
  return index.value_or(CurrentDevice());
}

// The CPU's default generator goes on from where the device's is, and back.
class SeededAs {
 public:
  explicit SeededAs(c10::DeviceIndex index)
      : lock_(mutex_), cpu_(at::detail::getDefaultCPUGenerator()), own_(CpuGeneratorOf(DefaultGenerator(index))) {
    before_ = cpu_.get_state();
    cpu_.set_state(own_.get_state());
  }
  ~SeededAs() {
    own_.set_state(cpu_.get_state());
    cpu_.set_state(before_);
  }

 private:
  static inline std::mutex mutex_;
  std::lock_guard<std::mutex> lock_;
  at::Generator cpu_, own_;
  at::Tensor before_;
};

// True where the operator draws but has no argument to give it a generator by.
bool PrepareGenerators(const c10::OperatorHandle& op, torch::jit::Stack& stack, size_t first, c10::DeviceIndex index) {
  const auto& arguments = op.schema().arguments();
  for (size_t i = 0; i < arguments.size(); i++) {
    if (arguments[i].type()->str() != "Generator?") continue;
    c10::IValue& value = stack[first + i];
    const at::Generator given = value.isGenerator() ? value.toGenerator() : DefaultGenerator(index);
    TORCH_CHECK(given.device().type() == kType, "Expected a '", c10::DeviceTypeName(kType, true),
                "' device type for generator but found '", given.device().type(), "'");
    value = CpuGeneratorOf(given);
    return false;
  }
  return op.hasTag(at::Tag::nondeterministic_seeded);
}

void Call(const c10::OperatorHandle& op, torch::jit::Stack* stack, bool is_capture);

// During capture an operator runs once, for the shapes of its results; what it wrote is undone.
void Capture(const c10::OperatorHandle& op, const torch::jit::Stack& given, torch::jit::Stack* stack) {
  for (const auto& result : op.schema().returns()) {
    const auto kind = result.type()->kind();
    TORCH_CHECK(kind == c10::TypeKind::TensorType || kind == c10::TypeKind::ListType,
                "operation not permitted when stream is capturing");  // the value is not known yet
  }
  std::optional<Paused> paused(std::in_place);
  torch::jit::Stack kept = given;
  std::vector<at::Tensor> written, before;
  for (size_t i = 0; i < given.size(); i++) {
    const auto* alias = op.schema().arguments()[i].alias_info();
    if (!alias || !alias->isWrite()) continue;
    torch::jit::Stack one{given[i]};
    ForTensors(one, 0, [&](const at::Tensor& tensor) {
      written.push_back(tensor);
      before.push_back(at::Tensor(tensor.clone()));
      return tensor;
    });
  }
  Call(op, stack, true);
  std::vector<at::Tensor> results;
  torch::jit::Stack returned(*stack);
  ForTensors(returned, returned.size() - op.schema().returns().size(), [&](const at::Tensor& tensor) {
    results.push_back(tensor);
    return tensor;
  });
  for (size_t i = 0; i < written.size(); i++) written[i].copy_(before[i]);
  const bool is_fresh = written.empty();
  paused.reset();
  Captured([op, kept, results, is_fresh] {
    torch::jit::Stack again = kept;
    Call(op, &again, true);
    if (!is_fresh) return;
    size_t i = 0;
    ForTensors(again, 0, [&](const at::Tensor& tensor) {
      if (tensor.defined() && !tensor.is_alias_of(results[i])) results[i].copy_(tensor);
      i++;
      return tensor;
    });
  });
}

void Call(const c10::OperatorHandle& op, torch::jit::Stack* stack, bool is_capture) {
  const auto& schema = op.schema();
  const size_t first = stack->size() - schema.arguments().size();
  const c10::DeviceIndex index = DeviceOf(op, *stack, first);
  if (!is_capture && IsCapturing()) {
    const torch::jit::Stack given(stack->begin() + static_cast<int64_t>(first), stack->end());
    return Capture(op, given, stack);
  }
  kernel_thread = std::this_thread::get_id();
  CurrentQueue(index).Wait();
  const c10::DeviceGuard guard(c10::Device(kType, index));
  const bool is_seeded = PrepareGenerators(op, *stack, first, index);
  Aliases aliases;
  ForTensors(*stack, first, [&](const at::Tensor& one) { return IsOurs(one) ? aliases.Of(one) : one; });
  for (size_t i = first; i < stack->size(); i++) {
    if ((*stack)[i].isDevice() && (*stack)[i].toDevice().type() == kType) (*stack)[i] = c10::Device(c10::kCPU);
  }
  {
    std::optional<SeededAs> seeded;
    if (is_seeded) seeded.emplace(index);
    op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  }
  aliases.FinishResized();
  const size_t results = stack->size() - schema.returns().size();
  ForTensors(*stack, results, [&](const at::Tensor& one) { return aliases.Back(one, index); });
}

}  // namespace

at::Tensor Aliases::Of(const at::Tensor& tensor) {
  for (const auto& [ours, cpu] : tensors_) {
    if (ours.is_same(tensor)) return cpu;
  }
  const c10::Storage& storage = tensor.storage();
  auto& known = storages_[storage.unsafeGetStorageImpl()];
  if (!known) {
    opened_.Add(storage.data());
    c10::DataPtr data(const_cast<void*>(storage.data()), c10::Device(c10::kCPU));
    known = c10::Storage(c10::Storage::use_byte_size_t(), storage.nbytes(), std::move(data), c10::GetCPUAllocator(), true);
  }
  at::Tensor cpu = Over(known, tensor, c10::DispatchKey::CPU);
  tensors_.emplace_back(tensor, cpu);
  return cpu;
}

at::Tensor Aliases::Back(const at::Tensor& result, c10::DeviceIndex index) {
  if (!result.defined() || result.device().type() != c10::kCPU) return result;
  for (const auto& [ours, cpu] : tensors_) {
    if (cpu.is_same(result)) return ours;
  }
  for (const auto& [ours, cpu] : tensors_) {
    if (!cpu.has_storage() || !result.has_storage() || !cpu.storage().is_alias_of(result.storage())) continue;
    return Over(ours.storage(), result, c10::DispatchKey::PrivateUse1);
  }
  const c10::Device device(kType, index);
  at::Tensor fresh = at::empty_strided(result.sizes(), result.strides(), result.options().device(device));
  if (result.unsafeGetTensorImpl()->is_wrapped_number()) fresh.unsafeGetTensorImpl()->set_wrapped_number(true);
  if (result.numel() == 0) return fresh;
  Opened opened;
  opened.Add(fresh.storage().data());
  if (!result.storage().data()) {  // zeros that forward mode has not put into memory
    std::memset(fresh.mutable_data_ptr(), 0, fresh.storage().nbytes());
    return fresh;
  }
  const size_t bytes = std::min(fresh.storage().nbytes(), result.storage().nbytes() - result.storage_offset() * result.itemsize());
  std::memcpy(fresh.mutable_data_ptr(), result.const_data_ptr(), bytes);
  return fresh;
}

void Aliases::FinishResized() {
  for (const auto& [ours, cpu] : tensors_) {
    const bool has_moved = cpu.storage().data() != ours.storage().data();
    if (!has_moved && cpu.sizes() == ours.sizes() && cpu.strides() == ours.strides()) continue;
    const c10::DeviceGuard guard(ours.device());
    if (has_moved && cpu.storage().nbytes() > 0) {
      const size_t bytes = cpu.storage().nbytes();
      c10::DataPtr data = DeviceMemory()->allocate(bytes);
      DeviceMemory()->copy_data(data.get(), cpu.storage().data(), bytes);
      ours.storage().set_data_ptr_noswap(std::move(data));
      ours.storage().set_nbytes(bytes);
    }
    ours.unsafeGetTensorImpl()->set_sizes_and_strides(cpu.sizes(), cpu.strides(), cpu.storage_offset());
  }
}

void RunOnCpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) { Call(op, stack, false); }

}  // namespace pretend

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&pretend::RunOnCpu>());
}
