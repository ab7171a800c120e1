// Kernels of the CPU on memory of the device.
#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <atomic>
#include <functional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "memory.h"

namespace pretend {

// The thread that ran a kernel last.
extern std::atomic<std::thread::id> kernel_thread;

// Calls `op` as the CPU does, with arguments and results of the device.
void RunOnCpu(const c10::OperatorHandle& op, torch::jit::Stack* stack);

// A tensor of the CPU over the memory of one of the device, while `opened` lives.
class Aliases {
 public:
  at::Tensor Of(const at::Tensor& tensor);
  // What stands for a result of the CPU on the device.
  at::Tensor Back(const at::Tensor& result, c10::DeviceIndex index);
  // Arguments that a kernel resized, which have other memory now.
  void FinishResized();

 private:
  Opened opened_;
  std::unordered_map<c10::StorageImpl*, c10::Storage> storages_;  // of the device, to the CPU's
  std::vector<std::pair<at::Tensor, at::Tensor>> tensors_;        // of the device, and of the CPU
};

// The graph that captures on this thread keeps what `again` does.
void Captured(std::function<void()> again);
bool IsCapturing();

// While it lives this thread captures nothing.
class Paused {
 public:
  Paused();
  ~Paused();

 private:
  std::vector<std::function<void()>>* calls_;
};

}  // namespace pretend
