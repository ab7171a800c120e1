// Waiting for a collective that has begun.
#include <stdexcept>
#include <utility>

#include "distributed/group.h"

#if NODETORCH_GLOO
namespace nodetorch {

void WorkState::Throw(const std::exception_ptr& error) const { ThrowNamed(what, *group->peers, error); }

namespace {

using std::chrono::milliseconds;

struct AwaitedCollective : Task {
  std::shared_ptr<WorkState> state;
};

// A send or recv, which has no future: a thread waits.
struct AwaitedTransfer : BlockingTask {
  void Compute(const Stop&) override { work->Run(timeout); }
  void Interrupt() noexcept override {
    try {
      work->abort();
    } catch (...) {
    }
  }
  GuardedPtr work;
  milliseconds timeout{0};
};

GuardedWork* Guarded(const WorkState& state) { return dynamic_cast<GuardedWork*>(state.work.get()); }

// Whether there is a thread that waits for it, and for no longer than `timeout`.
bool HasBegun(Environment& environment, GuardedWork& work, milliseconds timeout) {
  if (!work.Begin()) return false;
  auto task = std::make_shared<AwaitedTransfer>();
  task->work = GuardedPtr::reclaim_copy(&work);
  task->timeout = timeout;
  Promises::Of(environment)->Start(std::move(task));
  return true;
}

const std::shared_ptr<WorkState>& WorkAt(Arguments& arguments, size_t i) {
  return HandleAt<WorkHandle>(arguments, i, "a work").state;
}

// workDone(work): a promise
napi_value WorkDone(Arguments& arguments) { return PromiseOf(arguments.environment, WorkAt(arguments, 0)); }

// workWait(work, timeout): blocks this thread, as Python does. 0 waits as long as the group's timeout.
napi_value WorkWait(Arguments& arguments) {
  const std::shared_ptr<WorkState> state = WorkAt(arguments, 0);
  milliseconds timeout = MillisecondsAt(arguments, 1);
  bool is_done = false;
  try {
    // Not on this thread: where gloo's own has stopped, it might not come back.
    if (HasBegun(arguments.environment, *Guarded(*state), timeout)) timeout = milliseconds(0);
    is_done = state->work->wait(timeout);
  } catch (const std::exception&) {
    state->Throw(std::current_exception());
  }
  return Napi::Boolean::New(arguments.env, is_done);
}

// workIsCompleted(work)
napi_value WorkIsCompleted(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, WorkAt(arguments, 0)->work->isCompleted());
}

// workSource(work): the rank that a recv which is done has got its tensor from; -1 of another work.
napi_value WorkSource(Arguments& arguments) {
  return Napi::Number::New(arguments.env, WorkAt(arguments, 0)->work->sourceRank());
}

}  // namespace

napi_value PromiseOf(Environment& environment, const std::shared_ptr<WorkState>& state) {
  const auto promises = Promises::Of(environment);
  auto task = std::make_shared<AwaitedCollective>();
  task->state = state;
  GuardedWork& work = *Guarded(*state);
  HasBegun(environment, work, milliseconds(0));
  const napi_value promise = promises->Open(*task);
  work.future()->addCallback([task, promises](c10::ivalue::Future& done) {
    // Here, since it asks the other ranks.
    try {
      if (done.hasError()) task->state->Throw(done.exception_ptr());
    } catch (...) {
      task->error = std::current_exception();
    }
    promises->Settle(task);
  });
  return promise;
}

WorkPtr WorkOf(Arguments& arguments, size_t i) { return WorkAt(arguments, i)->work; }

WorkPtr WorkIn(Environment& environment, napi_value value) {
  Slot* slot = FindHandle(environment, value);
  const auto* handle = slot ? dynamic_cast<WorkHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("A communication hook must return the Work of a collective, or a promise");
  return handle->state->work;
}

void DefineWaits(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"workDone", Entry<WorkDone>},
          {"workWait", Entry<WorkWait>},
          {"workIsCompleted", Entry<WorkIsCompleted>},
          {"workSource", Entry<WorkSource>}});
}

}  // namespace nodetorch
#endif
