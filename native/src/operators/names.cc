#include "operators/names.h"

#include <cctype>
#include <mutex>
#include <unordered_map>

namespace nodetorch {

namespace {

std::mutex ids_mutex;
std::unordered_map<std::string, uint32_t>& Ids() {
  static auto* ids = new std::unordered_map<std::string, uint32_t>();  // outlives all threads
  return *ids;
}

}  // namespace

std::string CamelCase(const std::string& snake) {
  std::string camel;
  size_t i = 0;
  while (i < snake.size() && snake[i] == '_') camel += snake[i++];
  for (; i < snake.size(); i++) {
    const bool inner =
        snake[i] == '_' && i > 0 && snake[i - 1] != '_' && i + 1 < snake.size() && snake[i + 1] != '_';
    if (inner) {
      camel += static_cast<char>(std::toupper(snake[++i]));
    } else {
      camel += snake[i];
    }
  }
  return camel;
}

uint32_t NameId(const std::string& name) {
  std::lock_guard<std::mutex> lock(ids_mutex);
  auto& ids = Ids();
  return ids.emplace(name, static_cast<uint32_t>(ids.size() + 1)).first->second;
}

uint32_t KnownNameId(const std::string& name) {
  std::lock_guard<std::mutex> lock(ids_mutex);
  const auto found = Ids().find(name);
  return found == Ids().end() ? 0 : found->second;
}

}  // namespace nodetorch
