// The parts of libtorch that are not operators: generators, threads, devices, versions.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/DefaultDtype.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "compat/libtorch.h"
#include "runtime/accelerator.h"
#include "runtime/function.h"
#include "runtime/pool.h"

namespace nodetorch {

namespace {

at::Generator GeneratorArgument(Arguments& arguments, size_t i) {
  const Slot* slot = FindSlot(arguments.environment, arguments[i]);
  const c10::IValue* value = slot ? slot->value() : nullptr;
  if (!value || !value->isGenerator()) throw TypeProblem("argument must be a Generator");
  return value->toGenerator();
}

uint64_t Seed(Arguments& arguments, size_t i) {
  bool lossless = false;
  uint64_t seed = 0;
  Check(arguments.env, napi_get_value_bigint_uint64(arguments.env, arguments[i], &seed, &lossless));
  return seed;
}

napi_value BigInt(Arguments& arguments, uint64_t number) { return Napi::BigInt::New(arguments.env, number); }

// manualSeed(seed): the default generators of the CPU and of every accelerator.
napi_value ManualSeed(Arguments& arguments) {
  const uint64_t seed = Seed(arguments, 0);
  auto seed_one = [&](const c10::Device& device) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(seed);
  };
  seed_one(at::kCPU);
  if (const auto accelerator = PresentAccelerator()) {
    const c10::DeviceIndex count = at::accelerator::deviceCount();
    for (c10::DeviceIndex i = 0; i < count; i++) seed_one(c10::Device(*accelerator, i));
  }
  return Undefined(arguments.env);
}

// defaultGenerator(device)
napi_value DefaultGenerator(Arguments& arguments) {
  const c10::Device device = DeviceArgument(arguments.environment, arguments[0], "device");
  return ToJs(arguments.environment, at::globalContext().defaultGenerator(device));
}

napi_value MakeGenerator(Arguments& arguments) {
  const c10::Device device = DeviceArgument(arguments.environment, arguments[0], "device");
  if (device.is_cpu()) {
    return ToJs(arguments.environment, at::make_generator<at::CPUGeneratorImpl>());
  }
  const auto& hooks = at::globalContext().getAcceleratorHooksInterface(device.type());
  // CUDA makes one for any number, and reads past its devices when it draws.
  TORCH_CHECK(device.index() < hooks.deviceCount(), "invalid device ordinal ",
              static_cast<int>(device.index()));
  return ToJs(arguments.environment, hooks.getNewGenerator(device.index()));
}

// Uses the generator that is the first argument, which other threads may draw from.
template <typename Use>
auto Locked(Arguments& arguments, Use use) {
  at::Generator generator = GeneratorArgument(arguments, 0);
  std::lock_guard<std::mutex> lock(generator.mutex());
  return use(generator);
}

napi_value GeneratorSetSeed(Arguments& arguments) {
  const uint64_t seed = Seed(arguments, 1);
  Locked(arguments, [&](at::Generator& generator) { generator.set_current_seed(seed); });
  return Undefined(arguments.env);
}
napi_value GeneratorInitialSeed(Arguments& arguments) {
  return BigInt(arguments,
                Locked(arguments, [](at::Generator& generator) { return generator.current_seed(); }));
}
napi_value GeneratorSeed(Arguments& arguments) {
  return BigInt(arguments, Locked(arguments, [](at::Generator& generator) { return generator.seed(); }));
}
napi_value GeneratorGetState(Arguments& arguments) {
  const auto get = [](at::Generator& generator) { return generator.get_state(); };
  return ToJs(arguments.environment, Locked(arguments, get));
}
napi_value GeneratorSetState(Arguments& arguments) {
  const at::Tensor state = arguments.Tensor(1, "state");
  Locked(arguments, [&](at::Generator& generator) { generator.set_state(state); });
  return Undefined(arguments.env);
}
napi_value GeneratorClone(Arguments& arguments) {
  const auto clone = [](at::Generator& generator) { return generator.clone(); };
  return ToJs(arguments.environment, Locked(arguments, clone));
}
// How far it has come, where its numbers are counted: on GPUs.
napi_value GeneratorOffset(Arguments& arguments) {
  return BigInt(arguments,
                Locked(arguments, [](at::Generator& generator) { return generator.get_offset(); }));
}
napi_value GeneratorSetOffset(Arguments& arguments) {
  const uint64_t offset = Seed(arguments, 1);
  Locked(arguments, [&](at::Generator& generator) { generator.set_offset(offset); });
  return Undefined(arguments.env);
}
// The state as a generator, which a graph may take while it is captured.
napi_value GeneratorGraphsafeState(Arguments& arguments) {
  const auto get = [](at::Generator& generator) { return generator.graphsafe_get_state(); };
  return ToJs(arguments.environment, Locked(arguments, get));
}
napi_value GeneratorSetGraphsafeState(Arguments& arguments) {
  const at::Generator state = GeneratorArgument(arguments, 1);
  Locked(arguments, [&](at::Generator& generator) { generator.graphsafe_set_state(state); });
  return Undefined(arguments.env);
}
napi_value GeneratorDevice(Arguments& arguments) {
  return Napi::String::New(arguments.env, GeneratorArgument(arguments, 0).device().str());
}

napi_value GetDefaultDtype(Arguments& arguments) {
  return Napi::Number::New(arguments.env, static_cast<int>(c10::get_default_dtype_as_scalartype()));
}
napi_value SetDefaultDtype(Arguments& arguments) {
  const at::ScalarType type =
      ScalarTypeArgument(arguments.environment, arguments[0], "setDefaultDtype(): dtype");
  TORCH_CHECK_TYPE(at::isFloatingType(type), "only floating-point types are supported as the default type");
  c10::set_default_dtype(c10::scalarTypeToTypeMeta(type));
  return Undefined(arguments.env);
}

std::atomic<bool> threads_are_decided{false};

napi_value GetNumThreads(Arguments& arguments) {
  return Napi::Number::New(arguments.env, at::get_num_threads());
}
napi_value SetNumThreads(Arguments& arguments) {
  const int64_t count = arguments.Int(0);
  if (count <= 0 || count > 65536) throw RangeProblem("setNumThreads expects a positive integer");
  threads_are_decided = true;
  at::set_num_threads(static_cast<int>(count));
  return Undefined(arguments.env);
}
// limitThreads(most): lowers libtorch's own number, and that of the cores for what is awaited. Only the first
// environment does so: the number is one for the process, and a worker thread that loads the library later
// must not undo what the user has set.
napi_value LimitThreads(Arguments& arguments) {
  const int64_t most = arguments.Int(0);
  Pool::Get().LimitCores(static_cast<int>(std::clamp<int64_t>(most, 1, 65536)));
  if (threads_are_decided.exchange(true) || most >= at::get_num_threads()) return Undefined(arguments.env);
  at::set_num_threads(static_cast<int>(most));
  return Undefined(arguments.env);
}
napi_value GetNumInteropThreads(Arguments& arguments) {
  return Napi::Number::New(arguments.env, at::get_num_interop_threads());
}
napi_value SetNumInteropThreads(Arguments& arguments) {
  const int64_t count = arguments.Int(0);
  if (count <= 0 || count > 65536) throw RangeProblem("setNumInteropThreads expects a positive integer");
  at::set_num_interop_threads(static_cast<int>(count));
  return Undefined(arguments.env);
}

// deterministic([enabled, warnOnly]): sets when given, and says what is set.
napi_value Deterministic(Arguments& arguments) {
  auto& context = at::globalContext();
  if (!arguments.IsNull(0)) {
    context.setDeterministicAlgorithms(arguments.Bool(0), arguments.Bool(1));
  }
  return Napi::Boolean::New(arguments.env, context.deterministicAlgorithms());
}

// Functions of the C library, as Python has them: V8's own differ in the last bit, pow for one pair in ten.
double Double(Arguments& arguments, size_t i) {
  double number = 0;
  Check(arguments.env, napi_get_value_double(arguments.env, arguments[i], &number));
  return number;
}

template <double (*F)(double)>
napi_value Math(Arguments& arguments) {
  return Napi::Number::New(arguments.env, F(Double(arguments, 0)));
}

napi_value Pow(Arguments& arguments) {
  return Napi::Number::New(arguments.env, std::pow(Double(arguments, 0), Double(arguments, 1)));
}

napi_value Versions(Arguments& arguments) {
  Napi::Object object = Napi::Object::New(arguments.env);
  object["libtorch"] = kCompiledAgainst;
  object["config"] = at::show_config();
  object["takesFolders"] = kTakesFolders;
  return object;
}

napi_value HasDevice(Arguments& arguments) {
  const std::string type = ToString(arguments.env, arguments[0]);
  auto& context = at::globalContext();
  bool has = false;
  if (type == "cuda") has = context.hasCUDA();
  if (type == "mps") has = context.hasMPS();
  if (type == c10::get_privateuse1_backend()) {
    has = PresentAccelerator() == at::kPrivateUse1 && at::accelerator::deviceCount() > 0;
  }
  return Napi::Boolean::New(arguments.env, has);
}

}  // namespace

void DefineRuntime(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"manualSeed", Entry<ManualSeed>},
          {"defaultGenerator", Entry<DefaultGenerator>},
          {"makeGenerator", Entry<MakeGenerator>},
          {"generatorSetSeed", Entry<GeneratorSetSeed>},
          {"generatorInitialSeed", Entry<GeneratorInitialSeed>},
          {"generatorSeed", Entry<GeneratorSeed>},
          {"generatorGetState", Entry<GeneratorGetState>},
          {"generatorSetState", Entry<GeneratorSetState>},
          {"generatorClone", Entry<GeneratorClone>},
          {"generatorOffset", Entry<GeneratorOffset>},
          {"generatorSetOffset", Entry<GeneratorSetOffset>},
          {"generatorGraphsafeState", Entry<GeneratorGraphsafeState>},
          {"generatorSetGraphsafeState", Entry<GeneratorSetGraphsafeState>},
          {"generatorDevice", Entry<GeneratorDevice>},
          {"getDefaultDtype", Entry<GetDefaultDtype>},
          {"setDefaultDtype", Entry<SetDefaultDtype>},
          {"getNumThreads", Entry<GetNumThreads>},
          {"setNumThreads", Entry<SetNumThreads>},
          {"limitThreads", Entry<LimitThreads>},
          {"getNumInteropThreads", Entry<GetNumInteropThreads>},
          {"setNumInteropThreads", Entry<SetNumInteropThreads>},
          {"deterministic", Entry<Deterministic>},
          {"pow", Entry<Pow>},
          {"cos", Entry<Math<std::cos>>},
          {"exp", Entry<Math<std::exp>>},
          {"log", Entry<Math<std::log>>},
          {"versions", Entry<Versions>},
          {"hasDevice", Entry<HasDevice>}});
}

}  // namespace nodetorch
