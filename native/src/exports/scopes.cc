// What a scope of lib/native/scope.ts changes on this thread, and how it is put back.
//
// A scope goes back to the state before it, whatever became of scopes inside of it: a stack overflow may have
// kept one from leaving.
#include <ATen/core/grad_mode.h>
#include <ATen/functorch/DynamicLayer.h>
#include <c10/core/AutogradState.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include "capture/record.h"
#include "exports/constants.h"
#include "exports/modes.h"
#include "operators/vmap_decompositions.h"
#include "runtime/dispatch_modes.h"
#include "runtime/func_levels.h"
#include "runtime/function.h"
#include "runtime/saved_hooks.h"
#include "script/jvp_decompositions.h"

namespace nodetorch {

namespace {

using namespace at::functorch;
using torch::autograd::AnomalyMode;

// libtorch's guard also sets dispatch keys, so it is kept and not imitated. Innermost last.
thread_local std::vector<std::unique_ptr<c10::InferenceMode>> inference_guards;

bool TransformsAreSuspended() {
  return c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::FuncTorchDynamicLayerFrontMode);
}
void SuspendTransforms(bool suspended) {
  c10::impl::tls_set_dispatch_key_excluded(c10::DispatchKey::FuncTorchDynamicLayerFrontMode, suspended);
  c10::impl::tls_set_dispatch_key_excluded(c10::DispatchKey::FuncTorchDynamicLayerBackMode, suspended);
}

int64_t AnomalyFlags() {
  return (AnomalyMode::is_enabled() ? 2 : 0) | (AnomalyMode::should_check_nan() ? 1 : 0);
}

// Derivatives need graphs, which inference mode does not make: it is off at a level of grad or jvp, without a
// change of the gradient modes. For each level, how many guards there were around it.
thread_local std::vector<std::pair<size_t, size_t>> guards_around;  // level, guards

void SuspendInferenceMode() {
  if (!c10::InferenceMode::is_enabled()) return;
  const bool grad = at::GradMode::is_enabled();
  const bool forward_grad = c10::AutogradState::get_tls_state().get_fw_grad_mode();
  guards_around.emplace_back(getDynamicLayerStack().size(), inference_guards.size());
  inference_guards.push_back(std::make_unique<c10::InferenceMode>(false));
  at::GradMode::set_enabled(grad);
  c10::AutogradState::get_tls_state().set_fw_grad_mode(forward_grad);
}

// Before the innermost level goes.
void ResumeInferenceMode() {
  if (guards_around.empty() || guards_around.back().first != getDynamicLayerStack().size()) return;
  while (inference_guards.size() > guards_around.back().second) inference_guards.pop_back();
  guards_around.pop_back();
}

void SetGrad(Environment& environment, bool enabled) {
  at::GradMode::set_enabled(enabled);
  RecordModes(environment, "gradMode", enabled ? "true" : "false",
              [=] { at::GradMode::set_enabled(enabled); });
}

void EnterInference(Environment& environment, bool enabled) {
  const auto enter = [=] { inference_guards.push_back(std::make_unique<c10::InferenceMode>(enabled)); };
  enter();
  RecordModes(environment, "inferenceMode", enabled ? "true" : "false", enter);
}

// Of those that a recording repeats; of the others, a replay would leave out the change.
bool IsReplayed(Scope scope) {
  switch (scope) {
    case Scope::kGrad:
    case Scope::kInference:
    case Scope::kAutocast:
    case Scope::kVmap:
    case Scope::kGradLevel:
    case Scope::kInplaceRequiresGrad: return true;
    default: return false;
  }
}

// Levels that are off while what they call runs at the next one. Innermost last.
thread_local std::vector<DynamicLayer> lowered_levels;

void CloseLevels(int64_t count) {
  while (static_cast<int64_t>(getDynamicLayerStack().size()) > count) {
    ResumeInferenceMode();
    popDynamicLayerAndDeleteMetadata();
  }
}

// A level knows its place: those that a stack overflow left open above it go first.
void RaiseLevels(size_t count) {
  while (lowered_levels.size() > count) {
    DynamicLayer layer = lowered_levels.back();
    lowered_levels.pop_back();
    CloseLevels(layer.layerId() - 1);
    pushDynamicLayer(std::move(layer));
  }
}

// Dispatch keys as they were outside of scopes that exclude some. Innermost last.
thread_local std::vector<c10::impl::LocalDispatchKeySet> keys_outside;

// "Autograd" is all of its keys, and ADInplaceOrView.
void ExcludeKeys(const std::string& name) {
  keys_outside.push_back(c10::impl::tls_local_dispatch_key_set());
  c10::impl::LocalDispatchKeySet keys = keys_outside.back();
  keys.excluded_ = keys.excluded_ | (name == "Autograd" ? c10::autograd_dispatch_keyset_with_ADInplaceOrView
                                                        : c10::DispatchKeySet(c10::parseDispatchKey(name)));
  c10::impl::_force_tls_local_dispatch_key_set(keys);
}

void RestoreKeys(size_t count) {
  if (keys_outside.size() <= count) return;
  c10::impl::_force_tls_local_dispatch_key_set(keys_outside[count]);
  keys_outside.erase(keys_outside.begin() + count, keys_outside.end());
}

void EnterVmap(Environment& environment, int64_t size, const std::string& randomness) {
  const auto enter = [size, kind = RandomnessNamed(randomness)] {
    RegisterVmapDecompositions();
    initAndPushDynamicLayer(TransformType::Vmap, c10::SymInt(size), kind);
  };
  enter();
  RecordModes(environment, "vmap", std::to_string(size) + " " + randomness, enter);
}

void EnterGradLevel(Environment& environment) {
  const auto enter = [] {
    initAndPushDynamicLayer(TransformType::Grad, std::nullopt, std::nullopt, at::GradMode::is_enabled());
    SuspendInferenceMode();
  };
  enter();
  RecordModes(environment, "gradLevel", "", enter);
}

void AllowInplaceRequiresGrad(Environment& environment, bool allowed) {
  setInplaceRequiresGradAllowed(allowed);
  RecordModes(environment, "inplaceRequiresGrad", allowed ? "true" : "false",
              [=] { setInplaceRequiresGradAllowed(allowed); });
}

// enterScope(kind, ...): the state before.
int64_t Enter(Arguments& arguments, Scope scope) {
  Environment& environment = arguments.environment;
  auto& state = c10::AutogradState::get_tls_state();
  const auto depth = static_cast<int64_t>(getDynamicLayerStack().size());
  if (CaptureRecorder* recorder = environment.recorder();
      recorder && !recorder->is_live() && !IsReplayed(scope)) {
    recorder->Refuse(
        "transforms of torch.func other than vmap() and grad(), forward-mode derivatives, hooks on saved "
        "tensors "
        "and anomaly detection cannot be replayed");
  }
  switch (scope) {
    case Scope::kGrad: {
      const bool before = at::GradMode::is_enabled();
      SetGrad(environment, arguments.Bool(1));
      return before;
    }
    case Scope::kInference:
      EnterInference(environment, arguments.Bool(1));
      return static_cast<int64_t>(inference_guards.size()) - 1;
    case Scope::kAnomaly: {
      const int64_t before = AnomalyFlags();
      if (environment.anomaly_scopes++ == 0) environment.anomaly_outside = before;
      AnomalyMode::set_enabled(true, arguments.Bool(1));
      return (environment.anomaly_scopes - 1) << 2 | before;
    }
    case Scope::kForwardGrad: {
      const bool before = state.get_fw_grad_mode();
      state.set_fw_grad_mode(arguments.Bool(1));
      return before;
    }
    case Scope::kForwardLevel:
      RegisterJvpDecompositions();
      environment.forward_level().Open();
      return 0;
    case Scope::kSavedHooks: {
      const auto keep = [&](size_t i) { return std::make_shared<Persistent>(environment, arguments[i]); };
      SavedHooksOfThread().push_back({keep(1), keep(2)});
      return static_cast<int64_t>(SavedHooksOfThread().size()) - 1;
    }
    case Scope::kAutocast: return EnterAutocast(arguments);
    case Scope::kVmap:
      EnterVmap(environment, arguments.Int(1), ToString(arguments.env, arguments[2]));
      return depth;
    case Scope::kGradLevel: EnterGradLevel(environment); return depth;
    case Scope::kJvpLevel:
      initAndPushDynamicLayer(TransformType::Jvp, std::nullopt, std::nullopt, std::nullopt,
                              state.get_fw_grad_mode());
      SuspendInferenceMode();
      return depth;
    case Scope::kFunctionalize:
      initAndPushDynamicLayer(TransformType::Functionalize, std::nullopt, std::nullopt, std::nullopt,
                              std::nullopt, arguments.Bool(1));
      return depth;
    case Scope::kLowered:
      TORCH_CHECK(depth > 0, "there is no level of torch.func's transforms");
      lowered_levels.push_back(popDynamicLayer());
      return static_cast<int64_t>(lowered_levels.size()) - 1;
    case Scope::kDispatchMode: return EnterDispatchMode(environment, arguments[1]);
    case Scope::kExcludedKeys:
      ExcludeKeys(ToString(arguments.env, arguments[1]));
      return static_cast<int64_t>(keys_outside.size()) - 1;
    case Scope::kLegacyVmap: return OpenLegacyVmap();
    case Scope::kSuspended: {
      const bool before = TransformsAreSuspended();
      SuspendTransforms(arguments.Bool(1));
      return before;
    }
    case Scope::kInplaceRequiresGrad: {
      const bool before = getInplaceRequiresGradAllowed();
      AllowInplaceRequiresGrad(environment, arguments.Bool(1));
      return before;
    }
  }
  throw TypeProblem("no such scope");
}

template <typename List>
void Shorten(List& list, int64_t size) {
  while (static_cast<int64_t>(list.size()) > size) list.pop_back();
}

void Leave(Environment& environment, Scope scope, int64_t before) {
  switch (scope) {
    case Scope::kGrad: return SetGrad(environment, before);
    case Scope::kInference:
      if (static_cast<int64_t>(inference_guards.size()) > before) {
        RecordModes(environment, "inferenceMode", "left", [] { inference_guards.pop_back(); });
      }
      return Shorten(inference_guards, before);
    case Scope::kAnomaly:
      environment.anomaly_scopes = before >> 2;
      return AnomalyMode::set_enabled(before & 2, before & 1);
    case Scope::kForwardGrad: return c10::AutogradState::get_tls_state().set_fw_grad_mode(before);
    case Scope::kForwardLevel: return environment.forward_level().Close(&environment.pool());
    case Scope::kSavedHooks: return Shorten(SavedHooksOfThread(), before);
    case Scope::kAutocast:
      RecordModes(environment, "autocast", "left " + std::to_string(before), [=] { LeaveAutocast(before); });
      return LeaveAutocast(before);
    case Scope::kVmap:
    case Scope::kGradLevel:
    case Scope::kJvpLevel:
    case Scope::kFunctionalize:
      RecordModes(environment, "level", "left " + std::to_string(before), [=] { CloseLevels(before); });
      return CloseLevels(before);
    case Scope::kLowered: return RaiseLevels(before);
    case Scope::kDispatchMode: return LeaveDispatchModes(before);
    case Scope::kExcludedKeys: return RestoreKeys(before);
    case Scope::kLegacyVmap: return CloseLegacyVmaps(before);
    case Scope::kSuspended: return SuspendTransforms(before);
    case Scope::kInplaceRequiresGrad: return AllowInplaceRequiresGrad(environment, before);
  }
}

napi_value EnterScope(Arguments& arguments) {
  const int64_t before = Enter(arguments, static_cast<Scope>(arguments.Int(0)));
  return Napi::Number::New(arguments.env, static_cast<double>(before));
}

// leaveScope(kind, the state before)
napi_value LeaveScope(Arguments& arguments) {
  Leave(arguments.environment, static_cast<Scope>(arguments.Int(0)), arguments.Int(1));
  return Undefined(arguments.env);
}

napi_value IsGradEnabled(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, at::GradMode::is_enabled());
}
napi_value SetGradEnabled(Arguments& arguments) {
  SetGrad(arguments.environment, arguments.Bool(0));
  return Undefined(arguments.env);
}
napi_value IsInferenceMode(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, c10::InferenceMode::is_enabled());
}

// forwardLevel(): the number of the level that is open, or -1.
napi_value ForwardLevelOf(Arguments& arguments) {
  return Napi::Number::New(arguments.env, arguments.environment.forward_level().is_open() ? 0 : -1);
}

}  // namespace

ModesGuard::ModesGuard()
    : grad_(at::GradMode::is_enabled()),
      guards_(inference_guards.size()),
      levels_(FuncLevels()),
      cpu_(AutocastState(at::kCPU)),
      cuda_(AutocastState(at::kCUDA)),
      errors_(std::uncaught_exceptions()) {}

ModesGuard::~ModesGuard() {
  if (std::uncaught_exceptions() == errors_) return;
  CloseLevels(levels_);
  while (inference_guards.size() > guards_) inference_guards.pop_back();
  at::GradMode::set_enabled(grad_);
  LeaveAutocast(cuda_);
  LeaveAutocast(cpu_);
}

void DefineScopes(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"enterScope", Entry<EnterScope>},
          {"leaveScope", Entry<LeaveScope>},
          {"isGradEnabled", Entry<IsGradEnabled>},
          {"setGradEnabled", Entry<SetGradEnabled>},
          {"isInferenceMode", Entry<IsInferenceMode>},
          {"forwardLevel", Entry<ForwardLevelOf>}});
}

}  // namespace nodetorch
