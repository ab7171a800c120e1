// Arguments for operators from what JavaScript gives, by schema type. to_js.h is the way back.
#pragma once

#include <ATen/core/ivalue.h>
#include <c10/util/SmallVector.h>

#include "operators/argument_source.h"
#include "operators/schema_type.h"

namespace nodetorch {

// Appends the ints of a list, or one int as often as int[N] says.
bool AppendInts(Environment& environment, const ArgumentSource& source, const TypeSpec& spec,
                c10::SmallVectorImpl<int64_t>& ints);

// The value as the schema type `spec` has it. False where it is not of that type.
bool ToIValue(Environment& environment, const ArgumentSource& source, const TypeSpec& spec,
              bool numbers_as_tensors, c10::IValue* result);
// The same for an argument of a function with a fixed signature.
bool FromJs(Environment& environment, napi_value value, const TypeSpec& spec, bool numbers_as_tensors,
            c10::IValue* result);

// Whether the tensor stands for a number that cannot be read yet: it belongs to a transform of torch.func,
// and reading it would raise the error that says why.
bool IsUnreadableNumber(const at::Tensor& tensor, const TypeSpec& spec);

// A number as a tensor, for arithmetic with `tensor`. Beside float32 it is of float32, as it will be in the
// kernel: converting it there takes longer than the kernel itself.
at::Tensor WrappedNumberFor(const at::Tensor& tensor, double number);

}  // namespace nodetorch
