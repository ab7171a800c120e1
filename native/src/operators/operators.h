// Operators: their signatures, made from libtorch's schemas at run time, and the one way to call.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/SmallVector.h>
#include <napi.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/convert.h"
#include "operators/guards.h"
#include "operators/small_tensors.h"
#include "operators/unboxed.h"

namespace nodetorch {

// A number for each name of a parameter, so that finding a keyword's parameter compares no texts.
uint32_t NameId(const std::string& name);
uint32_t KnownNameId(const std::string& name);  // 0 if no parameter is called so

struct Parameter {
  std::string name;               // as the schema spells it
  std::string camel;              // as JavaScript does
  std::array<uint32_t, 3> ids{};  // of both, and of Python's other name for it
  TypeSpec type;
  bool keyword_only = false;
  bool has_default = false;
  bool is_out = false;  // given through `out`
  c10::IValue default_value;
  std::vector<int64_t> default_ints;  // the same, if it is a list of ints
};

// How overloads are found.
enum class Style {
  kPython,  // as torch.name does in Python: `out` merged in, order of Python's argument parser
  kAten,    // as torch.ops.aten.name does: every overload, in the order of registration
};

constexpr int64_t kAnyRank = -1;

struct Signature {
  Signature(const c10::OperatorHandle& handle, Style style);

  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  size_t positional = 0;  // parameters that may be given by position
  size_t outs = 0;
  bool takes_requires_grad = false;  // a factory: Python's requires_grad keyword
  bool makes = false;                // a factory without a tensor argument
  // All that autograd adds to it is a node, if an input is in a graph. kAnyRank, or only if no tensor has a
  // higher rank than the first one, and that this one.
  std::optional<int64_t> plain_with_autograd;
  bool numbers_as_tensors = false;
  bool promotes_numbers = false;  // such a number takes the dtype that the tensor beside it asks for
  std::vector<std::string> return_names;
  bool gathers = false;     // its last positional argument is a list of ints, alone or after self
  bool may_resize = false;  // set_, resize_ and `out` change the storage behind a tensor
  Guard guard = nullptr;
  DirectCall direct = nullptr;
  TinyCall tiny = nullptr;
  bool served = true;  // whether there is a converter for every parameter
  // Its last parameters are a factory's dtype, layout, device and pin_memory, which `out` must agree with.
  bool checks_options = false;

  // Makes this, the `out` form of a factory, take its options too.
  void CheckOptions(const Signature& factory);

  // "name(input: Tensor, dim: int, { keepdim = false }): Tensor", for messages.
  std::string ToString() const;
};

bool IsOption(const Signature& signature, const Parameter& parameter);
std::string DefaultText(const c10::IValue& value);

// Those that Python's argument parser tries, in its order, but all without `out` first.
std::vector<Signature> InPythonOrder(std::vector<Signature> signatures);

// All signatures of one name, in the order in which they are tried.
class Operator {
 public:
  Operator(Environment& environment, std::string name, std::string overload, Style style)
      : environment_(environment), name_(std::move(name)), overload_(std::move(overload)), style_(style) {}

  const std::vector<Signature>& signatures();  // made at the first call
  const std::string& name() const { return name_; }
  // As lib/native/dispatch.ts calls: `blank` is a Tensor that owns nothing yet, and becomes the result where
  // that is one new tensor. Of argument i, bit i of `forms` says that it is the number of a tensor's slot,
  // bit kForms + i that it is the length of a list of such numbers, and bit 2 * kForms + i of a list of
  // numbers; the elements of all lists lie one behind the other in the exchange. Leaves its outcome: see
  // Outcome.
  napi_value Call(napi_value blank, uint32_t forms, const napi_value* given, size_t count);
  static constexpr uint32_t kForms = 10;

 private:
  // An argument, looked at once: most questions to Node-API cost more than the use of the answer.
  enum class Form : uint8_t { kValue, kUndefined, kTensor, kTensors, kNumbers };
  struct Value {
    napi_value js = nullptr;
    Slot* slot = nullptr;  // behind it, if it is a handle
    c10::ArrayRef<double> list;
    Form form = Form::kValue;
    int position = -1;  // among the arguments; -1 where it was inside of one
  };
  struct Keyword {
    const std::string* name;
    uint32_t id;
    Value value;
  };
  // The JS object an argument tensor came from: an operator that gives back the same tensor gives
  // back the same object.
  struct Origin {
    at::TensorImpl* tensor;
    const Value* given;
  };
  // A tensor that stands for its value, which may not be readable: one of a transform of torch.func.
  struct Unread {
    size_t argument;  // on the stack, where the tensor itself holds its place
    const TypeSpec* spec;
  };
  struct Attempt : DirectArguments {
    c10::SmallVector<Origin, 4> origins;
    std::vector<Value> outs;
    DirectCall direct = nullptr;  // the signature's, unless fast paths are off
    std::vector<Unread> unread;   // read when all else fits
    bool requires_grad = false;
    bool explains = false;  // the texts cost more than most calls: made once it is known that none fits
    std::string problem;    // why the signature does not fit
    size_t progress = 0;

    void Clear() {
      DirectArguments::Clear();
      origins.clear();
      outs.clear();
      unread.clear();
      requires_grad = false;
    }
    template <typename Text>
    bool Fail(Text text) {
      if (explains) problem = text();
      return false;
    }
  };

  Value Look(napi_value value) const;
  Value Look(napi_value value, uint32_t forms, uint32_t position) const;
  bool PushInts(const Value& value, const TypeSpec& spec, Attempt& attempt) const;
  bool FromValue(const Value& value, const TypeSpec& spec, bool numbers_as_tensors,
                 c10::IValue* result) const;
  std::string DescribeValue(const Value& value) const;
  bool Parse(const Signature& signature, const Value* arguments, size_t count,
             const std::vector<Keyword>& keywords, Attempt& attempt);
  bool Outs(const Signature& signature, const Value& out, Attempt& attempt);
  bool Convert(const Signature& signature, const Parameter& parameter, const Value& value, Attempt& attempt);
  [[noreturn]] void NoneFits(const Value* arguments, size_t count, const std::vector<Keyword>& keywords);
  napi_value Results(const Signature& signature, Attempt& attempt, napi_value blank);
  napi_value NewTensor(at::Tensor tensor, bool fresh, napi_value blank);
  bool Several(const Signature& signature, Attempt& attempt);
  const Value* Given(const c10::IValue& value, const Attempt& attempt) const;
  Slot* SlotOf(const Origin& origin) const;  // null if it is no tensor (any more)

  Environment& environment_;
  std::string name_;
  std::string overload_;  // "" with kAten: all overloads; else this one ("default" for the unnamed)
  Style style_;
  std::vector<c10::IValue> spare_;  // the memory of the last call's arguments, for the next
  bool resolved_ = false;
  std::vector<Signature> signatures_;
};

// Names of keywords, whose values are the arguments before it: how lib/native/dispatch.ts passes them.
struct KeywordSet : Held {
  explicit KeywordSet(std::vector<std::string> all) : names(std::move(all)) {
    for (const std::string& name : names) ids.push_back(NameId(name));
  }
  std::vector<std::string> names;
  std::vector<uint32_t> ids;
};

std::string CamelCase(const std::string& snake);

}  // namespace nodetorch
