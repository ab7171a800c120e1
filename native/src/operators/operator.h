// An operator: all signatures of one name, in the order in which they are tried, and the one way to call it.
// A method of a class is one, too, whose first argument is the object.
//
//     Operator add(environment, "aten::add", "", Style::kPython);
//     add.Call(holder, 0b11, {number of x's slot, number of y's}, 2);  // holder is now x + y
#pragma once

#include <ATen/core/ivalue.h>
#include <napi.h>

#include <string>
#include <utility>
#include <vector>

#include "operators/given_arguments.h"
#include "operators/signature.h"

namespace nodetorch {

class Operator {
 public:
  // `name`: "aten::add", or of a method "__torch__.torch.classes.ns.Class.method".
  // `overload`: with kAten, the only one to be called ("default" is the unnamed one); "" means all of them.
  // `guarded`: whether its guards look at the arguments.
  Operator(Environment& environment, std::string name, std::string overload, Style style, bool guarded = true)
      : environment_(environment),
        name_(std::move(name)),
        overload_(std::move(overload)),
        style_(style),
        guarded_(guarded) {}

  const std::vector<Signature>& signatures();  // made at the first call

  // Called by lib/native/dispatch.ts. `holder` is a Tensor that owns nothing yet, and becomes the result
  // where that is one new tensor. `forms` and `values`: see GivenArguments. Reports its outcome: see Outcome.
  napi_value Call(napi_value holder, uint32_t forms, const napi_value* values, size_t count);

 private:
  void Resolve();
  std::string ShownName() const;  // for messages
  [[noreturn]] void ThrowNoMatchingOverload(const GivenArguments& given);

  Environment& environment_;
  std::string name_;
  std::string overload_;
  Style style_;
  bool guarded_;
  std::vector<c10::IValue> spare_;  // the memory of the last call's arguments, for the next
  bool resolved_ = false;
  bool takes_out_ = false;
  std::vector<Signature> signatures_;
};

}  // namespace nodetorch
