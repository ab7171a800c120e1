// Hooks of saved tensors, in the order in which they were put on a thread.
#pragma once

#include <memory>
#include <vector>

namespace nodetorch {

class Persistent;

struct HookPair {
  std::shared_ptr<Persistent> pack, unpack;
};
using SavedHooks = std::vector<HookPair>;  // innermost last

// Of the calling thread.
SavedHooks& SavedHooksOfThread();
// Whether there are any. Operators ask at each call: until a hook has been put anywhere, this does not look
// at the thread's own, which costs a tenth of a small operator.
bool HasSavedHooks();
// Has libtorch ask for them. Before any backward: of two engines in a process, libtorch starts the threads of
// the first alone.
void InstallEngine();

}  // namespace nodetorch
