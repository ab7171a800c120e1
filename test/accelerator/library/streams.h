// Queues of work of the pretend device. Each stream has a thread, from its first job on.
#pragma once
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace pretend {

constexpr c10::DeviceIndex kDevices = 2;
constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;

class Queue {
 public:
  // Any thread. What a job throws comes out of the next Wait.
  void Add(std::function<void()> job);
  // Waits for the jobs that were added before.
  void Wait();
  bool IsDone();

 private:
  void Run();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::exception_ptr error_;
  uint64_t added_ = 0, done_ = 0;
  bool started_ = false;
};

// Tests of a machine without a device say so by an environment variable.
c10::DeviceIndex DeviceCount();

// The current device and streams of this thread.
c10::DeviceIndex CurrentDevice();
void SetCurrentDevice(c10::DeviceIndex index);
c10::Stream CurrentStream(c10::DeviceIndex index);
c10::Stream ExchangeStream(const c10::Stream& stream);

c10::Stream NewStream(c10::DeviceIndex index);
Queue& QueueOf(const c10::Stream& stream);
inline Queue& CurrentQueue(c10::DeviceIndex index) { return QueueOf(CurrentStream(index)); }
void WaitForDevice(c10::DeviceIndex index);

// A message: the next wait for a device throws it, once.
void FailNextWait(std::string message);

// A mark that streams come to. The jobs that use it keep it.
struct Mark {
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t recorded = 0, reached = 0;
  double time = 0;  // in milliseconds, where timing is on
  bool is_timed = false;
  void Reach(uint64_t version);
  void WaitFor(uint64_t version);
};

}  // namespace pretend
