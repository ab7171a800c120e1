// `native.constants`: what lib/ would otherwise have to repeat.
#include "exports/constants.h"

#include <initializer_list>
#include <utility>

#include "operators/given_arguments.h"
#include "operators/js_value.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

using Entries = std::initializer_list<std::pair<const char*, napi_value>>;

napi_value Number(napi_env env, double number) {
  napi_value value;
  Check(env, napi_create_double(env, number, &value));
  return value;
}

napi_value Object(napi_env env, Entries entries) {
  napi_value object;
  Check(env, napi_create_object(env, &object));
  for (const auto& [name, value] : entries) Check(env, napi_set_named_property(env, object, name, value));
  return object;
}

}  // namespace

void DefineConstants(Napi::Env env, Napi::Object exports) {
  const auto number = [env](auto value) { return Number(env, static_cast<double>(value)); };
  const napi_value outcomes = Object(env, {{"plain", number(Outcome::kPlain)},
                                           {"new", number(Outcome::kNew)},
                                           {"newInScope", number(Outcome::kNewInScope)},
                                           {"given", number(Outcome::kGiven)},
                                           {"several", number(Outcome::kSeveral)},
                                           {"givenAmong", number(Outcome::kGivenAmong)}});
  const napi_value scopes = Object(env, {{"grad", number(Scope::kGrad)},
                                         {"inference", number(Scope::kInference)},
                                         {"anomaly", number(Scope::kAnomaly)},
                                         {"forwardGrad", number(Scope::kForwardGrad)},
                                         {"forwardLevel", number(Scope::kForwardLevel)},
                                         {"savedHooks", number(Scope::kSavedHooks)},
                                         {"autocast", number(Scope::kAutocast)},
                                         {"vmap", number(Scope::kVmap)},
                                         {"gradLevel", number(Scope::kGradLevel)},
                                         {"jvpLevel", number(Scope::kJvpLevel)},
                                         {"suspended", number(Scope::kSuspended)},
                                         {"inplaceRequiresGrad", number(Scope::kInplaceRequiresGrad)},
                                         {"functionalize", number(Scope::kFunctionalize)},
                                         {"lowered", number(Scope::kLowered)},
                                         {"dispatchMode", number(Scope::kDispatchMode)},
                                         {"excludedKeys", number(Scope::kExcludedKeys)},
                                         {"legacyVmap", number(Scope::kLegacyVmap)}});
  const napi_value index_kinds = Object(env, {{"int", number(IndexKind::kInt)},
                                              {"none", number(IndexKind::kNone)},
                                              {"ellipsis", number(IndexKind::kEllipsis)},
                                              {"range", number(IndexKind::kRange)}});
  const napi_value optimizer_flags = Object(
      env,
      {{"maximize", number(kMaximize)}, {"decoupled", number(kDecoupled)}, {"nesterov", number(kNesterov)}});
  const napi_value constants = Object(env, {{"outcomes", outcomes},
                                            {"scopes", scopes},
                                            {"indexKinds", index_kinds},
                                            {"optimizerFlags", optimizer_flags},
                                            {"numbersOfIndex", number(kNumbersOfIndex)},
                                            {"longestList", number(kLongestList)},
                                            {"argumentForms", number(GivenArguments::kForms)},
                                            {"resultHeaderFields", number(ResultHeader::kFields)},
                                            {"mostResults", number(ResultHeader::kMostResults)},
                                            {"dtypeCodes", number(kDtypeCodes)}});
  Check(env, napi_set_named_property(env, exports, "constants", constants));
}

}  // namespace nodetorch
