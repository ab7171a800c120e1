#include <cstdlib>
#include <string>

#include "kernels/kernels.h"

// A function is compiled for instructions that not every processor has, by a pragma around it.
#if defined(__x86_64__) && defined(__clang__)
#define NODETORCH_X86 1
#define NODETORCH_PRAGMA(text) _Pragma(#text)
#define NODETORCH_FOR(target) \
  NODETORCH_PRAGMA(clang attribute push(__attribute__((target(target))), apply_to = function))
#define NODETORCH_FOR_ALL _Pragma("clang attribute pop")
#elif defined(__x86_64__) && defined(__GNUC__)
#define NODETORCH_X86 1
#define NODETORCH_PRAGMA(text) _Pragma(#text)
#define NODETORCH_FOR(isa) _Pragma("GCC push_options") NODETORCH_PRAGMA(GCC target(isa))
#define NODETORCH_FOR_ALL _Pragma("GCC pop_options")
#endif

// Sums stay in registers where each has a number of its own.
#ifdef _MSC_VER
#define NODETORCH_UNROLL
#else
#define NODETORCH_UNROLL _Pragma("GCC unroll 16")
#endif

namespace nodetorch {

namespace {

#ifdef NODETORCH_X86
NODETORCH_FOR("avx512f,avx512dq,avx512vl,avx2,fma")
namespace avx512 {
constexpr int kLanes = 16, kRows = 8;
#include "kernels/kernels.inl"
}  // namespace avx512
NODETORCH_FOR_ALL

NODETORCH_FOR("avx2,fma")
namespace avx2 {
constexpr int kLanes = 8, kRows = 6;
#include "kernels/kernels.inl"
}  // namespace avx2
NODETORCH_FOR_ALL
#endif

namespace baseline {
constexpr int kLanes = 4, kRows = 4;
#include "kernels/kernels.inl"
}  // namespace baseline

}  // namespace

const Kernels& BestKernels() {
  static const Kernels best = [] {
#ifdef NODETORCH_X86
    // libtorch's own kernels follow this variable, too.
    const char* set = std::getenv("ATEN_CPU_CAPABILITY");
    const std::string most = set ? set : "avx512";
    const bool may_avx2 = most != "default", may_avx512 = may_avx2 && most != "avx2";
    if (may_avx512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      return Kernels{"avx512", avx512::RunPanelProduct, avx512::RunTileInput, avx512::RunTileOutput,
                     avx512::RunDepthwise};
    }
    if (may_avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      return Kernels{"avx2", avx2::RunPanelProduct, avx2::RunTileInput, avx2::RunTileOutput,
                     avx2::RunDepthwise};
    }
#endif
    return Kernels{"baseline", baseline::RunPanelProduct, baseline::RunTileInput, baseline::RunTileOutput,
                   baseline::RunDepthwise};
  }();
  return best;
}

}  // namespace nodetorch
