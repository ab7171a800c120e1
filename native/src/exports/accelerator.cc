// The accelerator that libtorch has, whichever it is: its devices, their memory and their streams.
#include "runtime/accelerator.h"

#include <ATen/DeviceAccelerator.h>
#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "compat/libtorch.h"
#include "runtime/awaited.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

// accelerator(): the name of its type; null where there is none.
napi_value Accelerator(Arguments& arguments) {
  const auto type = PresentAccelerator();
  if (!type) return Napi::Env(arguments.env).Null();
  return Napi::String::New(arguments.env, c10::DeviceTypeName(*type, true));
}

// privateUse1([name]): gives that type of devices its name, once in a process, and says what it is.
napi_value PrivateUse1(Arguments& arguments) {
  if (!arguments.IsNull(0)) c10::register_privateuse1_backend(ToString(arguments.env, arguments[0]));
  return Napi::String::New(arguments.env, c10::get_privateuse1_backend());
}

c10::DeviceIndex IndexArgument(const Arguments& arguments, size_t i) {
  const int64_t index = arguments.Int(i);
  TORCH_CHECK(index >= 0 && index < at::accelerator::deviceCount(), "invalid device ordinal ", index);
  return static_cast<c10::DeviceIndex>(index);
}

napi_value DeviceCount(Arguments& arguments) {
  return Napi::Number::New(arguments.env, PresentAccelerator() ? at::accelerator::deviceCount() : 0);
}
napi_value CurrentDevice(Arguments& arguments) {
  return Napi::Number::New(arguments.env, at::accelerator::getDeviceIndex());
}
napi_value SetDevice(Arguments& arguments) {
  at::accelerator::setDeviceIndex(IndexArgument(arguments, 0));
  return Undefined(arguments.env);
}
// deviceCapability(index): the dtypes that tensors there can have.
napi_value DeviceCapability(Arguments& arguments) {
  Napi::Array types = Napi::Array::New(arguments.env);
  uint32_t count = 0;
  for (const at::ScalarType type : SupportedTypes(IndexArgument(arguments, 0))) {
    types[count++] = static_cast<int>(type);
  }
  return types;
}
napi_value Synchronize(Arguments& arguments) {
  at::accelerator::synchronizeDevice(IndexArgument(arguments, 0));
  return Undefined(arguments.env);
}

// Waits for a device on another thread. The one that asks the device is left behind where the environment
// ends: a device may never be done, and nothing of this environment is in that thread.
struct Waiting : AwaitedWork {
  struct Answer {
    std::mutex mutex;  // of what follows
    std::condition_variable changed;
    bool is_there = false;
    std::exception_ptr error;
  };
  explicit Waiting(c10::DeviceIndex index) : index(index) { threads = 1; }
  void Compute() override {
    const auto answer = std::make_shared<Answer>();
    std::thread([answer, index = index] {
      std::exception_ptr error;
      try {
        at::accelerator::synchronizeDevice(index);
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard<std::mutex> lock(answer->mutex);
      answer->error = error;
      answer->is_there = true;
      answer->changed.notify_all();
    }).detach();
    std::unique_lock<std::mutex> lock(answer->mutex);
    // By the system's clock: see AwaitedWork::CollectGarbage.
    const auto soon = [] { return std::chrono::system_clock::now() + std::chrono::milliseconds(10); };
    while (!answer->is_there) {
      if (cancelled) throw Cancelled();
      answer->changed.wait_until(lock, soon());
    }
    if (answer->error) std::rethrow_exception(answer->error);
  }
  napi_value Result(Environment& environment) override { return Undefined(environment.env()); }
  const c10::DeviceIndex index;
};

// synchronized(index): a promise of the device's being done with what was queued.
napi_value Synchronized(Arguments& arguments) {
  return arguments.environment.awaited().Start(std::make_shared<Waiting>(IndexArgument(arguments, 0)));
}

at::DeviceAllocator& Allocator() { return *at::getDeviceAllocator(at::getAccelerator(true).value()); }

at::HostAllocator& HostMemory() { return *at::getHostAllocator(at::getAccelerator(true).value()); }

// isAllocatorInitialized(): false before the first tensor, and where there is no accelerator.
napi_value IsAllocatorInitialized(Arguments& arguments) {
  const bool has = at::accelerator::deviceCount() > 0 && Allocator().initialized();
  return Napi::Boolean::New(arguments.env, has);
}
napi_value EmptyCache(Arguments& arguments) {
  Allocator().emptyCache();
  return Undefined(arguments.env);
}
napi_value EmptyHostCache(Arguments& arguments) {
  HostMemory().empty_cache();
  return Undefined(arguments.env);
}
napi_value ResetPeakStats(Arguments& arguments) {
  Allocator().resetPeakStats(IndexArgument(arguments, 0));
  return Undefined(arguments.env);
}
napi_value ResetAccumulatedStats(Arguments& arguments) {
  Allocator().resetAccumulatedStats(IndexArgument(arguments, 0));
  return Undefined(arguments.env);
}
// memoryInfo(index): [free, total] in bytes.
napi_value MemoryInfo(Arguments& arguments) {
  const auto [free, total] = MemoryInfoOf(Allocator(), IndexArgument(arguments, 0));
  Napi::Array info = Napi::Array::New(arguments.env, 2);
  info[0u] = static_cast<double>(free);
  info[1u] = static_cast<double>(total);
  return info;
}

// Numbers under the names that Python's memory_stats gives them.
struct StatsObject {
  Napi::Object object;
  void Add(const std::string& name, int64_t number) { object[name] = static_cast<double>(number); }
  void Add(const std::string& name, const at::CachingAllocator::Stat& stat) {
    Add(name + ".current", stat.current);
    Add(name + ".peak", stat.peak);
    Add(name + ".allocated", stat.allocated);
    Add(name + ".freed", stat.freed);
  }
  void Add(const std::string& name, const at::CachingAllocator::StatArray& stats) {
    static constexpr const char* kPools[] = {".all", ".small_pool", ".large_pool"};
    for (size_t i = 0; i < std::size(kPools); i++) Add(name + kPools[i], stats[i]);
  }
  template <typename Times>
  void AddTimes(const std::string& name, const Times& times) {
    Add(name + ".total", times.total);
    Add(name + ".max", times.max);
    Add(name + ".min", times.min);
    Add(name + ".count", times.count);
    const auto count = static_cast<double>(times.count);
    object[name + ".avg"] = count == 0 ? 0.0 : static_cast<double>(times.total) / count;
  }
};

// deviceStats(index): { 'allocated_bytes.all.current': ... }
napi_value DeviceStats(Arguments& arguments) {
  const auto stats = Allocator().getDeviceStats(IndexArgument(arguments, 0));
  StatsObject result{Napi::Object::New(arguments.env)};
  result.Add("num_alloc_retries", stats.num_alloc_retries);
  result.Add("num_ooms", stats.num_ooms);
  result.Add("max_split_size", stats.max_split_size);
  result.Add("num_sync_all_streams", stats.num_sync_all_streams);
  result.Add("num_device_alloc", stats.num_device_alloc);
  result.Add("num_device_free", stats.num_device_free);
  result.Add("allocated_bytes", stats.allocated_bytes);
  result.Add("reserved_bytes", stats.reserved_bytes);
  result.Add("active_bytes", stats.active_bytes);
  result.Add("requested_bytes", stats.requested_bytes);
  result.Add("allocation", stats.allocation);
  result.Add("segment", stats.segment);
  result.Add("active", stats.active);
  result.Add("inactive_split", stats.inactive_split);
  result.Add("inactive_split_bytes", stats.inactive_split_bytes);
  result.Add("oversize_allocations", stats.oversize_allocations);
  result.Add("oversize_segments", stats.oversize_segments);
  return result.object;
}

// hostStats(): of page-locked memory.
napi_value HostStatsOf(Arguments& arguments) {
  StatsObject result{Napi::Object::New(arguments.env)};
  AddHostStats(result, HostMemory().get_stats());
  return result.object;
}
napi_value ResetHostPeakStats(Arguments& arguments) {
  HostMemory().reset_peak_stats();
  return Undefined(arguments.env);
}
napi_value ResetHostAccumulatedStats(Arguments& arguments) {
  HostMemory().reset_accumulated_stats();
  return Undefined(arguments.env);
}

}  // namespace

void DefineAccelerator(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"accelerator", Entry<Accelerator>},
          {"privateUse1", Entry<PrivateUse1>},
          {"deviceCount", Entry<DeviceCount>},
          {"currentDevice", Entry<CurrentDevice>},
          {"setDevice", Entry<SetDevice>},
          {"deviceCapability", Entry<DeviceCapability>},
          {"synchronize", Entry<Synchronize>},
          {"synchronized", Entry<Synchronized>},
          {"isAllocatorInitialized", Entry<IsAllocatorInitialized>},
          {"emptyCache", Entry<EmptyCache>},
          {"emptyHostCache", Entry<EmptyHostCache>},
          {"resetPeakStats", Entry<ResetPeakStats>},
          {"resetAccumulatedStats", Entry<ResetAccumulatedStats>},
          {"hostStats", Entry<HostStatsOf>},
          {"resetHostPeakStats", Entry<ResetHostPeakStats>},
          {"resetHostAccumulatedStats", Entry<ResetHostAccumulatedStats>},
          {"memoryInfo", Entry<MemoryInfo>},
          {"deviceStats", Entry<DeviceStats>}});
}

}  // namespace nodetorch
