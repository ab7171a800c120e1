#include <stdexcept>
#include <utility>

#include "distributed/guard.h"

#if NODETORCH_GLOO
namespace nodetorch {

namespace {

using FutureOfWork = c10::intrusive_ptr<c10::ivalue::Future>;

FutureOfWork FutureLike(c10d::Work& inner, bool blocks) {
  const c10::TypePtr type = blocks ? c10::TypePtr(c10::NoneType::get()) : inner.getFuture()->elementType();
  return c10::make_intrusive<c10::ivalue::Future>(type);
}

}  // namespace

GuardedWork::GuardedWork(std::shared_ptr<Guard> guard, WorkPtr inner, bool blocks)
    : Work(-1, inner->retrieveOpType()),
      guard_(std::move(guard)),
      inner_(std::move(inner)),
      blocks_(blocks),
      future_(FutureLike(*inner_, blocks)) {
  if (blocks_) guard_->transfers_++;
}

// A transfer that has not ended may be what gloo's thread is at.
GuardedWork::~GuardedWork() {
  if (!blocks_ || is_finished_) return;
  guard_->transfers_--;
  guard_->Dispose(std::move(inner_));
}

bool GuardedWork::Begin() {
  if (!blocks_ || has_begun_.exchange(true)) return false;
  guard_->Add(GuardedPtr::reclaim_copy(this));
  return !isCompleted();
}

void GuardedWork::Run(std::chrono::milliseconds timeout) {
  std::exception_ptr error;
  try {
    if (!inner_->wait(timeout)) error = std::make_exception_ptr(std::runtime_error("aborted"));
    const bool receives = opType_ == c10d::OpType::RECV || opType_ == c10d::OpType::RECVANYSOURCE;
    if (!error && receives) source_ = inner_->sourceRank();
    if (!error && !is_finished_.exchange(true)) guard_->transfers_--;
  } catch (...) {
    error = std::current_exception();
  }
  guard_->End(*this, error);
}

void GuardedWork::End(const std::exception_ptr& error, const c10::IValue& value) noexcept {
  try {
    if (error)
      future_->setError(error);
    else
      future_->markCompleted(value);
  } catch (...) {  // of a callback, which has no one to tell
  }
  finish(error);
}

bool GuardedWork::wait(std::chrono::milliseconds timeout) {
  if (Begin()) Run(timeout);
  return Work::wait(timeout);
}

void GuardedWork::abort() { inner_->abort(); }

int GuardedWork::sourceRank() const { return source_; }

FutureOfWork GuardedWork::getFuture() { return blocks_ ? Work::getFuture() : future_; }

}  // namespace nodetorch
#endif
