#include "capture/live.h"

#include <thread>
#include <utility>

namespace nodetorch {

CaptureRecorder& CaptureRecorder::live() {
  if (!live_) live_ = std::make_unique<CaptureRecorder>(number_, this);
  return *live_;
}

// A recording's own handles are marked. Those that live calls get or make are numbered by their recorder.
void CaptureRecorder::Made(Slot& slot) {
  if (!is_live()) {
    slot.recorded = number_;
  } else if (slot.tensor.defined()) {
    const bool is_known = owner_->others_.count(slot.tensor.unsafeGetTensorImpl()) > 0;
    is_known ? See(slot.tensor) : static_cast<void>(Define(slot.tensor));
  }
}

void CaptureRecorder::Uses(const Slot& slot) {
  if (!is_live() || slot.recorded != number_) return;
  Refuse(
      "a function that each replay calls anew (a Function, a checkpoint or a hook) uses a tensor that the "
      "captured "
      "function has made or was given, of which a replay has another one: give it to that function as an "
      "argument");
}

namespace {

using Meta = std::pair<at::ScalarType, bool>;

std::vector<Meta> MetasOf(const Values& values) {
  std::vector<Meta> metas;
  for (const c10::IValue& value : values) {
    const at::Tensor& tensor = value.toTensor();
    metas.emplace_back(tensor.scalar_type(), tensor.requires_grad());
  }
  return metas;
}

}  // namespace

RecordedCall LiveCallOf(Environment& environment, size_t call, const Values& results) {
  return [&environment, call, metas = MetasOf(results),
          thread = std::this_thread::get_id()](const Values& tensors) {
    TORCH_CHECK(
        std::this_thread::get_id() == thread && environment.live_host,
        "torch.capture: a Function, a checkpoint or a hook is JavaScript, which this thread cannot run");
    Values made = environment.live_host->run(call, tensors);
    TORCH_CHECK(MetasOf(made) == metas,
                "torch.capture: gave tensors of other dtypes, or such as require gradients where those did "
                "not that it "
                "gave when it was recorded");
    return made;
  };
}

}  // namespace nodetorch
