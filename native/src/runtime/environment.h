// What one load of the addon knows. Every environment of Node-API (main thread, worker, test file) has its
// own.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "runtime/collector.h"
#include "runtime/error.h"
#include "runtime/forward_level.h"
#include "runtime/handle.h"
#include "runtime/js_thread.h"
#include "runtime/persistent.h"
#include "runtime/realm.h"
#include "runtime/shared_buffers.h"
#include "runtime/warnings.h"

namespace nodetorch {

class Awaited;
class BusyMemory;
class CaptureRecorder;
struct LiveHost;

// kKernel: an operator's kernel runs, which may be JavaScript. kApart: a step of an optimizer or the like.
// kLive: what each replay calls anew.
enum class RecordingMode { kMain, kKernel, kApart, kLive };

class Environment {
 public:
  Environment(napi_env env, napi_env owner);
  ~Environment();

  static Environment& Of(napi_env env);

  napi_env env() const { return env_; }
  // Values that have a finalizer are made with this one. Node looks for a pending exception of a
  // finalizer's environment after it ran, and one of ours may be on its way while V8 collects: it
  // would be taken for the finalizer's and end the process. Nothing is ever thrown in this one.
  napi_env owner() const { return owner_; }
  HandlePool& pool() const { return pool_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  const std::shared_ptr<JsThread>& thread() const { return thread_; }
  Awaited& awaited() const { return *awaited_; }
  ForwardLevel& forward_level() { return forward_level_; }
  Realm& realm() { return realm_; }
  Collector& collector() { return collector_; }
  // Null unless torch.capture is recording, and then by the mode: the recording's own, that of what live
  // calls do, or none.
  CaptureRecorder* recorder() const { return recorder_; }
  void BeginRecording();
  std::unique_ptr<CaptureRecorder> EndRecording();  // null where there was none
  RecordingMode recording_mode() const { return recording_mode_; }
  void SetRecordingMode(RecordingMode mode);
  CaptureRecorder* paused_recorder() const { return recording_.get(); }
  // Makes live calls in a replay; null unless one runs.
  LiveHost* live_host = nullptr;
  // Null unless an awaited call of a captured function runs.
  const BusyMemory* busy() const { return busy_.get(); }
  void SetBusy(std::unique_ptr<const BusyMemory> busy);
  // Throws where such a call works on the memory of `tensor`, which is about to be read or changed.
  void CheckFree(const at::Tensor& tensor, bool is_change = false) const {
    if (busy_) CheckNotBusy(tensor, is_change);
  }
  TransferBuffer& transfer_buffer() { return transfer_buffer_; }
  ResultHeader& result_header() { return result_header_; }

  // Anomaly detection is libtorch's for the whole process: the scopes of it that are open here, and what
  // was set outside of them.
  int64_t anomaly_scopes = 0;
  int64_t anomaly_outside = 0;

  // The symbol of the property that holds an object's handle.
  napi_value HandleKey() const;

  // The safepoint of functions that make tensors: frees what is dead, and collects young garbage when much
  // native memory was made since the last time. Operators have it run before the object of their result is
  // made: a collection makes the objects that it meets old ones, and what those hold stays until V8 collects
  // them.
  void RunPendingWork();
  // Frees all that is dead, and lets go of the functions that only this led to, so that the next collection
  // finds them.
  void FreeAllPending();
  void Report(Outcome outcome, uint32_t value = 0) const {
    result_header_.Write(outcome, value, collector_.IsDue());
  }
  void EmitWarnings() const { nodetorch::EmitWarnings(realm_); }

 private:
  napi_env env_;
  napi_env owner_;
  HandlePool& pool_;
  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<JsThread> thread_;
  Realm realm_;
  Collector collector_;
  TransferBuffer transfer_buffer_;
  ResultHeader result_header_;
  ForwardLevel forward_level_;
  napi_ref handle_key_ = nullptr;
  std::shared_ptr<Awaited> awaited_;
  CaptureRecorder* recorder_ = nullptr;
  RecordingMode recording_mode_ = RecordingMode::kMain;
  std::unique_ptr<CaptureRecorder> recording_;
  void CheckNotBusy(const at::Tensor& tensor, bool is_change) const;
  std::unique_ptr<const BusyMemory> busy_;
};

// While it lives, an operator's kernel runs: nothing is recorded.
class RecordingPause {
 public:
  explicit RecordingPause(Environment& environment)
      : environment_(environment), before_(environment.recording_mode()), pauses_(environment.recorder()) {
    if (pauses_) environment_.SetRecordingMode(RecordingMode::kKernel);
  }
  ~RecordingPause() {
    if (pauses_) environment_.SetRecordingMode(before_);
  }
  RecordingPause(const RecordingPause&) = delete;
  RecordingPause& operator=(const RecordingPause&) = delete;

 private:
  Environment& environment_;
  const RecordingMode before_;
  const bool pauses_;
};

// While it lives, JavaScript runs that each replay calls anew: a live call, or what a backward pass calls.
class LiveScope {
 public:
  // Throws where the recording cannot have such calls.
  explicit LiveScope(Environment& environment);
  ~LiveScope() { environment_.SetRecordingMode(before_); }
  LiveScope(const LiveScope&) = delete;
  LiveScope& operator=(const LiveScope&) = delete;

 private:
  Environment& environment_;
  const RecordingMode before_;
};

}  // namespace nodetorch
