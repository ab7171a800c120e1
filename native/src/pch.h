// The headers that most files need, compiled once. Narrow on purpose: <torch/torch.h> costs 20 s a
// file, these a few.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <napi.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "compat/symbol_versions.h"
