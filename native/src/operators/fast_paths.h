// When a call may leave out a part of libtorch's dispatcher: autograd's kernels, the iterator, boxed
// arguments.
#pragma once

namespace nodetorch {

// Whether nothing looks at the operators that this thread calls, or changes them: autocast, a transform of
// torch.func, hooks of saved tensors, a library that has put its kernels in the place of libtorch's.
bool NoActiveModes();

// Where they are off, every call goes through all of the dispatcher, with boxed arguments. Holds for the
// process; tests compare results with and without.
bool FastPathsEnabled();
void SetFastPathsEnabled(bool enabled);

// Called around the loading of a library: fast paths end once it has replaced a kernel of libtorch's.
class ReplacedKernels {
 public:
  ReplacedKernels();
  ~ReplacedKernels();  // compares
  ReplacedKernels(const ReplacedKernels&) = delete;
  ReplacedKernels& operator=(const ReplacedKernels&) = delete;

 private:
  struct Before;
  Before* before_;
};

}  // namespace nodetorch
