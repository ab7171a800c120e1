// What exports/distributed.cc calls, without c10d's headers.
#pragma once

#include <napi.h>

// Only Linux's libtorch is known to have all of c10d. Elsewhere the folder compiles to nothing, and
// `torch.distributed.isAvailable()` is false.
#if defined(__linux__)
#define NODETORCH_GLOO 1
#else
#define NODETORCH_GLOO 0
#endif

namespace nodetorch {

void DefineBackward(Napi::Env env, Napi::Object exports);
void DefineStores(Napi::Env env, Napi::Object exports);
void DefineGroups(Napi::Env env, Napi::Object exports);
void DefineWorks(Napi::Env env, Napi::Object exports);
void DefineWaits(Napi::Env env, Napi::Object exports);
void DefineReducer(Napi::Env env, Napi::Object exports);

}  // namespace nodetorch
