// What operators say of themselves beyond a schema: torch.Tag.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/enum_tag.h>

#include <string>
#include <vector>

namespace nodetorch {

// Throws where there is none of that name.
at::Tag TagNamed(const std::string& name);
std::vector<std::string> TagsOf(const c10::OperatorHandle& op);

}  // namespace nodetorch
