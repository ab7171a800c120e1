// Models that AOTInductor has compiled: machine code. Nothing is checked here that lib/inductor has not
// checked before: inputs that do not fit end the process, or are read beyond their end.
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/awaited.h"
#include "runtime/function.h"
#include "runtime/leave_thread.h"

namespace nodetorch {

namespace {

using Loader = torch::inductor::AOTIModelPackageLoader;
using Tensors = std::vector<at::Tensor>;

struct InductorHandle : Held {
  explicit InductorHandle(std::shared_ptr<Loader> loader) : loader(std::move(loader)) {}
  const std::shared_ptr<Loader> loader;
};

const std::shared_ptr<Loader>& LoaderArgument(Arguments& arguments, size_t i) {
  Slot* slot = FindHandle(arguments.environment, arguments[i]);
  auto* handle = slot ? dynamic_cast<InductorHandle*>(slot->other) : nullptr;
  if (!handle) throw TypeProblem("argument must be a compiled model");
  return handle->loader;
}

Tensors InputsArgument(Arguments& arguments, size_t i) {
  Tensors tensors;
  const auto array = arguments.Value(i).As<Napi::Array>();
  for (uint32_t k = 0; k < array.Length(); k++) {
    tensors.push_back(TensorArgument(arguments.environment, array.Get(k), "input"));
  }
  return tensors;
}

// The compiled code asks for the variable once, when it first runs. JavaScript's process.env is not the
// process's in a worker.
void HaveInputsChecked() {
#ifdef _WIN32
  _putenv_s("AOTI_RUNTIME_CHECK_INPUTS", "1");
#else
  setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", /*overwrite=*/1);
#endif
}

// inductorLoad(folder or file, name of the model, how many runs at the same time, index of the device)
napi_value InductorLoad(Arguments& arguments) {
  HaveInputsChecked();
  auto loader =
      std::make_shared<Loader>(ToString(arguments.env, arguments[0]), ToString(arguments.env, arguments[1]),
                               /*run_single_threaded=*/false, static_cast<size_t>(arguments.Int(2)),
                               static_cast<c10::DeviceIndex>(arguments.Int(3)));
  return ToJs(arguments.environment, new InductorHandle(std::move(loader)), kHandleBytes);
}

// inductorRun(model, inputs): the outputs.
napi_value InductorRun(Arguments& arguments) {
  arguments.environment.RunPendingWork();
  const std::shared_ptr<Loader> loader = LoaderArgument(arguments, 0);
  return ToJs(arguments.environment, loader->run(InputsArgument(arguments, 1)));
}

struct InductorWork : AwaitedWork {
  InductorWork(std::shared_ptr<Loader> loader, Tensors inputs)
      : loader(std::move(loader)), tensors(std::move(inputs)) {}
  void Compute() override { tensors = loader->run(tensors); }
  napi_value Result(Environment& environment) override { return ToJs(environment, tensors); }

  const std::shared_ptr<Loader> loader;
  Tensors tensors;  // inputs, then outputs
};

// inductorRunAsync(model, inputs): a promise of the outputs.
napi_value InductorRunAsync(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  CheckMayLeaveThread(environment, "runAsync", "run()");
  return environment.awaited().Start(
      std::make_shared<InductorWork>(LoaderArgument(arguments, 0), InputsArgument(arguments, 1)));
}

// inductorLoadConstants(model, names, tensors, whether all must be there): the model has copies of them.
napi_value InductorLoadConstants(Arguments& arguments) {
  const auto names = arguments.Value(1).As<Napi::Array>();
  const Tensors tensors = InputsArgument(arguments, 2);
  std::unordered_map<std::string, at::Tensor> constants;
  for (uint32_t i = 0; i < names.Length(); i++) constants[names.Get(i).As<Napi::String>()] = tensors[i];
  LoaderArgument(arguments, 0)->load_constants(constants, /*use_inactive=*/false, arguments.Bool(3));
  return Undefined(arguments.env);
}

// A file in memory that has no name: who is given its descriptor has it. Closed with what holds it, which an
// environment that ends frees as well.
struct AnonymousFile : Held {
  explicit AnonymousFile(int fd) : fd(fd) {}
  ~AnonymousFile() override { Close(); }
  void Close() {
#ifdef __linux__
    if (fd >= 0) close(fd);
#endif
    fd = -1;
  }
  int fd;
};

// inductorMemory(): [handle, descriptor], or null where the system has no such files.
napi_value InductorMemory(Arguments& arguments) {
#ifdef __linux__
  constexpr unsigned kCloseOnExec = 1;  // MFD_CLOEXEC
  // The call itself: the C library has it since 2.27 only.
  const int fd = static_cast<int>(syscall(SYS_memfd_create, "nodetorch", kCloseOnExec));
  TORCH_CHECK(fd >= 0 || errno == ENOSYS, "no memory for a process of its own: ", std::strerror(errno));
  if (fd >= 0) {
    Napi::Array pair = Napi::Array::New(arguments.env, 2);
    pair[0u] = Napi::Value(arguments.env, ToJs(arguments.environment, new AnonymousFile(fd), kHandleBytes));
    pair[1u] = Napi::Number::New(arguments.env, fd);
    return pair;
  }
#endif
  return Napi::Env(arguments.env).Null();
}

napi_value InductorCloseMemory(Arguments& arguments) {
  Slot* slot = FindHandle(arguments.environment, arguments[0]);
  auto* file = slot ? dynamic_cast<AnonymousFile*>(slot->other) : nullptr;
  if (!file) throw TypeProblem("argument must be a file in memory");
  file->Close();
  return Undefined(arguments.env);
}

}  // namespace

void DefineInductor(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"inductorLoad", Entry<InductorLoad>},
          {"inductorRun", Entry<InductorRun>},
          {"inductorRunAsync", Entry<InductorRunAsync>},
          {"inductorLoadConstants", Entry<InductorLoadConstants>},
          {"inductorMemory", Entry<InductorMemory>},
          {"inductorCloseMemory", Entry<InductorCloseMemory>}});
}

}  // namespace nodetorch
