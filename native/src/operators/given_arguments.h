// The arguments of one call of an operator, as lib/native/dispatch.ts passes them.
//
//     torch.cat([a, b], { dim: 1 })
//
// arrives as forms = a list of tensors at 0, and the values 2 (the length of the list, whose slots' numbers
// are in the transfer buffer), 1, and the KeywordSet of "dim". It becomes positional = {kTensors}, keywords =
// {dim: 1}.
#pragma once

#include <c10/util/SmallVector.h>
#include <napi.h>

#include <string>
#include <vector>

#include "operators/argument_source.h"

namespace nodetorch {

// Names of keywords, whose values are the arguments before it.
struct KeywordSet : Held {
  explicit KeywordSet(std::vector<std::string> names);
  std::vector<std::string> names;
  std::vector<uint32_t> ids;
};

struct Keyword {
  const std::string* name;
  uint32_t id;  // of NameId; 0 where no parameter has that name
  ArgumentSource source;
};

class GivenArguments {
 public:
  // Of argument i, bit i of `forms` says that it is the number of a tensor's slot, bit kForms + i that it is
  // the length of a list of such numbers, and bit 2 * kForms + i of a list of numbers; the elements of all
  // lists lie one behind the other in the transfer buffer.
  static constexpr uint32_t kForms = 10;

  // `takes_out`: whether the operator has an overload with `out`, for which `out: null` is no keyword.
  GivenArguments(Environment& environment, uint32_t forms, const napi_value* values, size_t count,
                 bool takes_out);
  GivenArguments(const GivenArguments&) = delete;
  GivenArguments& operator=(const GivenArguments&) = delete;

  size_t count() const { return count_; }
  const ArgumentSource& operator[](size_t i) const { return sources_[i]; }
  const std::vector<Keyword>& keywords() const { return keywords_; }

  // For messages: "Tensor, number, dim=string". `from`: how many are left out.
  std::string Describe(Environment& environment, size_t from) const;

 private:
  void CopyLists(Environment& environment, size_t elements);
  void TakeKeywords(const KeywordSet& set);
  void TakeObject(Environment& environment, napi_value object, bool takes_out);

  c10::SmallVector<ArgumentSource, 8> sources_;
  size_t count_;                           // of those given by position
  c10::SmallVector<double, 16> elements_;  // of all lists
  std::vector<Keyword> keywords_;
  std::vector<std::string> texts_;  // the names of an object's keywords
};

}  // namespace nodetorch
