// Memory of the pretend device: pages that nobody may touch while they are not opened.
#pragma once
#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <vector>

#include "streams.h"

namespace pretend {

struct Block;

// Opens the pages of device memory as long as it lives.
class Opened {
 public:
  Opened() = default;
  ~Opened();
  Opened(const Opened&) = delete;
  void Add(const void* data);

 private:
  std::vector<Block*> blocks_;
};

c10::DeviceAllocator* DeviceMemory();
at::HostAllocator* HostMemory();
bool IsHostMemory(const void* data);

// The n-th allocation from now on finds no memory; 0: none.
void FailAllocation(int64_t n);
void SetTotalMemory(size_t bytes);

}  // namespace pretend
