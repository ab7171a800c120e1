// Operators without a formula of their own in forward-mode AD. libtorch's Python part registers what they are
// made of, at the first dual number.
#pragma once

namespace nodetorch {

// Once for the process; later calls do nothing.
void RegisterJvpDecompositions();

}  // namespace nodetorch
