// The argument parser: whether the arguments of a call fit a signature, and what the kernel gets of them.
//
// torch.sum(x, 1, { keepdim: true }) is tried with the signatures of `sum` in turn, until one fits:
//
//     sum(input: Tensor, { dtype: DType? = null })                  takes 1 positional argument
//     sum(input: Tensor, dim: int[1]?, keepdim: boolean = false)    fits
//
// The stack is then [x, None, true, None], with the ints {1} beside it in the second place, since `sum` has
// an unboxed call.
//
// Gotchas:
// - A failed candidate leaves nothing behind: another signature may fit.
// - Reading an argument may run JavaScript (a getter, a proxy), which may call the same operator.
// - Texts are made only when it is known that nothing fits: they cost more than most calls.
// - A tensor without dimensions stands for its value, but one of a transform of torch.func cannot be read.
//   That error must not hide a signature that fits, so these are read when all else does.
// - x.view(2, 3): where a list of ints is all that may follow `self`, ints may be given singly.
// - Where numbers may stand for tensors is a trait of the operator's name (traits.h).
#pragma once

#include <ATen/core/ivalue.h>
#include <c10/util/SmallVector.h>

#include <string>
#include <vector>

#include "operators/argument_source.h"
#include "operators/given_arguments.h"
#include "operators/signature.h"

namespace nodetorch {

// One attempt to fit arguments to a signature.
class Candidate : public UnboxedArguments {
 public:
  // An operator that gives back an argument's tensor gives back its JS object: `source` is that argument.
  struct Origin {
    at::TensorImpl* tensor;
    const ArgumentSource* source;
  };

  Candidate(Environment& environment, const GivenArguments& given)
      : environment_(environment), given_(given) {}

  bool Fits(const Signature& signature);
  // Null where it is no tensor (any more).
  Slot* SlotOf(const Origin& origin) const;

  c10::SmallVector<Origin, 4> origins;
  UnboxedCall unboxed_call = nullptr;  // the signature's, unless fast paths are off
  bool requires_grad = false;

  bool explains = false;  // whether to make the text below
  std::string problem;    // why the signature does not fit
  size_t progress = 0;    // how many arguments did fit

 private:
  struct Unread {
    size_t argument;  // on the stack, where the tensor itself holds its place
    const TypeSpec* type;
    const ArgumentSource* source;
  };

  void Clear();
  bool TakeVarargs();
  bool TakeSpecialKeywords();
  bool TakeOuts(const ArgumentSource& out);
  bool TakeParameter(size_t index);
  bool FindSource(size_t index, const ArgumentSource** source);
  bool PushDefault(size_t index);
  bool Push(const Parameter& parameter, const ArgumentSource& source);
  bool PushInts(const TypeSpec& type, const ArgumentSource& source);
  bool FailAt(size_t index, const ArgumentSource& source);
  std::string Position(size_t index) const;  // for messages
  bool CheckKeywords();
  bool ReadNumbers();

  template <typename Text>
  bool Fail(Text text) {
    if (explains) problem = text();
    return false;
  }

  Environment& environment_;
  const GivenArguments& given_;
  const Signature* signature_ = nullptr;
  size_t count_ = 0;  // of arguments by position
  size_t used_keywords_ = 0;
  size_t varargs_at_ = 0;  // the parameter that takes `varargs_`, or the number of parameters
  c10::SmallVector<int64_t, 8> varargs_;
  std::vector<ArgumentSource> outs_;
  size_t next_out_ = 0;
  std::vector<Unread> unread_;
};

}  // namespace nodetorch
