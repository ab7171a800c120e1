// Reading the objects of a description. Throws a TypeProblem that says what it is that is no such object.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "operators/js_value.h"
#include "operators/signature.h"
#include "program/program.h"
#include "runtime/environment.h"
#include "runtime/error.h"

namespace nodetorch {

// Calls `each` with the elements of an array.
template <typename F>
void EachElement(Environment& environment, napi_value array, F each) {
  napi_env env = environment.env();
  bool is_array = false;
  napi_is_array(env, array, &is_array);
  if (!is_array) throw TypeProblem("must be an array, not " + Describe(environment, array));
  uint32_t length = 0;
  Check(env, napi_get_array_length(env, array, &length));
  if (length > kLongestList) throw TypeProblem("the array is too long");
  for (uint32_t i = 0; i < length; i++) {
    const Napi::HandleScope scope(env);
    napi_value element;
    Check(env, napi_get_element(env, array, i, &element));
    each(element);
  }
}

class ReadObject {
 public:
  ReadObject(Environment& environment, napi_value object, const char* what);

  bool Has(const char* name) const;  // and it is not undefined
  napi_value Get(const char* name) const;
  std::string Text(const char* name) const;
  size_t Count(const char* name, size_t most) const;
  // The names of the properties of a property.
  std::vector<std::string> Names(const char* name) const;

  template <typename F>
  void Each(const char* name, F each) const {
    if (!Has(name)) throw TypeProblem(std::string(what_) + " must have " + name);
    EachElement(environment_, Get(name), each);
  }

 private:
  Environment& environment_;
  napi_value object_;
  const char* what_;
};

// A value that no schema gives a type: by what it is in JavaScript (AnyToIValue).
c10::IValue ReadUntyped(Environment& environment, napi_value value);

InputType InputTypeNamed(const std::string& name);
// Of "torch.ops.aten.add.Tensor", the name in the file, or "aten::add.Tensor". Null where there is none.
std::unique_ptr<const Signature> FindSignature(const std::string& target);
// Without white space at both ends.
std::string Trimmed(const std::string& text);

}  // namespace nodetorch
