#include "distributed/connections.h"

#if NODETORCH_GLOO
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <typeinfo>

namespace nodetorch {

namespace {

// What the names of the types begin with whose lock this is about.
constexpr const char* kTcp = "N4gloo9transport3tcp";

struct Answers {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<bool> has_answered;
  size_t count = 0;
};

}  // namespace

std::vector<Connection> ConnectionsOf(const std::vector<std::shared_ptr<gloo::Context>>& contexts, int own,
                                      int size) {
  std::vector<Connection> connections;
  // A lazy one would begin to connect where it is asked for.
  if (c10d::getDefaultGlooLazyInit()) return connections;
  for (const auto& context : contexts) {
    for (int place = 0; place < size; place++) {
      gloo::transport::Pair* pair = place == own ? nullptr : context->getPair(place).get();
      if (pair && std::strncmp(typeid(*pair).name(), kTcp, std::strlen(kTcp)) == 0)
        connections.push_back({place, reinterpret_cast<gloo::transport::tcp::Pair*>(pair)});
    }
  }
  return connections;
}

int LockedPlace(const std::vector<Connection>& connections) {
  const auto answers = std::make_shared<Answers>();
  answers->has_answered.resize(connections.size());
  for (size_t i = 0; i < connections.size(); i++) {
    std::thread([answers, i, pair = connections[i].pair] {
      pair->isConnected();  // locks it
      const std::lock_guard<std::mutex> lock(answers->mutex);
      answers->has_answered[i] = true;
      answers->count++;
      answers->changed.notify_all();
    }).detach();
  }
  std::unique_lock<std::mutex> lock(answers->mutex);
  // By the system's clock, as glibc 2.28 can: wait_for takes the steady one.
  const auto latest = std::chrono::system_clock::now() + std::chrono::seconds(2);
  const bool is_known =
      answers->changed.wait_until(lock, latest, [&] { return answers->count + 1 >= connections.size(); });
  for (size_t i = 0; is_known && i < connections.size(); i++)
    if (!answers->has_answered[i]) return connections[i].place;
  return -1;
}

}  // namespace nodetorch
#endif
