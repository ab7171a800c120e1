#include "distributed/notes.h"

#if NODETORCH_GLOO
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace nodetorch {

namespace {

using Clock = std::chrono::system_clock;  // waits by the steady one need glibc 2.30

// In bytes from a peer: one that says more is cut off.
constexpr size_t kLongestNote = 200;

std::string KeyOf(int place) { return "nodetorch/failed/" + std::to_string(place); }

std::string Printable(const std::vector<uint8_t>& bytes) {
  std::string text(bytes.begin(), bytes.begin() + std::min(bytes.size(), kLongestNote));
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

struct Notes::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<int, std::string> others;
  bool is_done = false;
  std::atomic<bool> is_closed{false};
  const Clock::time_point latest = Clock::now() + std::chrono::milliseconds(1000);
};

Notes::~Notes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_) state_->is_closed = true;
}

void Notes::Begin(const std::string& text, const std::function<bool()>& is_there) {
  const std::lock_guard<std::mutex> once(mutex_);
  if (state_) return;
  state_ = std::make_shared<State>();
  std::thread([state = state_, store = store_, own = own_, size = size_, text, is_there] {
    const auto goes_on = [&] { return !state->is_closed && Clock::now() < state->latest && is_there(); };
    try {
      std::map<int, std::string> found;
      if (goes_on()) store->set(KeyOf(own), std::vector<uint8_t>(text.begin(), text.end()));
      while (found.size() + 1 < static_cast<size_t>(size) && goes_on()) {
        for (int place = 0; place < size; place++) {
          if (place == own || found.count(place) > 0 || !store->check({KeyOf(place)})) continue;
          found[place] = Printable(store->get(KeyOf(place)));
          const std::lock_guard<std::mutex> lock(state->mutex);
          state->others = found;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    } catch (const std::exception&) {  // it is gone, or has something else there
    }
    const std::lock_guard<std::mutex> lock(state->mutex);
    state->is_done = true;
    state->changed.notify_all();
  }).detach();
}

std::map<int, std::string> Notes::Others() {
  std::shared_ptr<State> state;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    state = state_;
  }
  if (!state) return {};
  std::unique_lock<std::mutex> lock(state->mutex);
  state->changed.wait_until(lock, state->latest + std::chrono::milliseconds(100),
                            [&] { return state->is_done; });
  return state->others;
}

}  // namespace nodetorch
#endif
