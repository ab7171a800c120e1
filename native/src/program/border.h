// The inputs and outputs of a program on their way between JavaScript and a run.
#pragma once

#include <napi.h>

#include "program/run.h"
#include "runtime/environment.h"

namespace nodetorch {

// `inputs` is an array with a value for each input of the graph.
Values InputsFromJs(Environment& environment, const Graph& graph, napi_value inputs);

// A run was given the tensor, and may have changed it in place.
void NoteChanged(Environment& environment, Slot& slot, bool may_resize);

// An array with handles of the outputs that are new tensors; one that is an input is the very object in
// `inputs`. Also notes what the run has done to the tensors in `inputs`.
napi_value OutputsToJs(Environment& environment, const Graph& graph, const Values& outputs,
                       napi_value inputs);

}  // namespace nodetorch
