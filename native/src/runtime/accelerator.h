// The accelerator of this process.
#pragma once

#include <ATen/DeviceAccelerator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <optional>

namespace nodetorch {

// Nothing where only a name was given to devices, and no library brings them.
inline std::optional<at::DeviceType> PresentAccelerator() {
  const auto type = at::getAccelerator(false);
  return type && c10::impl::hasDeviceGuardImpl(*type) ? type : std::nullopt;
}

// Nor where libtorch is made for one, and this machine has none.
inline std::optional<at::DeviceType> UsableAccelerator() {
  const auto type = PresentAccelerator();
  return type && at::accelerator::deviceCount() > 0 ? type : std::nullopt;
}

}  // namespace nodetorch
