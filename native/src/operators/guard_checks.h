// What guards share, and the guards that have a file of their own.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <vector>

namespace nodetorch::guards {

using Schema = c10::FunctionSchema;
using Stack = std::vector<c10::IValue>;

// The argument of that name, or null.
const c10::IValue* Find(const Schema& schema, const Stack& stack, const char* name);
// The tensor of that name; undefined where there is none.
at::Tensor TensorNamed(const Schema& schema, const Stack& stack, const char* name);

// Kernels of backward passes and private helpers trust their caller in these.
void OneDevice(const Schema& schema, const Stack& stack);
void OneFloatingType(const Schema& schema, const Stack& stack);

// guards_norm.cc
void RunningStatistics(const Schema& schema, const Stack& stack);
void NormPerSlice(const Schema& schema, const Stack& stack);
void ChannelsOfInput(const Schema& schema, const Stack& stack);

// guards_ctc.cc
void CtcLabels(const Schema& schema, const Stack& stack);
void CtcSizes(const Schema& schema, const Stack& stack);

}  // namespace nodetorch::guards
