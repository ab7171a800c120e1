#include "runtime/forward_level.h"

#include <c10/util/Exception.h>
#include <torch/csrc/autograd/forward_grad.h>
#include <torch/csrc/autograd/variable.h>

#include <mutex>

#include "runtime/handle.h"

namespace nodetorch {

namespace {

std::mutex mutex;
int users = 0;  // threads that have the level open
thread_local bool is_open_here = false;
constexpr uint64_t kLevel = 0;

void LoseTangent(const at::TensorBase& tensor) {
  auto* meta = torch::autograd::impl::get_autograd_meta(tensor);
  if (meta && meta->fw_grad_ && meta->fw_grad_->contains(kLevel)) meta->fw_grad_->reset(kLevel);
}

}  // namespace

void ForwardLevel::Open() {
  std::lock_guard<std::mutex> lock(mutex);
  TORCH_CHECK(!is_open_here, "Nested forward mode AD is not supported at the moment");
  if (users == 0) torch::autograd::ForwardADLevel::get_next_idx();
  users++;
  open_ = is_open_here = true;
}

void ForwardLevel::Close(const HandlePool* pool) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!open_) return;
  open_ = is_open_here = false;
  if (--users == 0) {
    torch::autograd::ForwardADLevel::release_idx(kLevel);
    return;
  }
  // Another thread is in the level: it stays, without what belongs to this one.
  if (!pool) return;
  pool->EachTensor([](const at::Tensor& tensor) {
    LoseTangent(tensor);
    if (tensor.is_view()) LoseTangent(tensor._base());
  });
}

}  // namespace nodetorch
