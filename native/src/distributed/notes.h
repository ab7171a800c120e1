// What each rank was at when its collective failed, in the store of the group: by that the others know who
// waits with them, and who does not. Nothing is written as long as nothing fails.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "distributed/c10d.h"

#if NODETORCH_GLOO
namespace nodetorch {

class Notes {
 public:
  // `store`: of the group. `own`: the place of this rank among `size`.
  Notes(c10::intrusive_ptr<c10d::Store> store, int own, int size)
      : store_(std::move(store)), own_(own), size_(size) {}

  ~Notes();

  // Both on any thread.
  //
  // Writes this rank's own, once, on a thread of its own: a store may answer never. It is asked nothing where
  // `is_there` says that its process has ended, of which libtorch would write lines of its own.
  void Begin(const std::string& text, const std::function<bool()>& is_there);
  // What the others have written, by their places, as soon as all have, or a second after Begin.
  std::map<int, std::string> Others();

 private:
  struct State;
  const c10::intrusive_ptr<c10d::Store> store_;
  const int own_, size_;
  std::mutex mutex_;
  std::shared_ptr<State> state_;
};

}  // namespace nodetorch
#endif
