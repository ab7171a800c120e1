#include "runtime/memory_account.h"

#include <cmath>
#include <cstdlib>

namespace nodetorch {

namespace {

constexpr int64_t kReportBytes = 1 << 18;

// What V8 is told of b bytes: a step of V8's for each time that kBase + b has grown by kGrowth.
constexpr double kStep = 64 << 20;
constexpr double kBase = 256 << 20;
constexpr double kGrowth = 1.5;

}  // namespace

int64_t MemoryAccount::TakeExternalDelta() {
  if (std::abs(external_ - external_then_) < kReportBytes) return 0;
  external_then_ = external_;
  const double told = kStep * std::log1p(static_cast<double>(external_) / kBase) / std::log(kGrowth);
  const int64_t delta = static_cast<int64_t>(told) - told_;
  told_ += delta;
  return delta;
}

}  // namespace nodetorch
