// Operators: their signatures, made from libtorch's schemas at run time, and the one way to call.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/SmallVector.h>
#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "convert.h"
#include "guards.h"

namespace nodetorch {

struct Parameter {
  std::string name;   // as the schema spells it
  std::string camel;  // as JavaScript does
  TypeSpec type;
  bool keyword_only = false;
  bool has_default = false;
  bool is_out = false;  // given through `out`
  c10::IValue default_value;
};

// How overloads are found.
enum class Style {
  kPython,  // as torch.name does in Python: `out` merged in, order of Python's argument parser
  kAten,    // as torch.ops.aten.name does: every overload, in the order of registration
};

struct Signature {
  Signature(const c10::OperatorHandle& handle, Style style);

  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  size_t positional = 0;  // parameters that may be given by position
  size_t outs = 0;
  bool takes_requires_grad = false;  // a factory: Python's requires_grad keyword
  bool makes = false;                // a factory without a tensor argument
  bool differs_with_autograd =
      true;  // false: all that autograd adds to it is a node, if an input is in a graph
  bool numbers_as_tensors = false;
  std::vector<std::string> return_names;
  bool gathers = false;     // its last positional argument is a list of ints, alone or after self
  bool may_resize = false;  // set_, resize_ and `out` change the storage behind a tensor
  Guard guard = nullptr;
  bool served = true;  // whether there is a converter for every parameter

  // "name(input: Tensor, dim: int, { keepdim = false }): Tensor", for messages.
  std::string ToString() const;
};

// All signatures of one name, in the order in which they are tried.
class Operator {
 public:
  Operator(Environment& environment, std::string name, std::string overload, Style style)
      : environment_(environment), name_(std::move(name)), overload_(std::move(overload)), style_(style) {}

  const std::vector<Signature>& signatures();  // made at the first call
  const std::string& name() const { return name_; }
  napi_value Call(napi_value* arguments, size_t count);

 private:
  struct Keyword {
    std::string name;
    napi_value value;
  };
  // The JS object an argument tensor came from: an operator that gives back the same tensor gives
  // back the same object.
  struct Origin {
    at::TensorImpl* tensor;
    napi_value object;
  };
  struct Attempt {
    std::vector<c10::IValue> stack;
    c10::SmallVector<Origin, 4> origins;
    bool requires_grad = false;
    bool explains = false;  // the texts cost more than most calls: made once it is known that none fits
    std::string problem;    // why the signature does not fit
    size_t progress = 0;

    template <typename Text>
    bool Fail(Text text) {
      if (explains) problem = text();
      return false;
    }
  };

  bool Parse(const Signature& signature, napi_value* arguments, size_t count,
             const std::vector<Keyword>& keywords, Attempt& attempt);
  bool Outs(const Signature& signature, napi_value out, std::vector<napi_value>& values, Attempt& attempt);
  [[noreturn]] void NoneFits(napi_value* arguments, size_t count, const std::vector<Keyword>& keywords);
  napi_value Results(const Signature& signature, Attempt& attempt);
  napi_value Result(const c10::IValue& value, const c10::TypePtr& type, const Attempt& attempt);

  Environment& environment_;
  std::string name_;
  std::string overload_;  // "" with kAten: all overloads; else this one ("default" for the unnamed)
  Style style_;
  std::vector<c10::IValue> spare_;  // the memory of the last call's arguments, for the next
  bool resolved_ = false;
  std::vector<Signature> signatures_;
};

// Names of keywords, whose values are the arguments before it: how lib/dispatch.ts passes them.
struct KeywordSet : Held {
  explicit KeywordSet(std::vector<std::string> names) : names(std::move(names)) {}
  std::vector<std::string> names;
};

std::string CamelCase(const std::string& snake);

}  // namespace nodetorch
