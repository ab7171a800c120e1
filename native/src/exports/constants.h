// Numbers that mean the same on both sides of the border. constants.cc gives them to JavaScript.
#pragma once

#include <cstdint>

namespace nodetorch {

// What a scope changes: enterScope(kind, ...). lib/native/scope.ts says what follows the kind.
enum class Scope : int32_t {
  kGrad,
  kInference,
  kAnomaly,
  kForwardGrad,
  kForwardLevel,
  kSavedHooks,
  kAutocast,
  kVmap,
  kGradLevel,
  kJvpLevel,
  kSuspended,
  kInplaceRequiresGrad,
  kFunctionalize,
  kLowered,
  kDispatchMode,
  kExcludedKeys,
  kLegacyVmap,
};

// The first of the four numbers of an index in the transfer buffer.
enum class IndexKind : int32_t { kInt, kNone, kEllipsis, kRange };
constexpr size_t kNumbersOfIndex = 4;

enum OptimizerFlag { kMaximize = 1, kDecoupled = 2, kNesterov = 4 };

// endKernelScope() packs a number of dimensions and the code of a dtype, which is smaller than this.
constexpr int64_t kDtypeCodes = 256;

}  // namespace nodetorch
