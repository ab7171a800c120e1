// torch.distributed: the functions of native/src/distributed, where libtorch has that library.
#include "distributed/exports.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

// hasDistributed()
napi_value HasDistributed(Arguments& arguments) {
  return Napi::Boolean::New(arguments.env, NODETORCH_GLOO != 0);
}

}  // namespace

void DefineDistributed(Napi::Env env, Napi::Object exports) {
  Define(env, exports, {{"hasDistributed", Entry<HasDistributed>}});
  DefineBackward(env, exports);
#if NODETORCH_GLOO
  DefineStores(env, exports);
  DefineGroups(env, exports);
  DefineWorks(env, exports);
  DefineReducer(env, exports);
#endif
}

}  // namespace nodetorch
