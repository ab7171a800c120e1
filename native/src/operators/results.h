// What an operator gives, on its way to JavaScript.
#pragma once

#include <napi.h>

#include "operators/parse.h"
#include "operators/signature.h"

namespace nodetorch {

// Whether the result gets the flag `candidate.requires_grad`.
inline bool SetsRequiresGrad(const Signature& signature, const Candidate& candidate) {
  return (candidate.requires_grad || signature.checks_options) && candidate.stack[0].isTensor();
}

// Takes the results from the candidate's stack and reports their outcome (Outcome in
// runtime/shared_buffers.h). `holder` is a Tensor that owns nothing yet, and becomes the result where that is
// one new tensor. `index` is that of the signature among the operator's.
napi_value Results(Environment& environment, const Signature& signature, size_t index, Candidate& candidate,
                   napi_value holder);

}  // namespace nodetorch
