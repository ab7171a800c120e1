// Threads of the process for work that JavaScript awaits.
//
//     auto job = std::make_shared<SomeJob>();        // job->threads: how many cores it computes on
//     Pool::Get().Add(job);                          // job->Perform() on another thread, then job->Finish()
//     Pool::Get().Cancel(*job);                      // if it has not begun, it never does
//
// Jobs begin in their order, as long as the cores that they compute on are no more than there are: one that
// uses all of them runs alone. So two awaited calls are never slower than one after the other, and each
// computes with as many threads as a plain call would, which gives the same bits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>

namespace nodetorch {

class Pool {
 public:
  struct Job {
    virtual ~Job() = default;
    virtual void Perform() noexcept = 0;  // on a thread of the pool; looks at `cancelled` now and then
    virtual void Finish() noexcept = 0;   // on the same thread, when the pool counts it no more
    const void* owner = nullptr;          // the environment that awaits it
    int threads = 1;
    std::atomic<bool> cancelled{false};
  };

  static Pool& Get();  // never destroyed: its threads sleep when the process ends

  // Of the machine's cores, at most so many are this process's.
  void LimitCores(int most);
  void Add(std::shared_ptr<Job> job);
  // Gives the job back where it had not begun: it will not be performed, nor finished.
  std::shared_ptr<Job> Cancel(Job& job);
  // Cancels the jobs of an environment and waits until none of them runs. Those that had not begun are
  // dropped.
  void End(const void* owner) { CancelAndWait(owner); }
  // The same with all jobs, at the end of the process. None begins any more.
  void EndAll();

 private:
  struct Running {
    std::shared_ptr<Job> job;  // null while it is being destroyed
    const void* owner;
  };

  Pool();
  void Work();
  void StartThread();
  bool MayBegin() const;
  int CoresOf(const Job& job) const;
  void CancelAndWait(const void* owner);

  std::mutex mutex_;  // of what follows
  int cores_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::list<Running> running_;
  int busy_cores_ = 0;
  int threads_ = 0;
  int idle_ = 0;
  bool closed_ = false;  // the process ends
};

}  // namespace nodetorch
