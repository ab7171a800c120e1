// What NVIDIA's driver says of a GPU, by its stable C interface: libtorch's generic one does not say it, and
// CUDA's headers are not needed for it. The numbers are those of cuda.h, which do not change.
#ifndef _WIN32
#include <dlfcn.h>
#endif

#include <c10/util/Exception.h>

#include <string>

#include "runtime/function.h"

namespace nodetorch {

namespace {

template <typename F>
F* DriverFunction(const char* name) {
#ifdef _WIN32
  TORCH_CHECK_NOT_IMPLEMENTED(false, "what a GPU is cannot be asked on Windows yet");
#else
  static void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  TORCH_CHECK(library, "NVIDIA's driver is not here: libcuda.so.1 cannot be loaded");
  auto* function = reinterpret_cast<F*>(dlsym(library, name));
  TORCH_CHECK(function, "NVIDIA's driver has no ", name);
  return function;
#endif
}

template <typename... Given>
void CallDriver(const char* name, Given... given) {
  const int code = DriverFunction<int(Given...)>(name)(given...);
  TORCH_CHECK(code == 0, name, " of NVIDIA's driver failed with code ", code);
}

int DriverDevice(int64_t index) {
  CallDriver("cuInit", 0u);
  int device = 0;
  CallDriver("cuDeviceGet", &device, static_cast<int>(index));
  return device;
}

// driverDevice(index): { name, totalMemory, and numbers by what they say }
napi_value DriverDeviceOf(Arguments& arguments) {
  const int device = DriverDevice(arguments.Int(0));
  char name[256] = {};
  size_t total = 0;
  unsigned char uuid[16] = {};
  CallDriver("cuDeviceGetName", &name[0], 256, device);
  CallDriver("cuDeviceTotalMem_v2", &total, device);
  CallDriver("cuDeviceGetUuid_v2", &uuid[0], device);
  Napi::Object object = Napi::Object::New(arguments.env);
  object["name"] = std::string(name);
  object["totalMemory"] = static_cast<double>(total);
  object["uuid"] = Napi::Buffer<unsigned char>::Copy(arguments.env, uuid, sizeof(uuid));
  static constexpr struct {
    const char* name;
    int attribute;
  } kAttributes[] = {{"sharedMemoryPerBlock", 8},
                     {"warpSize", 10},
                     {"clockRate", 13},
                     {"multiProcessorCount", 16},
                     {"isIntegrated", 18},
                     {"pciBusId", 33},
                     {"pciDeviceId", 34},
                     {"memoryClockRate", 36},
                     {"memoryBusWidth", 37},
                     {"L2CacheSize", 38},
                     {"maxThreadsPerMultiProcessor", 39},
                     {"pciDomainId", 50},
                     {"major", 75},
                     {"minor", 76},
                     {"sharedMemoryPerMultiprocessor", 81},
                     {"regsPerMultiprocessor", 82},
                     {"isMultiGpuBoard", 84},
                     {"sharedMemoryPerBlockOptin", 97}};
  for (const auto& [key, attribute] : kAttributes) {
    int value = 0;
    CallDriver("cuDeviceGetAttribute", &value, attribute, device);
    object[key] = value;
  }
  return object;
}

// driverCanAccessPeer(index, peer)
napi_value DriverCanAccessPeer(Arguments& arguments) {
  int can = 0;
  const int device = DriverDevice(arguments.Int(0)), peer = DriverDevice(arguments.Int(1));
  CallDriver("cuDeviceCanAccessPeer", &can, device, peer);
  return Napi::Boolean::New(arguments.env, can != 0);
}

}  // namespace

void DefineDriver(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"driverDevice", Entry<DriverDeviceOf>}, {"driverCanAccessPeer", Entry<DriverCanAccessPeer>}});
}

}  // namespace nodetorch
