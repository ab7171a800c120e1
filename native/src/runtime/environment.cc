#include "runtime/environment.h"

#include <c10/util/Exception.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include <algorithm>

#include "runtime/cpu_cache.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

constexpr int64_t kCollectAfterLeast = 8 << 20;
constexpr int64_t kCollectAfterMost = 256 << 20;

// libtorch's warnings of this thread, until the call that raised them returns to JavaScript.
class Warnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    if (messages.size() < 100) messages.push_back(warning.msg());
  }
  std::vector<std::string> messages;
};
thread_local Warnings warnings;

}  // namespace

Environment::Environment(napi_env env, napi_env owner)
    : env_(env),
      owner_(owner),
      pool_(HandlePool::ForThisThread()),
      mailbox_(std::make_shared<Mailbox>()),
      thread_(JsThread::Current()),
      collect_after_(kCollectAfterLeast) {
  HandlePool::Enter();
  mailbox_->environment = this;
  c10::WarningUtils::set_warning_handler(&warnings);
  napi_value key;
  Check(env, node_api_symbol_for(env, "nodetorch.handle", NAPI_AUTO_LENGTH, &key));
  Check(env, napi_create_reference(env, key, 1, &handle_key_));
}

Environment::~Environment() {
  {
    std::lock_guard<std::mutex> lock(mailbox_->mutex);
    mailbox_->environment = nullptr;
    mailbox_->dead.clear();  // the environment takes its references with it
  }
  // What is the process's, and a thread that is stopped leaves set.
  forward_level_.Close(pool_);
  if (anomaly_scopes > 0) {
    torch::autograd::AnomalyMode::set_enabled(anomaly_outside & 2, anomaly_outside & 1);
  }
  HandlePool::Leave();
}

Environment& Environment::Of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Environment*>(data);
}

napi_value Environment::HandleKey() const {
  napi_value key;
  Check(env_, napi_get_reference_value(env_, handle_key_, &key));
  return key;
}

void Environment::SetExchange(napi_value array) {
  void* data = nullptr;
  Check(env_, napi_get_typedarray_info(env_, array, nullptr, &exchange_length_, &data, nullptr, nullptr));
  exchange_ = static_cast<double*>(data);
}

void Environment::SetOutcome(napi_value array) {
  void* data = nullptr;
  size_t length = 0;
  Check(env_, napi_get_typedarray_info(env_, array, nullptr, &length, &data, nullptr, nullptr));
  TORCH_CHECK(length == 3 + kMostSeveral, "outcome: an Int32Array of ", 3 + kMostSeveral);
  outcome_ = static_cast<int32_t*>(data);
}

void Environment::LeaveSizes(at::IntArrayRef sizes) const {
  TORCH_CHECK(sizes.size() <= exchange_length_, "a tensor of ", sizes.size(), " dimensions");
  std::copy(sizes.begin(), sizes.end(), exchange_);
}

void Environment::Tend() {
  pool_.Bury();
  if (!mailbox_->dead.empty()) {  // a stale read only delays the deletion
    std::vector<napi_ref> dead;
    {
      std::lock_guard<std::mutex> lock(mailbox_->mutex);
      dead.swap(mailbox_->dead);
    }
    for (napi_ref reference : dead) napi_delete_reference(env_, reference);
  }
  if (!CollectionIsDue() || !collect) return;

  napi_value function = nullptr, undefined, full;
  napi_get_reference_value(env_, collect, &function);
  if (!function) return;
  napi_get_undefined(env_, &undefined);
  napi_get_boolean(env_, false, &full);
  pool_.freed_since_collection = 0;
  const int64_t made = pool_.made_since_collection;
  Check(env_, napi_call_function(env_, undefined, function, 1, &full, nullptr));
  // A collection that frees little is not worth its time: wait longer for the next one.
  const int64_t freed = pool_.freed_since_collection;
  if (freed * 4 < made) collect_after_ = std::min(collect_after_ * 2, kCollectAfterMost);
  if (freed * 2 > made) collect_after_ = std::max(collect_after_ / 2, kCollectAfterLeast);
  pool_.made_since_collection = 0;
  // What is dead already must not make V8 collect all.
  if (const int64_t delta = pool_.TakeExternalDelta(); delta != 0) {
    int64_t total;
    napi_adjust_external_memory(env_, delta, &total);
  }
}

void Environment::CollectAll() {
  if (!collect) return;
  napi_value function = nullptr, undefined, full;
  napi_get_reference_value(env_, collect, &function);
  if (!function) return;
  napi_get_undefined(env_, &undefined);
  napi_get_boolean(env_, true, &full);
  Check(env_, napi_call_function(env_, undefined, function, 1, &full, nullptr));
  pool_.made_since_collection = 0;
  pool_.BuryAll();
  EmptyCpuCache();
}

at::Tensor Environment::Allocate(const std::function<at::Tensor()>& allocate) {
  try {
    return allocate();
  } catch (...) {
    if (!CurrentIsOutOfMemory()) throw;
  }
  CollectAll();
  return allocate();
}

void Environment::EmitWarnings() {
  if (warnings.messages.empty() || !warn) return;
  std::vector<std::string> messages;
  messages.swap(warnings.messages);
  napi_value function = nullptr, undefined;
  napi_get_reference_value(env_, warn, &function);
  if (!function) return;
  napi_get_undefined(env_, &undefined);
  for (const std::string& message : messages) {
    napi_value text;
    napi_create_string_utf8(env_, message.data(), message.size(), &text);
    napi_call_function(env_, undefined, function, 1, &text, nullptr);
  }
}

Persistent::Persistent(Environment& environment, napi_value value) : mailbox_(environment.mailbox()) {
  Check(environment.env(), napi_create_reference(environment.env(), value, 1, &reference_));
}

Persistent::~Persistent() {
  std::lock_guard<std::mutex> lock(mailbox_->mutex);
  if (mailbox_->environment && reference_) mailbox_->dead.push_back(reference_);
}

napi_value Persistent::Get() const {
  napi_value value;
  Check(environment().env(), napi_get_reference_value(environment().env(), reference_, &value));
  return value;
}

Environment& Persistent::environment() const {
  std::lock_guard<std::mutex> lock(mailbox_->mutex);
  TORCH_CHECK(mailbox_->environment,
              "a JavaScript callback belongs to a worker thread or context that has ended");
  return *mailbox_->environment;
}

void ThrowPending(napi_env env) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) return;
  napi_value thrown;
  napi_get_and_clear_last_exception(env, &thrown);
  throw JsException(std::make_shared<Persistent>(Environment::Of(env), thrown));
}

void Check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  ThrowPending(env);
  Fail(env);
}

void Fail(napi_env env) {
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw TypeProblem(std::string("Node-API: ") +
                    (info && info->error_message ? info->error_message : "failed"));
}

}  // namespace nodetorch
