// When a call may leave out a part of libtorch's dispatcher: autograd's kernels, the iterator, boxes.
#pragma once

namespace nodetorch {

// Whether nothing looks at the operators that this thread calls, or changes them: autocast, a transform of
// torch.func, hooks of saved tensors, a library that has put its kernels in the place of libtorch's.
bool NoActiveModes();

// Off, every call goes through all of the dispatcher, in boxes. Of the process; for tests, which compare.
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
