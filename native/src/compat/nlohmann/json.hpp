// libtorch's packages lack this header, which ATen/functorch/Interpreter.h includes to write
// interpreters as text. Nothing here does that: the names are enough.
#pragma once

#include <string>

namespace nlohmann {

struct json {
  json();
  template <typename T>
  json(const T&);
  static json parse(const std::string&);
  std::string dump() const;
  template <typename T>
  T get() const;
};

}  // namespace nlohmann
