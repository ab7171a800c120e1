// What libtorch asks a device for besides kernels.
#pragma once
#include <ATen/CPUGeneratorImpl.h>

#include "streams.h"

namespace pretend {

// The generator of the CPU behind one of the device: equal seeds give the CPU's numbers.
at::Generator CpuGeneratorOf(const at::Generator& generator);
const at::Generator& DefaultGenerator(c10::DeviceIndex index);

}  // namespace pretend
