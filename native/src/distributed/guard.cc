#include "distributed/guard.h"

#if NODETORCH_GLOO
#include <cxxabi.h>
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <typeinfo>
#include <utility>

namespace nodetorch {

namespace {

// As gloo calls the thread of a device, since libtorch 2.13.
constexpr const char* kLoop = "gloo_tcp_loop";
// What the names of gloo's types begin with.
constexpr const char* kGloo = "N4gloo";
// In messages of what a connection throws, which has locked it.
constexpr const char* kOfConnection = "/transport/tcp/pair.cc";

struct Guards {
  std::mutex mutex;
  std::vector<std::weak_ptr<Guard>> all;
  std::terminate_handler before = nullptr;
  std::mutex devices;  // one is made after the other, so that a new thread is the new device's
};

Guards& AllGuards() {
  static Guards* guards = new Guards();  // never destroyed: gloo's threads go on while the process ends
  return *guards;
}

std::vector<std::shared_ptr<Guard>> Living() {
  Guards& guards = AllGuards();
  std::vector<std::shared_ptr<Guard>> living;
  const std::lock_guard<std::mutex> lock(guards.mutex);
  for (const auto& one : guards.all)
    if (auto guard = one.lock()) living.push_back(std::move(guard));
  return living;
}

std::string CurrentMessage() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown C++ exception";
  }
}

// On the thread that has thrown, which C++ has not unwound.
void OnTerminate() {
  char name[16] = "";
  prctl(PR_GET_NAME, name);
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type && std::strncmp(type->name(), kGloo, std::strlen(kGloo)) == 0 && std::strcmp(name, kLoop) == 0) {
    const std::string message = CurrentMessage();
    const int thread = static_cast<int>(syscall(SYS_gettid));
    for (const auto& guard : Living())
      if (guard->Watches(thread)) guard->Stop(message);
    for (;;) pause();
  }
  if (AllGuards().before) AllGuards().before();
  std::abort();
}

// The threads of all devices.
std::set<int> LoopThreads() {
  std::set<int> threads;
  DIR* folder = opendir("/proc/self/task");
  if (!folder) return threads;
  while (const dirent* entry = readdir(folder)) {
    std::ifstream file(std::string("/proc/self/task/") + entry->d_name + "/comm");
    std::string name;
    if (std::getline(file, name) && name == kLoop) threads.insert(std::atoi(entry->d_name));
  }
  closedir(folder);
  return threads;
}

// Calls this thread so meanwhile, and thereby those that it starts: gloo of before 2.13 gives its thread no
// name.
class Renamed {
 public:
  explicit Renamed(const char* name) {
    prctl(PR_GET_NAME, before_);
    prctl(PR_SET_NAME, name);
  }
  ~Renamed() { prctl(PR_SET_NAME, before_); }
  Renamed(const Renamed&) = delete;
  Renamed& operator=(const Renamed&) = delete;

 private:
  char before_[16] = "";
};

}  // namespace

std::shared_ptr<Guard> Guard::Of(std::shared_ptr<Peers> peers) {
  auto guard = std::make_shared<Guard>(std::move(peers));
  Guards& guards = AllGuards();
  const std::lock_guard<std::mutex> lock(guards.mutex);
  if (!guards.before) guards.before = std::set_terminate(OnTerminate);
  guards.all.erase(
      std::remove_if(guards.all.begin(), guards.all.end(), [](const auto& one) { return one.expired(); }),
      guards.all.end());
  guards.all.push_back(guard);
  return guard;
}

Guard::DevicePtr Guard::Watch(const std::function<DevicePtr()>& make) {
  const std::lock_guard<std::mutex> one_at_a_time(AllGuards().devices);
  const std::set<int> before = LoopThreads();
  const auto device = [&] {
    const Renamed renamed(kLoop);
    return make();
  }();
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t known = threads_.size();
  for (const int thread : LoopThreads())
    if (before.count(thread) == 0) threads_.insert(thread);
  if (threads_.size() == known) knows_threads_ = false;
  return device;
}

void Guard::Keep(const c10::intrusive_ptr<c10d::ProcessGroupGloo>& gloo,
                 std::vector<Connection> connections) {
  const std::lock_guard<std::mutex> lock(mutex_);
  kept_.push_back(Kept{c10::weak_intrusive_ptr<c10d::ProcessGroupGloo>(gloo), std::move(connections)});
}

// The connections of what is not destroyed now.
std::vector<Connection> Guard::HoldForEver() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Connection> connections;
  for (const Kept& kept : std::exchange(kept_, {})) {
    auto gloo = kept.gloo.lock();
    if (!gloo) continue;
    gloo.release();
    connections.insert(connections.end(), kept.connections.begin(), kept.connections.end());
  }
  return connections;
}

bool Guard::Watches(int thread) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !knows_threads_ || threads_.count(thread) > 0;
}

void Guard::Check() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) std::rethrow_exception(stopped_);
}

void Guard::Add(const GuardedPtr& work) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!stopped_) {
    work->place_ = pending_.insert(pending_.end(), work);
    work->is_listed_ = true;
    return;
  }
  const std::exception_ptr error = stopped_;
  lock.unlock();
  work->End(error, {});
}

void Guard::End(GuardedWork& work, const std::exception_ptr& error, const c10::IValue& value) noexcept {
  GuardedPtr kept;  // lets go of it behind the lock
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!std::exchange(work.is_listed_, false)) return;
    kept = std::move(*work.place_);
    pending_.erase(work.place_);
  }
  work.End(error, value);
}

void Guard::Stop(const std::string& message) noexcept {
  const std::vector<Connection> connections = HoldForEver();
  const bool is_connection = message.find(kOfConnection) != std::string::npos;
  const int sender = is_connection ? LockedPlace(connections) : -1;
  const auto error = std::make_exception_ptr(std::runtime_error(message + peers_->Stopped(message, sender)));
  std::list<GuardedPtr> pending;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return;
    stopped_ = error;
    for (const GuardedPtr& work : pending_) work->is_listed_ = false;
    pending.swap(pending_);
  }
  changed_.notify_all();
  for (const GuardedPtr& work : pending) {
    if (work->blocks()) work->abort();
    work->End(error, {});
  }
}

void Guard::Post(std::function<void()> job) {
  jobs_.push_back(std::move(job));
  if (!std::exchange(has_thread_, true))
    std::thread([self = shared_from_this()] { self->RunJobs(); }).detach();
  changed_.notify_all();
}

void Guard::RunJobs() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !jobs_.empty() || is_closed_; });
    if (jobs_.empty()) break;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
  has_thread_ = false;
}

void Guard::Aside(const std::function<void()>& job) {
  struct Done {
    bool is_done = false;
    std::exception_ptr error;
  };
  const auto done = std::make_shared<Done>();
  std::unique_lock<std::mutex> lock(mutex_);
  if (stopped_) std::rethrow_exception(stopped_);
  Post([self = shared_from_this(), job, done] {
    std::exception_ptr error;
    try {
      job();
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(self->mutex_);
    done->error = error;
    done->is_done = true;
    self->changed_.notify_all();
  });
  changed_.wait(lock, [&] { return done->is_done || stopped_; });
  if (!done->is_done) std::rethrow_exception(stopped_);
  if (done->error) std::rethrow_exception(done->error);
}

void Guard::Dispose(WorkPtr inner) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_)
    inner.release();
  else
    Post([inner = std::move(inner)]() mutable { inner.reset(); });
}

void Guard::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  is_closed_ = true;
  changed_.notify_all();
}

bool Guard::IsIdle() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return pending_.empty();
}

}  // namespace nodetorch
#endif
