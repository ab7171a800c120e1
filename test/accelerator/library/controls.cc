// What tests do to the device: torch.ops.pretend.
#include <ATen/core/Tensor.h>
#include <torch/library.h>

#include <thread>

#include "device.h"
#include "fallback.h"

namespace pretend {

namespace {

// Never destroyed: a thread may wait there when the process ends.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int64_t held = 0, released = 0;
};
Gate& TheGate() {
  static auto* gate = new Gate;
  return *gate;
}

// The current stream of a device stops here until release(): the delay that no test has to guess.
void Hold(int64_t device) {
  Gate& gate = TheGate();
  std::lock_guard lock(gate.mutex);
  const int64_t mine = ++gate.held;
  CurrentQueue(static_cast<c10::DeviceIndex>(device)).Add([&gate, mine] {
    std::unique_lock waiting(gate.mutex);
    gate.changed.wait(waiting, [&] { return gate.released >= mine; });
  });
}
void Release() {
  Gate& gate = TheGate();
  std::lock_guard lock(gate.mutex);
  gate.released = gate.held;
  gate.changed.notify_all();
}

// Reads the first byte from the wrong side, which ends the process where the page is closed.
int64_t Touch(const at::Tensor& tensor) { return *static_cast<const volatile char*>(tensor.storage().data()); }

std::string Name(std::thread::id thread) {
  std::ostringstream text;
  text << thread;
  return text.str();
}

}  // namespace

}  // namespace pretend

TORCH_LIBRARY(pretend, library) {
  using namespace pretend;
  library.def("hold(int device) -> ()", &Hold);
  library.def("release() -> ()", &Release);
  library.def("fail_allocation(int n) -> ()", &FailAllocation);
  library.def("set_total_memory(int bytes) -> ()", [](int64_t bytes) { SetTotalMemory(static_cast<size_t>(bytes)); });
  library.def("fail_synchronize(str message) -> ()", &FailNextWait);
  library.def("thread() -> str", [] { return Name(std::this_thread::get_id()); });
  library.def("kernel_thread() -> str", [] { return Name(kernel_thread); });
  library.def("touch(Tensor tensor) -> int", &Touch);
  // Python has no other way to the generators of a device whose library brings no module of Python's.
  library.def("manual_seed(int seed) -> ()", [](int64_t seed) {
    for (c10::DeviceIndex i = 0; i < kDevices; ++i) {
      at::Generator generator = DefaultGenerator(i);
      std::lock_guard lock(generator.mutex());
      generator.set_current_seed(static_cast<uint64_t>(seed));
    }
  });
  library.def("rng_state(int device) -> Tensor",
              [](int64_t device) { return DefaultGenerator(static_cast<c10::DeviceIndex>(device)).get_state(); });
  library.def("set_rng_state(int device, Tensor state) -> ()", [](int64_t device, const at::Tensor& state) {
    at::Generator generator = DefaultGenerator(static_cast<c10::DeviceIndex>(device));
    generator.set_state(state);
  });
}
