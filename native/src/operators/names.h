// Names of operators and of their parameters, as schemas and as JavaScript spell them.
#pragma once

#include <cstdint>
#include <string>

namespace nodetorch {

// PyTorch's name in camelCase: "max_pool2d" is "maxPool2d"; underscores at the ends stay.
std::string CamelCase(const std::string& snake);

// A number for each name of a parameter, so that finding a keyword's parameter compares no texts.
uint32_t NameId(const std::string& name);
uint32_t KnownNameId(const std::string& name);  // 0 if no parameter has that name

}  // namespace nodetorch
