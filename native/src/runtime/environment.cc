#include "runtime/environment.h"

#include <torch/csrc/autograd/anomaly_mode.h>

#include "capture/busy.h"
#include "capture/recorder.h"
#include "runtime/awaited.h"

namespace nodetorch {

Environment::Environment(napi_env env, napi_env owner)
    : env_(env),
      owner_(owner),
      pool_(HandlePool::ForThisThread()),
      mailbox_(std::make_shared<Mailbox>(this)),
      thread_(JsThread::Current()),
      realm_(env),
      collector_(env, realm_, pool_),
      awaited_(std::make_shared<Awaited>(*this)) {
  HandlePool::Enter();
  HoldWarnings();
  napi_value key;
  Check(env, node_api_symbol_for(env, kHandleSymbol, NAPI_AUTO_LENGTH, &key));
  Check(env, napi_create_reference(env, key, 1, &handle_key_));
}

Environment::~Environment() {
  mailbox_->Close();
  // These settings outlive this environment, and a thread that is stopped may not have put them back.
  forward_level_.Close(&pool_);
  if (anomaly_scopes > 0) {
    torch::autograd::AnomalyMode::set_enabled(anomaly_outside & 2, anomaly_outside & 1);
  }
  HandlePool::Leave();
}

void Environment::BeginRecording() {
  recording_ = std::make_unique<CaptureRecorder>();
  recorder_ = recording_.get();
}

std::unique_ptr<CaptureRecorder> Environment::EndRecording() {
  recorder_ = nullptr;
  return std::move(recording_);
}

void Environment::SetBusy(std::unique_ptr<const BusyMemory> busy) { busy_ = std::move(busy); }

void Environment::CheckNotBusy(const at::Tensor& tensor, bool is_change) const {
  busy_->Check(tensor, is_change);
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

void Environment::RunPendingWork() {
  pool_.FreePending();
  pool_.functions().LookSometimes();
  mailbox_->DeleteDropped(env_);
  if (collector_.IsDue()) collector_.CollectYoung();
}

void Environment::FreeAllPending() {
  pool_.FreeAllPending();
  pool_.functions().Look();
  mailbox_->DeleteDropped(env_);
}

}  // namespace nodetorch
