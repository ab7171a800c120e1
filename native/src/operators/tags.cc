#include "operators/tags.h"

#include <map>

#include "compat/libtorch.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

const std::map<std::string, at::Tag>& Tags() {
  static const auto* tags = [] {
    auto* all = new std::map<std::string, at::Tag>{
#define NODETORCH_TAG(name) {#name, at::Tag::name}
        NODETORCH_TAG(core),
        NODETORCH_TAG(cudagraph_unsafe),
        NODETORCH_TAG(data_dependent_output),
        NODETORCH_TAG(dynamic_output_shape),
        NODETORCH_TAG(flexible_layout),
        NODETORCH_TAG(generated),
        NODETORCH_TAG(inplace_view),
        NODETORCH_TAG(maybe_aliasing_or_mutating),
        NODETORCH_TAG(needs_contiguous_strides),
        NODETORCH_TAG(needs_exact_strides),
        NODETORCH_TAG(needs_fixed_stride_order),
        NODETORCH_TAG(nondeterministic_bitwise),
        NODETORCH_TAG(nondeterministic_seeded),
        NODETORCH_TAG(pointwise),
        NODETORCH_TAG(pt2_compliant_tag),
        NODETORCH_TAG(reduction),
        NODETORCH_TAG(view_copy),
#undef NODETORCH_TAG
    };
    for (const auto& [name, tag] : LaterTags()) all->emplace(name, tag);
    return all;
  }();
  return *tags;
}

}  // namespace

at::Tag TagNamed(const std::string& name) {
  const auto found = Tags().find(name);
  if (found == Tags().end()) throw TypeProblem("there is no torch.Tag." + name);
  return found->second;
}

std::vector<std::string> TagsOf(const c10::OperatorHandle& op) {
  std::vector<std::string> names;
  for (const auto& [name, tag] : Tags()) {
    if (op.hasTag(tag)) names.push_back(name);
  }
  return names;
}

}  // namespace nodetorch
