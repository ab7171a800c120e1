// Records what passes the border while a function runs, for torch.capture.
//
//     environment.BeginRecording();            // from now on: environment.recorder()
//     recorder.AddInput(x);
//     ... the function runs: operators and other native calls add themselves ...
//     Recording recording = recorder.Finish({y});
//
// A tensor that nothing recorded has made is held by identity: the recording uses that very tensor, with
// whatever values it has by then. What cannot be replayed is refused where it happens.
#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "capture/recording.h"
#include "operators/signature.h"
#include "runtime/handle.h"

namespace nodetorch {

// Whether the results of an operator are no tensors, but tell only of sizes, dtypes and the like, which are
// the same at each replay.
bool TellsOfMetadata(const std::string& name);

class CaptureRecorder : public HandleObserver {
 public:
  // `number`: of the recording. `owner`: see live().
  explicit CaptureRecorder(uint32_t number, CaptureRecorder* owner = nullptr)
      : number_(number), owner_(owner) {}

  void AddInput(const at::Tensor& tensor);
  // A tensor that is about to change what recordings are guarded by.
  void See(const at::Tensor& tensor) { ToOperand(tensor); }

  // Before an operator runs. Throws where a replay could not do the same.
  void Admit(const Signature& signature, const Values& arguments);
  // `arguments` as its kernel got them.
  void AddOperator(const Signature& signature, Values arguments, const Values& results);
  // Another native function. `detail` is what it was given beside tensors.
  void AddCall(const char* name, std::string detail, const Values& arguments, RecordedCall call,
               const Values& results);
  // The same, of what has a new tensor each time: the gradient of a tensor.
  void AddRead(const char* name, const Values& arguments, RecordedCall call, const at::Tensor& result);
  // A tensor that no replay changes, and that two recordings compare by its bits.
  at::Tensor Constant(const at::Tensor& tensor);
  void SetModes() { recording_.modes = Modes::Current(); }
  bool IsInModes() const { return recording_.modes == Modes::Current(); }
  // Something writes into the tensor, or into its gradient.
  void NoteChange(const at::Tensor& tensor);
  void NoteBackward() { has_backward_ = true; }
  void ChangesModes() { recording_.changes_modes = true; }

  // A number of a tensor was read for an argument. An overload that does not fit reads in vain.
  void NoteRead(bool is_read = true) { has_read_ = is_read; }

  size_t nodes() const { return recording_.nodes.size(); }
  // Refuses what comes once there are so many nodes: a second run finds the line of one.
  void StopAt(size_t nodes, std::string why) { stop_ = {nodes, std::move(why)}; }

  [[noreturn]] void Refuse(const std::string& what);
  const std::string& problem() const { return problem_; }

  // A call of JavaScript follows, which is done anew at each replay.
  void Cut() { segment_++; }

  // What live calls do, and what backward passes call in JavaScript: each replay runs it anew, and two
  // recordings compare it. It refuses nothing but tensors that a replay would not have; see live.cc.
  CaptureRecorder& live();
  bool is_live() const { return owner_ != nullptr; }
  bool has_live_calls() const { return has_live_calls_; }
  void AllowLiveCalls() { has_live_calls_ = true; }
  bool IsSlot(const at::Tensor& tensor) const {
    return tensor.defined() && slots_.count(tensor.unsafeGetTensorImpl()) > 0;
  }
  // JavaScript reads numbers of a tensor.
  void NoteNumbers() { recording_.reads_numbers = true; }
  void Made(Slot& slot) override;
  void Uses(const Slot& slot) override;

  Recording Finish(const std::vector<at::Tensor>& outputs);

 private:
  void AdmitLive(const Signature& signature, const Values& arguments);
  void RefuseRead(const std::string& name);
  Operand ToOperand(const c10::IValue& value);
  Operand TensorOperand(const at::Tensor& tensor);
  Destination ToDestination(const c10::IValue& result);
  int64_t Define(const at::Tensor& tensor);
  void Add(RecordedNode node, const Values& results);
  bool IsChanged(const at::Tensor& tensor) const;

  const uint32_t number_;
  CaptureRecorder* const owner_;
  std::unique_ptr<CaptureRecorder> live_;
  bool has_live_calls_ = false;
  Recording recording_;
  size_t segment_ = 0;
  std::string problem_;
  std::pair<size_t, std::string> stop_{SIZE_MAX, ""};
  bool has_read_ = false, has_backward_ = false;
  std::vector<at::Tensor> inputs_;
  std::unordered_set<const c10::StorageImpl*> changed_;
  std::unordered_map<const at::TensorImpl*, uint32_t> slots_;
  std::unordered_map<const at::TensorImpl*, bool> others_;  // that are no slots
  std::vector<at::Tensor> kept_;                            // so that no address is used twice
};

}  // namespace nodetorch
