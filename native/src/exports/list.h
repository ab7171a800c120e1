// The files of this folder, each with one function that adds its exports to the addon's. A new file is named
// here, and its exports in typings/native.d.ts.
#pragma once

#include <napi.h>

#define NODETORCH_EXPORTS(X) \
  X(Operators)               \
  X(Classes)                 \
  X(Tensor)                  \
  X(Data)                    \
  X(Indexing)                \
  X(Autograd)                \
  X(CustomFunction)          \
  X(Scopes)                  \
  X(Modes)                   \
  X(Transforms)              \
  X(Library)                 \
  X(Storage)                 \
  X(StorageSize)             \
  X(Memory)                  \
  X(Optim)                   \
  X(Program)                 \
  X(Capture)                 \
  X(LiveCalls)               \
  X(Replays)                 \
  X(Distributed)             \
  X(Script)                  \
  X(ScriptFunctions)         \
  X(Inductor)                \
  X(Runtime)                 \
  X(Accelerator)             \
  X(Driver)                  \
  X(Switches)                \
  X(Streams)                 \
  X(Graphs)                  \
  X(Record)                  \
  X(Constants)

namespace nodetorch {

#define NODETORCH_DECLARE(name) void Define##name(Napi::Env env, Napi::Object exports);
NODETORCH_EXPORTS(NODETORCH_DECLARE)
#undef NODETORCH_DECLARE

}  // namespace nodetorch
