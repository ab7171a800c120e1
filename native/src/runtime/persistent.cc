#include "runtime/persistent.h"

#include <c10/util/Exception.h>

#include "runtime/environment.h"
#include "runtime/error.h"

namespace nodetorch {

Environment& Mailbox::environment() {
  std::lock_guard<std::mutex> lock(mutex_);
  TORCH_CHECK(environment_, "a JavaScript callback belongs to a worker thread or context that has ended");
  return *environment_;
}

Environment* Mailbox::FindEnvironment() {
  std::lock_guard<std::mutex> lock(mutex_);
  return environment_;
}

void Mailbox::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  environment_ = nullptr;
  dropped_.clear();
}

void Mailbox::Drop(napi_ref reference) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (environment_ && reference) dropped_.push_back(reference);
}

void Mailbox::DeleteAllDropped(napi_env env) {
  std::vector<napi_ref> dropped;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    dropped.swap(dropped_);
  }
  for (napi_ref reference : dropped) napi_delete_reference(env, reference);
}

Persistent::Persistent(Environment& environment, napi_value value) : mailbox_(environment.mailbox()) {
  Check(environment.env(), napi_create_reference(environment.env(), value, 1, &reference_));
}

Persistent::~Persistent() { mailbox_->Drop(reference_); }

void Persistent::SetStrong(bool strong) {
  const Environment* environment = mailbox_->FindEnvironment();
  if (!environment) return;
  uint32_t count;
  Check(environment->env(),
        (strong ? napi_reference_ref : napi_reference_unref)(environment->env(), reference_, &count));
}

napi_value Persistent::Get() const {
  napi_value value;
  napi_env env = environment().env();
  Check(env, napi_get_reference_value(env, reference_, &value));
  return value;
}

}  // namespace nodetorch
