#include "runtime/environment.h"

#include <torch/csrc/autograd/anomaly_mode.h>

#include <atomic>
#include <memory>
#include <utility>

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
  static std::atomic<uint32_t> next{1};
  recording_ = std::make_unique<CaptureRecorder>(next++);
  SetRecordingMode(RecordingMode::kMain);
}

std::unique_ptr<CaptureRecorder> Environment::EndRecording() {
  auto recording = std::move(recording_);
  SetRecordingMode(RecordingMode::kMain);
  return recording;
}

void Environment::SetRecordingMode(RecordingMode mode) {
  recording_mode_ = mode;
  const bool is_main = mode == RecordingMode::kMain, is_live = mode == RecordingMode::kLive;
  recorder_ = !recording_ ? nullptr : is_main ? recording_.get() : is_live ? &recording_->live() : nullptr;
  pool_.SetObserver(recorder_);
}

LiveScope::LiveScope(Environment& environment)
    : environment_(environment), before_(environment.recording_mode()) {
  CaptureRecorder* recorder = environment.paused_recorder();
  if (!recorder || before_ == RecordingMode::kApart) return;
  if (!recorder->has_live_calls()) {
    if (before_ != RecordingMode::kMain) return;
    recorder->Refuse("a hook or a Function of JavaScript runs in a backward pass, which is not replayed");
  }
  environment.SetRecordingMode(RecordingMode::kLive);
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
