#include "streams.h"

#include <c10/util/Exception.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace pretend {

namespace {

// Never destroyed: threads wait in them when the process ends.
struct Streams {
  std::mutex mutex;
  std::array<std::vector<std::unique_ptr<Queue>>, kDevices> queues;
  std::string failure;
};
Streams& All() {
  static Streams* all = [] {
    auto* made = new Streams;
    for (auto& queues : made->queues) queues.push_back(std::make_unique<Queue>());
    return made;
  }();
  return *all;
}

thread_local c10::DeviceIndex current_device = 0;
thread_local std::array<c10::StreamId, kDevices> current_streams{};

void ThrowInjected() {
  std::string message;
  {
    std::lock_guard lock(All().mutex);
    std::swap(message, All().failure);
  }
  if (!message.empty()) {
    throw c10::AcceleratorError({__func__, __FILE__, static_cast<uint32_t>(__LINE__)}, 719, message);
  }
}

c10::Device DeviceOf(c10::DeviceIndex index) { return c10::Device(kType, index); }

}  // namespace

void Queue::Add(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  added_++;
  if (!started_) std::thread(&Queue::Run, this).detach();
  started_ = true;
  changed_.notify_all();
}

void Queue::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return !jobs_.empty(); });
    {
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      try {
        job();
      } catch (...) {
        std::lock_guard again(mutex_);
        error_ = std::current_exception();
      }
    }  // what the job kept is let go before it counts as done
    lock.lock();
    done_++;
    changed_.notify_all();
  }
}

void Queue::Wait() {
  ThrowInjected();
  std::unique_lock lock(mutex_);
  const uint64_t all = added_;
  changed_.wait(lock, [&] { return done_ >= all; });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

bool Queue::IsDone() {
  std::lock_guard lock(mutex_);
  return done_ == added_;
}

c10::DeviceIndex DeviceCount() {
  static const bool is_none = std::getenv("NODETORCH_PRETEND_NONE") != nullptr;
  return is_none ? 0 : kDevices;
}

namespace {

void CheckIndex(c10::DeviceIndex index) {
  TORCH_CHECK(index >= 0 && index < DeviceCount(), "invalid device ordinal ", static_cast<int>(index), ": there are ",
              static_cast<int>(DeviceCount()));
}

}  // namespace

c10::DeviceIndex CurrentDevice() { return current_device; }
void SetCurrentDevice(c10::DeviceIndex index) {
  CheckIndex(index);
  current_device = index;
}

c10::Stream CurrentStream(c10::DeviceIndex index) {
  if (index < 0) index = current_device;
  CheckIndex(index);
  return c10::Stream(c10::Stream::UNSAFE, DeviceOf(index), current_streams.at(index));
}
c10::Stream ExchangeStream(const c10::Stream& stream) {
  const c10::Stream before = CurrentStream(stream.device_index());
  QueueOf(stream);
  current_streams.at(stream.device_index()) = stream.id();
  return before;
}

c10::Stream NewStream(c10::DeviceIndex index) {
  if (index < 0) index = current_device;
  CheckIndex(index);
  std::lock_guard lock(All().mutex);
  auto& queues = All().queues.at(index);
  queues.push_back(std::make_unique<Queue>());
  return c10::Stream(c10::Stream::UNSAFE, DeviceOf(index), static_cast<c10::StreamId>(queues.size() - 1));
}

Queue& QueueOf(const c10::Stream& stream) {
  TORCH_CHECK(stream.device_type() == kType, "no stream of this device: ", stream);
  CheckIndex(stream.device_index());
  std::lock_guard lock(All().mutex);
  auto& queues = All().queues.at(stream.device_index());
  TORCH_CHECK(stream.id() >= 0 && static_cast<size_t>(stream.id()) < queues.size(), "no stream ", stream.id());
  return *queues[stream.id()];
}

void WaitForDevice(c10::DeviceIndex index) {
  std::vector<Queue*> queues;
  {
    std::lock_guard lock(All().mutex);
    for (auto& queue : All().queues.at(index)) queues.push_back(queue.get());
  }
  for (Queue* queue : queues) queue->Wait();
}

void FailNextWait(std::string message) {
  std::lock_guard lock(All().mutex);
  All().failure = std::move(message);
}

void Mark::Reach(uint64_t version) {
  std::lock_guard lock(mutex);
  reached = std::max(reached, version);
  using Milliseconds = std::chrono::duration<double, std::milli>;
  time = Milliseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  changed.notify_all();
}
void Mark::WaitFor(uint64_t version) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return reached >= version; });
}

}  // namespace pretend
