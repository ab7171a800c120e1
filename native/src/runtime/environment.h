// What one load of the addon knows: its JS constructors, pending work, the way to collect garbage.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/forward_level.h"
#include "runtime/handle.h"
#include "runtime/js_thread.h"

namespace nodetorch {

class Environment;

// The part of an environment that other threads, finalizers and tensors may still point at after
// it is gone.
struct Mailbox {
  std::mutex mutex;
  Environment* environment = nullptr;  // null once the environment has ended
  std::vector<napi_ref> dead;          // references to delete on the JS thread
};

// A JS value held by C++. May be destroyed on any thread, and inside a collection.
class Persistent {
 public:
  Persistent(Environment& environment, napi_value value);
  Persistent(const Persistent&) = delete;
  Persistent& operator=(const Persistent&) = delete;
  ~Persistent();
  napi_value Get() const;  // on the JS thread only
  Environment& environment() const;

 private:
  std::shared_ptr<Mailbox> mailbox_;
  napi_ref reference_ = nullptr;
};

// A JS exception on its way through C++: through an operator, or through autograd's engine. Reaches
// the JS caller as the very value that was thrown.
struct JsException : std::exception {
  explicit JsException(std::shared_ptr<Persistent> thrown) : value(std::move(thrown)) {}
  const char* what() const noexcept override { return "an exception thrown by JavaScript"; }
  std::shared_ptr<Persistent> value;
};

// A wrong argument; becomes a TypeError. RangeProblem becomes a RangeError.
struct TypeProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct RangeProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What an operator leaves beside its result, with a value. lib/native/dispatch.ts has the same numbers.
enum class Outcome : int32_t {
  kPlain,       // the result is what it is
  kNew,         // a new tensor, owned by the blank that was given; its number
  kNewInScope,  // the same, owned by the innermost scope
  kGiven,       // an argument; which
  kSeveral,     // several tensors; how many, and behind it for each the number of a new one, 0 for none, or
                // -1 - i for argument i. JavaScript makes their objects and calls own().
  kGivenAmong,  // a list with the positions of arguments in it; one bit for each place that holds one
};

class Environment {
 public:
  Environment(napi_env env, napi_env owner);
  ~Environment();

  static Environment& Of(napi_env env);

  napi_env env() const { return env_; }
  // Values that have a finalizer are made with this one. Node looks for a pending exception of a
  // finalizer's environment after it ran, and one of ours may be on its way while V8 collects: it
  // would be taken for the finalizer's and end the process. Nothing is ever thrown in this one.
  napi_env owner() const { return owner_; }
  HandlePool& pool() const { return pool_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  const std::shared_ptr<JsThread>& thread() const { return thread_; }
  ForwardLevel& forward_level() { return forward_level_; }

  // Anomaly detection is libtorch's for the whole process: the scopes of it that are open here, and what
  // was set outside of them.
  int64_t anomaly_scopes = 0;
  int64_t anomaly_outside = 0;

  // Given by lib/native/index.ts right after loading, which also keeps them: these are weak.
  napi_ref torch_error = nullptr;  // constructors
  napi_ref type_error = nullptr;
  napi_ref range_error = nullptr;
  napi_ref collect = nullptr;  // (full: boolean) => void
  napi_ref warn = nullptr;     // (message: string) => void

  napi_value HandleKey() const;

  // The Float64Array in which numbers go from one side to the other: sizes, and the elements of operators'
  // lists. An array made here would cost more, and belong to another realm than the caller's under a test
  // runner.
  void SetExchange(napi_value array);
  void LeaveSizes(at::IntArrayRef sizes) const;
  const double* exchange() const { return exchange_; }
  size_t exchange_length() const { return exchange_length_; }

  // The Int32Array in which operators leave what became of their result, and whether a collection is due.
  void SetOutcome(napi_value array);
  void Leave(Outcome outcome, uint32_t value = 0) const {
    outcome_[0] = static_cast<int32_t>(outcome);
    outcome_[1] = static_cast<int32_t>(value);
    outcome_[2] = CollectionIsDue();
  }
  static constexpr size_t kMostSeveral = 61;
  // The number of each that kSeveral speaks of.
  int32_t& NumberOf(size_t i) const { return outcome_[3 + i]; }

  // Before anything native runs: deletes dead references, and collects young garbage when much native memory
  // was made since the last time. Operators have it done before the object of their result is made, which a
  // collection of all would make an old one: what it holds would stay until the next.
  void Tend();
  // Collects everything that can be; for a failed allocation.
  void CollectAll();
  // Runs `allocate`, once more after collecting when memory runs out.
  at::Tensor Allocate(const std::function<at::Tensor()>& allocate);
  void EmitWarnings();

 private:
  bool CollectionIsDue() const { return pool_.made_since_collection >= collect_after_; }

  napi_env env_;
  napi_env owner_;
  HandlePool& pool_;
  std::shared_ptr<Mailbox> mailbox_;
  napi_ref handle_key_ = nullptr;
  double* exchange_ = nullptr;
  size_t exchange_length_ = 0;
  int32_t* outcome_ = nullptr;
  std::shared_ptr<JsThread> thread_;
  ForwardLevel forward_level_;
  int64_t collect_after_;
};

// Throws what `status` says, or the pending JS exception as a JsException.
void Check(napi_env env, napi_status status);
// Throws what went wrong in the last call of Node-API.
[[noreturn]] void Fail(napi_env env);
// Takes the pending JS exception, if there is one, out of `env`.
void ThrowPending(napi_env env);

}  // namespace nodetorch
