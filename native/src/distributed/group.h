// A process group over gloo, and the collectives that are under way in it.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "distributed/c10d.h"
#include "distributed/guarded_gloo.h"
#include "distributed/handles.h"
#include "distributed/peers.h"
#include "distributed/promises.h"

#if NODETORCH_GLOO
namespace nodetorch {

using GroupPtr = c10::intrusive_ptr<c10d::ProcessGroup>;
using GlooPtr = c10::intrusive_ptr<GuardedGloo>;

// Owned by its handle, and by works that are waited for.
class Group {
 public:
  Group(GroupPtr group, GlooPtr gloo, std::shared_ptr<Peers> peers)
      : peers(std::move(peers)), group_(std::move(group)), gloo_(std::move(gloo)) {}
  ~Group() { Close(); }

  // Throw where the group has been destroyed.
  const GroupPtr& Use() const;
  const GlooPtr& gloo() const {
    Use();
    return gloo_;
  }
  // gloo's destructor waits for its threads, so it must not run on one of them, which may be the last to let
  // go of a work. It also waits for what is under way, which may take as long as the timeout. So it runs here
  // on the thread of JavaScript when nothing is under way, and else on a thread of its own.
  void Close();
  void Belongs(std::thread::id js_thread) { js_thread_ = js_thread; }

  const std::shared_ptr<Peers> peers;

 private:
  GroupPtr group_;
  GlooPtr gloo_;
  std::thread::id js_thread_;
};

struct GroupHandle : Held {
  explicit GroupHandle(std::shared_ptr<Group> made) : group(std::move(made)) {
    group->Belongs(std::this_thread::get_id());
  }
  const std::shared_ptr<Group> group;
};

inline const std::shared_ptr<Group>& GroupAt(Arguments& arguments, size_t i) {
  return HandleAt<GroupHandle>(arguments, i, "a process group").group;
}

// A collective that has begun.
struct WorkState {
  WorkPtr work;
  std::string what;  // for errors
  std::shared_ptr<Group> group;

  [[noreturn]] void Throw(const std::exception_ptr& error) const;
};

struct WorkHandle : Held {
  explicit WorkHandle(std::shared_ptr<WorkState> state) : state(std::move(state)) {}
  const std::shared_ptr<WorkState> state;
};

// A promise that is settled when it is done.
napi_value PromiseOf(Environment& environment, const std::shared_ptr<WorkState>& state);

// By its handle.
WorkPtr WorkOf(Arguments& arguments, size_t i);
WorkPtr WorkIn(Environment& environment, napi_value handle);

// The error as gloo says it, behind what failed and where, and before which peer is lost.
[[noreturn]] void ThrowNamed(const std::string& what, const Peers& peers, const std::exception_ptr& error);

// What an error begins with: "allReduce on rank 1 of 2".
inline std::string NameOf(const std::string& operation, const Peers& peers) {
  return operation + " on " + peers.Own();
}

}  // namespace nodetorch
#endif
