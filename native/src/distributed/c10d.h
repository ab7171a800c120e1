// libtorch's own distributed library, for the files of this folder alone: its headers are empty without these
// definitions. Only Linux's libtorch is known to have all of it; elsewhere the folder compiles to nothing,
// and `torch.distributed.isAvailable()` is false.
#pragma once

#if defined(__linux__)
#define NODETORCH_GLOO 1

#ifndef USE_DISTRIBUTED
#define USE_DISTRIBUTED
#endif
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#else
#define NODETORCH_GLOO 0
#endif
