// Switches of libtorch: precision of products, denormal numbers, warnings, the threads of a backward pass.
#include <ATen/Context.h>
#include <c10/core/AutogradState.h>
#include <c10/util/Exception.h>

#include <optional>

#include "runtime/function.h"

namespace nodetorch {

namespace {

napi_value Boolean(const Arguments& arguments, bool value) {
  return Napi::Boolean::New(arguments.env, value);
}

// float32MatmulPrecision([precision]): sets when given, and says what is set.
napi_value Float32MatmulPrecision(Arguments& arguments) {
  auto& context = at::globalContext();
  if (!arguments.IsNull(0)) context.setFloat32MatmulPrecision(ToString(arguments.env, arguments[0]));
  const auto precision = context.float32MatmulPrecision();
  const char* name = precision == at::Float32MatmulPrecision::HIGHEST ? "highest"
                     : precision == at::Float32MatmulPrecision::HIGH  ? "high"
                                                                      : "medium";
  return Napi::String::New(arguments.env, name);
}

struct ContextFlag {
  const char* name;
  bool (*get)(const at::Context&);
  void (*set)(at::Context&, bool);
};
#define NODETORCH_FLAG(name, getter, setter)              \
  {name, [](const at::Context& c) { return c.getter(); }, \
   [](at::Context& c, bool enabled) { c.setter(enabled); }}
const ContextFlag kContextFlags[] = {
    NODETORCH_FLAG("cudnn", userEnabledCuDNN, setUserEnabledCuDNN),
    NODETORCH_FLAG("cudnnBenchmark", benchmarkCuDNN, setBenchmarkCuDNN),
    NODETORCH_FLAG("cudnnDeterministic", deterministicCuDNN, setDeterministicCuDNN),
    NODETORCH_FLAG("cudnnTf32", allowTF32CuDNN, setAllowTF32CuDNN),
    NODETORCH_FLAG("cublasTf32", allowTF32CuBLAS, setAllowTF32CuBLAS),
    NODETORCH_FLAG("flashSdp", userEnabledFlashSDP, setSDPUseFlash),
    NODETORCH_FLAG("memEfficientSdp", userEnabledMemEfficientSDP, setSDPUseMemEfficient),
    NODETORCH_FLAG("mathSdp", userEnabledMathSDP, setSDPUseMath),
    NODETORCH_FLAG("cudnnSdp", userEnabledCuDNNSDP, setSDPUseCuDNN),
    NODETORCH_FLAG("reducedMathSdp", allowFP16BF16ReductionMathSDP, setAllowFP16BF16ReductionMathSDP),
};
#undef NODETORCH_FLAG

// contextFlag(name, [enabled]): sets when given, and says what is set.
napi_value SetContextFlag(Arguments& arguments) {
  const std::string name = ToString(arguments.env, arguments[0]);
  for (const ContextFlag& flag : kContextFlags) {
    if (name != flag.name) continue;
    if (!arguments.IsNull(1)) flag.set(at::globalContext(), arguments.Bool(1));
    return Boolean(arguments, flag.get(at::globalContext()));
  }
  throw TypeProblem("no such flag: " + name);
}

// setFlushDenormal(flush): whether this processor can. On this thread.
napi_value SetFlushDenormal(Arguments& arguments) {
  return Boolean(arguments, at::globalContext().setFlushDenormal(arguments.Bool(0)));
}

// warnAlways([always]): sets when given, and says what is set.
napi_value WarnAlways(Arguments& arguments) {
  if (!arguments.IsNull(0)) c10::WarningUtils::set_warnAlways(arguments.Bool(0));
  return Boolean(arguments, c10::WarningUtils::get_warnAlways());
}

// backwardThreads([enabled]): sets when given, and says what was set before, on this thread.
napi_value BackwardThreads(Arguments& arguments) {
  auto& state = c10::AutogradState::get_tls_state();
  const bool before = state.get_multithreading_enabled();
  if (!arguments.IsNull(0)) state.set_multithreading_enabled(arguments.Bool(0));
  return Boolean(arguments, before);
}

// libtorch 2.11 has no such switch.
template <typename State>
bool GradLayout(State& state, std::optional<bool> enforced) {
  if constexpr (requires { state.get_grad_layout_enforcement_enabled(); }) {
    const bool before = state.get_grad_layout_enforcement_enabled();
    if (enforced) state.set_grad_layout_enforcement_enabled(*enforced);
    return before;
  }
  return true;
}

// gradLayout([enforced]): sets when given, and says what was set before, on this thread.
napi_value EnforceGradLayout(Arguments& arguments) {
  std::optional<bool> enforced;
  if (!arguments.IsNull(0)) enforced = arguments.Bool(0);
  return Boolean(arguments, GradLayout(c10::AutogradState::get_tls_state(), enforced));
}

}  // namespace

void DefineSwitches(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"contextFlag", Entry<SetContextFlag>},
          {"float32MatmulPrecision", Entry<Float32MatmulPrecision>},
          {"setFlushDenormal", Entry<SetFlushDenormal>},
          {"warnAlways", Entry<WarnAlways>},
          {"backwardThreads", Entry<BackwardThreads>},
          {"gradLayout", Entry<EnforceGradLayout>}});
}

}  // namespace nodetorch
