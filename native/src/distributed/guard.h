// What protects the process from gloo's own threads. Where a peer sends other bytes than are expected, since
// the ranks' tensors differ, gloo throws in the thread of its device, where nobody can catch it: C++ would
// end the process. Here that thread stops instead, for ever and with what it has locked. So what waits for it
// ends with an error, nothing calls gloo for that group again, and what belongs to it is never destroyed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "distributed/c10d.h"
#include "distributed/connections.h"
#include "distributed/peers.h"

#if NODETORCH_GLOO
#include <c10/util/intrusive_ptr.h>

namespace nodetorch {

class Guard;
using WorkPtr = c10::intrusive_ptr<c10d::Work>;

// A collective of a guarded group: ends with what gloo makes of it, or with the guard's error.
class GuardedWork : public c10d::Work {
 public:
  // `blocks`: it has no future, and ends when somebody has waited for it.
  GuardedWork(std::shared_ptr<Guard> guard, WorkPtr inner, bool blocks);
  ~GuardedWork() override;

  bool blocks() const { return blocks_; }
  Guard& guard() const { return *guard_; }
  const c10::intrusive_ptr<c10::ivalue::Future>& future() const { return future_; }
  // Whether this call is the one that is to wait, by Run().
  bool Begin();
  // Waits, on a thread that gloo may keep for ever.
  void Run(std::chrono::milliseconds timeout);
  // On any thread, when the guard no longer has it.
  void End(const std::exception_ptr& error, const c10::IValue& value) noexcept;

  bool wait(std::chrono::milliseconds timeout) override;
  void abort() override;
  int sourceRank() const override;
  std::vector<at::Tensor> result() override { return inner_->result(); }
  c10::intrusive_ptr<c10::ivalue::Future> getFuture() override;
  uint64_t getSequencenumber() const override { return inner_->getSequencenumber(); }

 private:
  friend class Guard;

  const std::shared_ptr<Guard> guard_;
  WorkPtr inner_;
  const bool blocks_;
  const c10::intrusive_ptr<c10::ivalue::Future> future_;
  std::atomic<bool> has_begun_{false}, is_finished_{false};
  std::atomic<int> source_{-1};
  // The guard's.
  bool is_listed_ = false;
  std::list<c10::intrusive_ptr<GuardedWork>>::iterator place_;
};

using GuardedPtr = c10::intrusive_ptr<GuardedWork>;

// Of one group.
class Guard : public std::enable_shared_from_this<Guard> {
 public:
  static std::shared_ptr<Guard> Of(std::shared_ptr<Peers> peers);
  explicit Guard(std::shared_ptr<Peers> peers) : peers_(std::move(peers)) {}

  // `make` makes a device of gloo's, whose thread is watched.
  using DevicePtr = std::shared_ptr<gloo::transport::Device>;
  DevicePtr Watch(const std::function<DevicePtr()>& make);
  void Keep(const c10::intrusive_ptr<c10d::ProcessGroupGloo>& gloo, std::vector<Connection> connections);

  // Throws where gloo's thread has stopped.
  void Check();
  // Ends it then with an error: at once, or later.
  void Add(const GuardedPtr& work);
  // Ends it, if nothing else has.
  void End(GuardedWork& work, const std::exception_ptr& error, const c10::IValue& value = {}) noexcept;
  // Runs `job` on a thread of the group's own, and waits: for what locks a connection at once.
  void Aside(const std::function<void()>& job);
  // Ends a transfer of gloo's there.
  void Dispose(WorkPtr inner);
  // Lets go of that thread.
  void Close();
  // Whether nobody waits for anything.
  bool IsIdle();
  // How many transfers have begun that have not ended, awaited or not.
  int transfers() const { return transfers_; }

  bool Watches(int thread);
  // On gloo's thread, with all that it has locked.
  void Stop(const std::string& message) noexcept;

 private:
  struct Kept {
    c10::weak_intrusive_ptr<c10d::ProcessGroupGloo> gloo;
    std::vector<Connection> connections;
  };
  std::vector<Connection> HoldForEver();
  void Post(std::function<void()> job);
  void RunJobs();

  const std::shared_ptr<Peers> peers_;
  std::mutex mutex_;  // of what follows. Nobody who has locked it calls gloo.
  std::condition_variable changed_;
  std::set<int> threads_;
  bool knows_threads_ = true;
  std::vector<Kept> kept_;
  std::exception_ptr stopped_;
  std::list<GuardedPtr> pending_;
  std::deque<std::function<void()>> jobs_;
  bool has_thread_ = false, is_closed_ = false;

  friend class GuardedWork;
  std::atomic<int> transfers_{0};
};

}  // namespace nodetorch
#endif
