// The signature of one overload of an operator, or of a method of a class, made from libtorch's schema at run
// time.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "operators/guards.h"
#include "operators/schema_type.h"
#include "operators/traits.h"
#include "operators/unboxed.h"

namespace nodetorch {

struct Parameter {
  std::string name;               // as the schema spells it
  std::string camel;              // as JavaScript does
  std::array<uint32_t, 3> ids{};  // of those that the style takes, and of Python's other name for it
  TypeSpec type;
  bool keyword_only = false;
  bool has_default = false;
  bool is_out = false;  // given through `out`
  c10::IValue default_value;
  std::vector<int64_t> default_ints;  // the same, if it is a list of ints

  bool IsCalled(uint32_t name_id) const;
  // How messages call it.
  std::string Shown() const { return name == "self" ? "input" : camel; }
};

// How overloads are found.
enum class Style {
  kPython,  // as torch.name does in Python: `out` merged in, order of Python's argument parser
  kAten,    // as torch.ops.aten.name does: every overload, in the order of registration
};

struct Signature {
  Signature(const c10::OperatorHandle& handle, Style style);
  // `has_object`: its first argument is the object that it is called on.
  Signature(torch::jit::Function& method, bool has_object);

  const c10::FunctionSchema& schema() const { return method ? method->getSchema() : handle->schema(); }
  // The stack has the arguments, and afterwards the results.
  void CallBoxed(std::vector<c10::IValue>& stack) const {
    method ? method->run(stack) : handle->callBoxed(stack);
  }

  // One of the two: an operator of the dispatcher, or a method of a class.
  std::optional<c10::OperatorHandle> handle;
  torch::jit::Function* method = nullptr;
  size_t hidden = 0;  // parameters that messages leave out: the object of a method
  std::vector<Parameter> parameters;
  std::vector<std::string> return_names;
  size_t positional = 0;  // parameters that may be given by position
  size_t outs = 0;
  bool supported = true;             // whether there is a converter for every parameter
  bool hidden_in_python = false;     // no overload of Python's bindings
  bool takes_requires_grad = false;  // a factory: Python's keyword requires_grad
  bool is_factory = false;           // one without a tensor argument
  // view(2, 3): its last positional argument, alone or after `self`, is a list of ints that may be given
  // singly.
  bool allow_varargs_intlist = false;
  bool may_resize = false;
  // The `out` form of a factory: its last parameters are the factory's dtype, layout, device and pin_memory,
  // which `out` must agree with.
  bool checks_options = false;
  NumberAs number_as = NumberAs::kNothing;
  // Set where autograd does nothing but add a node to the graph of an input. That holds as long as the first
  // tensor has this rank (any, for kAnyRank) and no other tensor has a higher one.
  std::optional<int64_t> plain_rank;
  SmallTensorCall small_tensor_call = nullptr;
  UnboxedCall unboxed_call = nullptr;
  Guard guard = nullptr;

  // Makes this, the `out` form of a factory, take its options too.
  void CheckOptions(const Signature& factory);
  // Whether an argument may be given by this keyword.
  bool Takes(uint32_t keyword) const;
  // The keyword of which another one, `keep_dim`, is a spelling; "" where there is none.
  std::string Meant(const std::string& keyword) const;

  // "name(input: Tensor, dim: int, { keepdim = false }): Tensor", for messages.
  std::string ToString() const;

 private:
  void AddParameters(Style style);
  void AddParameter(const c10::Argument& argument, Style style);
  void ApplyTraits(const std::string& name);
};

// Whether a keyword's name is `out`; `requiresGrad`.
bool IsOut(uint32_t keyword);
bool IsRequiresGrad(uint32_t keyword);

bool IsOption(const Signature& signature, const Parameter& parameter);
std::string DefaultText(const c10::IValue& value);

// Those that Python's argument parser tries, in its order, but all without `out` first (overload_order.cc).
std::vector<Signature> InPythonOrder(std::vector<Signature> signatures);

}  // namespace nodetorch
