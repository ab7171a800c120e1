// JS values that C++ holds.
#pragma once

#include <node_api.h>

#include <memory>
#include <mutex>
#include <vector>

namespace nodetorch {

class Environment;

// The part of an environment that other threads, finalizers and tensors may still point at after it has
// ended.
class Mailbox {
 public:
  explicit Mailbox(Environment* environment) : environment_(environment) {}

  Environment& environment();      // throws once it has ended
  Environment* FindEnvironment();  // null once it has ended
  // The environment ends, and takes its references with it.
  void Close();
  // From any thread, also inside a collection: the reference is to be deleted.
  void Drop(napi_ref reference);
  // On the JS thread: deletes the references that were dropped. Looks without the lock whether there are any:
  // one that it misses is deleted at the next call.
  void DeleteDropped(napi_env env) {
    if (!dropped_.empty()) DeleteAllDropped(env);
  }

 private:
  void DeleteAllDropped(napi_env env);

  std::mutex mutex_;
  Environment* environment_;  // null once it has ended
  std::vector<napi_ref> dropped_;
};

// A JS value held by C++. May be destroyed on any thread, and inside a collection. For the rest: on the JS
// thread.
class Persistent {
 public:
  Persistent(Environment& environment, napi_value value);
  Persistent(const Persistent&) = delete;
  Persistent& operator=(const Persistent&) = delete;
  ~Persistent();
  napi_value Get() const;  // null where the reference was weak, and the value has been collected
  // It is strong at first. Only ever to the other: Node-API counts.
  void SetStrong(bool strong);
  Environment& environment() const { return mailbox_->environment(); }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  napi_ref reference_ = nullptr;
};

}  // namespace nodetorch
