#include "runtime/awaited.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <chrono>
#include <utility>

#include "runtime/environment.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

class CollectedWarnings : public c10::WarningHandler {
 public:
  explicit CollectedWarnings(std::vector<c10::Warning>& all) : all_(all) {}
  void process(const c10::Warning& warning) override { all_.push_back(warning); }

 private:
  std::vector<c10::Warning>& all_;
};

bool IsInAutocast() {
  const bool is_in = at::autocast::increment_nesting() > 1;
  at::autocast::decrement_nesting();
  return is_in;
}

// The part of autocast's state that libtorch does not take to another thread.
class AutocastCache {
 public:
  AutocastCache(bool enabled, bool in_autocast)
      : before_(at::autocast::is_autocast_cache_enabled()), in_autocast_(in_autocast) {
    at::autocast::set_autocast_cache_enabled(enabled);
    if (in_autocast_) at::autocast::increment_nesting();
  }
  AutocastCache(const AutocastCache&) = delete;
  AutocastCache& operator=(const AutocastCache&) = delete;
  ~AutocastCache() {
    if (in_autocast_) at::autocast::decrement_nesting();
    at::autocast::set_autocast_cache_enabled(before_);
  }

 private:
  const bool before_, in_autocast_;
};

}  // namespace

AwaitedWork::AwaitedWork()
    : caches_casts_(at::autocast::is_autocast_cache_enabled()), in_autocast_(IsInAutocast()) {
  if (in_autocast_) uses_casts_.emplace();
  threads = at::get_num_threads();
}

void AwaitedWork::Perform() noexcept {
  CollectedWarnings held(warnings_);
  const c10::WarningUtils::WarningHandlerGuard with_warnings(&held);
  try {
    const at::ThreadLocalStateGuard in_modes(modes_);
    const AutocastCache with_cache(caches_casts_, in_autocast_);
    if (cancelled) throw Cancelled();
    Compute();
  } catch (...) {
    error_ = std::current_exception();
  }
  uses_casts_.reset();
}

void AwaitedWork::Finish() noexcept { awaited_->Post(shared_from_this()); }

bool AwaitedWork::CollectGarbage() {
  std::unique_lock<std::mutex> lock(mutex_);
  wants_collection_ = true;
  if (!awaited_->Post(shared_from_this())) return false;
  // Where the environment ends, nobody answers: it waits for this run, which it has cancelled.
  // By the system's clock: wait_for takes the steady one, which needs glibc 2.30.
  const auto soon = [] { return std::chrono::system_clock::now() + std::chrono::milliseconds(10); };
  while (wants_collection_ && !cancelled) collected_.wait_until(lock, soon());
  return !wants_collection_;
}

// On the JS thread, of a work that is not done yet.
bool AwaitedWork::CollectIfAsked(Environment& environment) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!wants_collection_) return false;
  environment.collector().CollectAll();
  wants_collection_ = false;
  collected_.notify_all();
  return true;
}

void AwaitedWork::Settle(Environment& environment) {
  napi_env env = environment.env();
  const Napi::HandleScope scope(env);
  napi_value result = nullptr;
  try {
    for (const c10::Warning& warning : warnings_) c10::WarningUtils::get_warning_handler()->process(warning);
    environment.EmitWarnings();
    if (error_) std::rethrow_exception(error_);
    result = Result(environment);
  } catch (...) {
    RaiseCurrent(env);
    napi_value thrown;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
      napi_reject_deferred(env, deferred_, thrown);
    return;
  }
  napi_resolve_deferred(env, deferred_, result);
}

void Awaited::Open() {
  napi_env env = environment_.env();
  napi_value name;
  Check(env, napi_create_string_utf8(env, "nodetorch", NAPI_AUTO_LENGTH, &name));
  Check(env, napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                             OnPosted, &posts_));
  Check(env, napi_unref_threadsafe_function(env, posts_));
  // Hooks run in the opposite order of theirs: this one before the function above is closed.
  Check(env, napi_add_env_cleanup_hook(env, [](void* self) { static_cast<Awaited*>(self)->End(); }, this));
}

napi_value Awaited::Start(std::shared_ptr<AwaitedWork> work) {
  napi_env env = environment_.env();
  TORCH_CHECK(!ended_, "the environment is ending");
  if (!posts_) Open();
  napi_value promise;
  Check(env, napi_create_promise(env, &work->deferred_, &promise));
  work->awaited_ = shared_from_this();
  work->owner = this;
  Pool::Get().Add(std::move(work));
  if (pending_++ == 0) napi_ref_threadsafe_function(env, posts_);
  return promise;
}

void Awaited::Cancel(AwaitedWork& work) {
  const auto taken_back = Pool::Get().Cancel(work);
  if (!taken_back) return;  // it runs, or has run
  work.error_ = std::make_exception_ptr(Cancelled());
  Post(work.shared_from_this());
}

void Awaited::End() {
  ended_ = true;
  Pool::Get().End(this);
}

bool Awaited::Post(std::shared_ptr<AwaitedWork> work) noexcept {
  auto* posted = new std::shared_ptr<AwaitedWork>(std::move(work));
  if (napi_call_threadsafe_function(posts_, posted, napi_tsfn_nonblocking) == napi_ok) return true;
  delete posted;
  return false;
}

void Awaited::OnPosted(napi_env env, napi_value, void* self, void* posted) {
  const std::unique_ptr<std::shared_ptr<AwaitedWork>> work(
      static_cast<std::shared_ptr<AwaitedWork>*>(posted));
  if (!env) return;  // the environment has ended
  auto* awaited = static_cast<Awaited*>(self);
  if ((*work)->CollectIfAsked(awaited->environment_)) return;
  (*work)->Settle(awaited->environment_);
  if (--awaited->pending_ == 0) napi_unref_threadsafe_function(env, awaited->posts_);
}

}  // namespace nodetorch
