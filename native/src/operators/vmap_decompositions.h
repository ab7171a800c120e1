// Operators that vmap takes apart. libtorch's Python part registers them, at the first vmap.
#pragma once

namespace nodetorch {

// Once for the process; later calls do nothing.
void RegisterVmapDecompositions();

}  // namespace nodetorch
