#pragma once

#include <napi.h>

namespace nodetorch {

void DefineBackward(Napi::Env env, Napi::Object exports);

}  // namespace nodetorch
