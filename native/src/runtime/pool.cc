#include "runtime/pool.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace nodetorch {

namespace {

// At the end of the process, before libtorch's own data: no thread may be in a kernel then.
struct AtExit {
  ~AtExit() { Pool::Get().EndAll(); }
};

}  // namespace

Pool& Pool::Get() {
  static Pool* pool = new Pool();
  static AtExit at_exit;
  return *pool;
}

Pool::Pool() : cores_(static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))) {}

int Pool::CoresOf(const Job& job) const { return std::clamp(job.threads, 1, cores_); }

bool Pool::MayBegin() const {
  if (closed_ || waiting_.empty()) return false;
  return running_.empty() || busy_cores_ + CoresOf(*waiting_.front()) <= cores_;
}

void Pool::LimitCores(int most) {
  const std::lock_guard<std::mutex> lock(mutex_);
  cores_ = std::clamp(most, 1, cores_);
}

void Pool::Add(std::shared_ptr<Job> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  waiting_.push_back(std::move(job));
  if (static_cast<size_t>(idle_) < waiting_.size() && threads_ < cores_) StartThread();
  changed_.notify_all();
}

void Pool::StartThread() {
  try {
    std::thread([this] { Work(); }).detach();
  } catch (...) {
    if (threads_ == 0) {
      waiting_.pop_back();
      throw;
    }
    return;  // the others do it
  }
  threads_++;
}

void Pool::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    idle_++;
    changed_.wait(lock, [this] { return MayBegin(); });
    idle_--;
    std::shared_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    const auto running = running_.insert(running_.end(), {job, job->owner});
    const int cores = CoresOf(*job);
    busy_cores_ += cores;
    lock.unlock();
    changed_.notify_all();  // the next may begin, too
    // libtorch has the number for each thread by itself.
    if (at::get_num_threads() != job->threads) at::set_num_threads(job->threads);
    job->Perform();
    job->Finish();
    lock.lock();
    busy_cores_ -= cores;
    running->job.reset();
    lock.unlock();
    job.reset();
    lock.lock();
    running_.erase(running);
    changed_.notify_all();
  }
}

std::shared_ptr<Pool::Job> Pool::Cancel(Job& job) {
  job.cancelled = true;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const std::shared_ptr<Job>& one) { return one.get() == &job; });
  if (found == waiting_.end()) return nullptr;
  std::shared_ptr<Job> mine = std::move(*found);
  waiting_.erase(found);
  changed_.notify_all();
  return mine;
}

// Of all environments where `owner` is null.
void Pool::CancelAndWait(const void* owner) {
  std::vector<std::shared_ptr<Job>> dropped;  // destroyed when the lock is gone
  std::unique_lock<std::mutex> lock(mutex_);
  const auto is_meant = [owner](const void* whose) { return owner == nullptr || whose == owner; };
  const auto kept =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [&](const std::shared_ptr<Job>& job) { return !is_meant(job->owner); });
  dropped.assign(kept, waiting_.end());
  waiting_.erase(kept, waiting_.end());
  for (const Running& running : running_) {
    if (running.job && is_meant(running.owner)) running.job->cancelled = true;
  }
  changed_.notify_all();
  changed_.wait(lock, [&] {
    return std::none_of(running_.begin(), running_.end(),
                        [&](const Running& running) { return is_meant(running.owner); });
  });
}

void Pool::EndAll() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  CancelAndWait(nullptr);
}

}  // namespace nodetorch
