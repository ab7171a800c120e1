// Switches of libtorch: precision of products, denormal numbers, warnings, the threads of a backward pass,
// its checks.
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <ATen/native/verbose_wrapper.h>
#include <c10/core/AutogradState.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include <optional>

#include "compat/libtorch.h"
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
constexpr auto kReduces = at::CuBLASReductionOption::AllowReducedPrecisionWithSplitK;
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
    NODETORCH_FLAG("mkldnn", userEnabledMkldnn, setUserEnabledMkldnn),
    NODETORCH_FLAG("mkldnnDeterministic", deterministicMkldnn, setDeterministicMkldnn),
    NODETORCH_FLAG("miopenImmediate", immediateMiopen, setImmediateMiopen),
    NODETORCH_FLAG("nnpack", userEnabledNNPACK, setUserEnabledNNPACK),
    NODETORCH_FLAG("cublasHalfAccumulation", allowFP16AccumulationCuBLAS, setAllowFP16AccumulationCuBLAS),
    NODETORCH_FLAG("reducedMathSdp", allowFP16BF16ReductionMathSDP, setAllowFP16BF16ReductionMathSDP),
    {"cublasFp16Reduction", [](const at::Context& c) { return c.allowFP16ReductionCuBLAS() == kReduces; },
     [](at::Context& c, bool enabled) { c.setAllowFP16ReductionCuBLAS(enabled); }},
    {"cublasBf16Reduction", [](const at::Context& c) { return c.allowBF16ReductionCuBLAS() == kReduces; },
     [](at::Context& c, bool enabled) { c.setAllowBF16ReductionCuBLAS(enabled); }},
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

// fp32Precision(backend, op, [precision]): sets when given, and says what is set.
napi_value Fp32Precision(Arguments& arguments) {
  auto& context = at::globalContext();
  const auto backend = at::str2backend(ToString(arguments.env, arguments[0]));
  const auto op = at::str2op(ToString(arguments.env, arguments[1]));
  if (!arguments.IsNull(2)) {
    context.setFloat32Precision(backend, op, at::str2precision(ToString(arguments.env, arguments[2])));
  }
  return Napi::String::New(arguments.env, at::precision2str(context.float32Precision(backend, op)));
}

// quantizedEngine([engine]): sets when given; [what is set, what there is], by PyTorch's numbers.
napi_value QuantizedEngine(Arguments& arguments) {
  auto& context = at::globalContext();
  if (!arguments.IsNull(0)) context.setQEngine(static_cast<at::QEngine>(arguments.Int(0)));
  Napi::Array engines = Napi::Array::New(arguments.env);
  uint32_t i = 0;
  for (const at::QEngine engine : at::Context::supportedQEngines()) engines[i++] = static_cast<int>(engine);
  Napi::Array result = Napi::Array::New(arguments.env, 2);
  result[0u] = static_cast<int>(context.qEngine());
  result[1u] = engines;
  return result;
}

// preferredLibrary(kind, [library]): of linear algebra or of products on GPUs. Sets when given, and says what
// is set, by libtorch's numbers.
napi_value PreferredLibrary(Arguments& arguments) {
  auto& context = at::globalContext();
  const bool is_linalg = ToString(arguments.env, arguments[0]) == "linalg";
  if (!arguments.IsNull(1)) {
    const auto library = static_cast<int8_t>(arguments.Int(1));
    is_linalg ? context.setLinalgPreferredBackend(static_cast<at::LinalgBackend>(library))
              : context.setBlasPreferredBackend(static_cast<at::BlasBackend>(library));
  }
  const int library = is_linalg ? static_cast<int>(context.linalgPreferredBackend())
                                : static_cast<int>(context.blasPreferredBackend());
  return Napi::Number::New(arguments.env, library);
}

// processorFeatures(): the instructions that kernels use, and which libraries this libtorch has.
napi_value ProcessorFeatures(Arguments& arguments) {
  Napi::Object result = Napi::Object::New(arguments.env);
  result["capability"] = at::get_cpu_capability();
  result["mkl"] = at::Context::hasMKL();
  result["mkldnn"] = at::Context::hasMKLDNN();
  result["openmp"] = at::Context::hasOpenMP();
  result["xnnpack"] = at::Context::isXNNPACKAvailable();
  result["kleidiai"] = at::Context::hasKleidiAI();
  result["mps"] = at::Context::hasMPS();
  result["cudnn"] = at::Context::hasCuDNN();
  result["cudnnVersion"] = at::Context::hasCuDNN() ? static_cast<double>(at::Context::versionCuDNN()) : 0.0;
  return result;
}

// setVerbose(library, level): whether it could be set.
napi_value SetVerbose(Arguments& arguments) {
  const auto level = static_cast<int>(arguments.Int(1));
  const bool is_mkl = ToString(arguments.env, arguments[0]) == "mkl";
  return Boolean(arguments, is_mkl ? torch::verbose::_mkl_set_verbose(level)
                                   : torch::verbose::_mkldnn_set_verbose(level));
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

// gradLayout([enforced]): sets when given, and says what was set before, on this thread.
napi_value EnforceGradLayout(Arguments& arguments) {
  std::optional<bool> enforced;
  if (!arguments.IsNull(0)) enforced = arguments.Bool(0);
  return Boolean(arguments, GradLayout(c10::AutogradState::get_tls_state(), enforced));
}

// setAnomaly(enabled, checkNan)
napi_value SetAnomaly(Arguments& arguments) {
  torch::autograd::AnomalyMode::set_enabled(arguments.Bool(0), arguments.Bool(1));
  return Undefined(arguments.env);
}
napi_value IsAnomalyEnabled(Arguments& arguments) {
  return Boolean(arguments, torch::autograd::AnomalyMode::is_enabled());
}

}  // namespace

void DefineSwitches(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"contextFlag", Entry<SetContextFlag>},
          {"float32MatmulPrecision", Entry<Float32MatmulPrecision>},
          {"fp32Precision", Entry<Fp32Precision>},
          {"quantizedEngine", Entry<QuantizedEngine>},
          {"preferredLibrary", Entry<PreferredLibrary>},
          {"processorFeatures", Entry<ProcessorFeatures>},
          {"setVerbose", Entry<SetVerbose>},
          {"setFlushDenormal", Entry<SetFlushDenormal>},
          {"warnAlways", Entry<WarnAlways>},
          {"backwardThreads", Entry<BackwardThreads>},
          {"gradLayout", Entry<EnforceGradLayout>},
          {"setAnomaly", Entry<SetAnomaly>},
          {"isAnomalyEnabled", Entry<IsAnomalyEnabled>}});
}

}  // namespace nodetorch
