// What DistributedDataParallel is made of: libtorch's own Reducer and Logger. lib/nn/parallel calls them in
// the order of Python's.
#include <algorithm>
#include <string>
#include <utility>

#include "compat/libtorch.h"
#include "distributed/comm_hooks.h"
#include "distributed/group.h"

#if NODETORCH_GLOO
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>

#include <torch/csrc/distributed/c10d/logger.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

namespace nodetorch {

namespace {

using torch::autograd::variable_list;

// The graphs' hooks call the reducer without holding it, and on another thread's pass it is locked: if it
// ended then, the logger's destructor would wait for that lock. The order of destruction counts, since the
// logger asks the reducer.
struct ReducerState : UsedByPasses {
  std::shared_ptr<Group> group;
  std::shared_ptr<c10d::Reducer> reducer;
  std::shared_ptr<c10d::Logger> logger;
  const RunningHooks running = std::make_shared<std::atomic<int>>(0);

  ~ReducerState() override {
    // Both say in their destructors that they may throw.
    try {
      logger.reset();
      if (reducer) reducer->remove_autograd_hooks();  // none where making it failed
      reducer.reset();
    } catch (...) {
    }
  }

  // A collective of the reducer's that has failed.
  void Explain(const std::exception_ptr& error) const override {
    try {
      std::rethrow_exception(error);
    } catch (const c10::Error&) {
    } catch (const JsException&) {
    } catch (const std::exception& problem) {
      if (std::string(problem.what()).find("gloo") == std::string::npos) return;
      ThrowNamed(NameOf("backward of DistributedDataParallel", *group->peers), *group->peers, error);
    }
  }
};

struct ReducerHandle : Held {
  const std::shared_ptr<ReducerState> state = std::make_shared<ReducerState>();
};

// A pass that waits for its hook of JavaScript has locked the reducer: this thread would wait for itself.
ReducerState& ReducerAt(Arguments& arguments, size_t i) {
  ReducerState& state = *HandleAt<ReducerHandle>(arguments, i, "a reducer").state;
  TORCH_CHECK(*state.running == 0,
              "DistributedDataParallel is in a backward pass whose communication hook has not ended: await "
              "backwardAsync() before the module is used again, and do not use it inside the hook");
  return state;
}

std::vector<int64_t> NumbersAt(Arguments& arguments, size_t i) {
  return IntsArgument(arguments.environment, arguments[i], "numbers");
}

std::vector<at::Tensor> TensorsAt(Arguments& arguments, size_t i) {
  return TensorsArgument(arguments.environment, arguments[i], "argument");
}

// What goes wrong between ranks is said with the rank.
template <typename F>
void Named(const std::string& operation, const Group& group, F&& perform) {
  try {
    perform();
  } catch (const c10::Error&) {
    throw;  // libtorch's own sentences, which Python has, too
  } catch (const std::exception&) {
    ThrowNamed(NameOf(operation, *group.peers), *group.peers, std::current_exception());
  }
}

// verifyParameters(group, parameters): throws where the ranks have other ones.
napi_value VerifyParameters(Arguments& arguments) {
  const auto group = GroupAt(arguments, 0);
  Named("DistributedDataParallel", *group,
        [&] { c10d::verify_params_across_processes(group->Use(), TensorsAt(arguments, 1), {}); });
  return Undefined(arguments.env);
}

// broadcastCoalesced(group, tensors, bytes, root): blocks.
napi_value BroadcastCoalesced(Arguments& arguments) {
  const auto group = GroupAt(arguments, 0);
  const auto tensors = TensorsAt(arguments, 1);
  Named("broadcast of parameters and buffers", *group, [&] {
    c10d::broadcast_coalesced(group->Use(), tensors, static_cast<size_t>(arguments.Int(2)),
                              static_cast<int>(arguments.Int(3)));
  });
  return Undefined(arguments.env);
}

// makeReducer(group, parameters, [is sparse], [bucket cap, first bucket's cap, flags], initial caps,
// rebuilding caps, names, [module's name]). Flags: 1 find unused parameters, 2 gradients are views, 4 skip
// unused ones, 8 static graph, 16 buffers are broadcast, 32 SyncBatchNorm, 64 gradients are copied in
// batches.
napi_value MakeReducer(Arguments& arguments) {
  auto handle = std::make_unique<ReducerHandle>();
  ReducerState& made = *handle->state;
  made.group = GroupAt(arguments, 0);
  const auto parameters = TensorsAt(arguments, 1);
  std::vector<bool> is_sparse;
  for (const int64_t one : NumbersAt(arguments, 2)) is_sparse.push_back(one != 0);
  const auto settings = NumbersAt(arguments, 3);
  const int64_t flags = settings.at(2);
  const auto caps = NumbersAt(arguments, 4);
  const auto names = TextsAt(arguments, 6);
  auto buckets = std::get<0>(c10d::compute_bucket_assignment_by_size(
      parameters, std::vector<size_t>(caps.begin(), caps.end()), is_sparse));
  std::reverse(buckets.begin(), buckets.end());
  std::unordered_map<size_t, std::string> by_index;
  for (size_t i = 0; i < names.size(); i++) by_index.emplace(i, names[i]);
  made.reducer = ReducerOf<c10d::Reducer>((flags & 64) != 0, parameters, std::move(buckets),
                                          made.group->Use(), is_sparse, settings.at(0), (flags & 1) != 0,
                                          (flags & 2) != 0, std::move(by_index), settings.at(1),
                                          (flags & 4) != 0, false, NumbersAt(arguments, 5));
  made.logger = std::make_shared<c10d::Logger>(made.reducer);
  made.reducer->set_logger(made.logger);
  made.logger->set_construction_data_and_log(TextsAt(arguments, 7).at(0), {}, -1, (flags & 16) != 0,
                                             (flags & 32) != 0, (flags & 8) != 0);
  if (flags & 8) {
    made.reducer->set_static_graph();
    made.logger->set_static_graph();
  }
  arguments.environment.thread()->Lend(handle->state);
  return ToJs(arguments.environment, handle.release());
}

// prepareForward(reducer)
napi_value PrepareForward(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  state.logger->set_runtime_stats_and_log();
  state.reducer->prepare_for_forward();
  return Undefined(arguments.env);
}

// rebuildBuckets(reducer): whether it has, which all ranks do at the same time.
napi_value RebuildBuckets(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  bool is_rebuilt = false;
  Named("DistributedDataParallel", *state.group, [&] { is_rebuilt = state.reducer->rebuild_buckets(); });
  return Napi::Boolean::New(arguments.env, is_rebuilt);
}

// prepareBackward(reducer, outputs): those by which unused parameters are found, or none.
napi_value PrepareBackward(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  arguments.environment.thread()->Lend(HandleAt<ReducerHandle>(arguments, 0, "a reducer").state);
  state.reducer->prepare_for_backward(TensorsAt(arguments, 1));
  return Undefined(arguments.env);
}

// Python's _DDPSink: outputs that the loss does not use get an undefined gradient, which tells the reducer,
// and a static graph's first backward pass ends with all buckets at once.
struct Sink : torch::autograd::Function<Sink> {
  struct State : torch::CustomClassHolder {
    std::weak_ptr<c10d::Reducer> reducer;
    bool delays = false;
  };

  // A list of another type would not be seen as one of tensors.
  static variable_list forward(torch::autograd::AutogradContext* context, at::TensorList outputs,
                               const c10::intrusive_ptr<State>& state) {
    context->set_materialize_grads(false);
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    variable_list clones;
    for (const at::Tensor& output : outputs) clones.push_back(output.clone());
    return clones;
  }

  static variable_list backward(torch::autograd::AutogradContext* context, variable_list gradients) {
    const auto state = c10::static_intrusive_pointer_cast<State>(context->saved_data["state"].toCapsule());
    if (std::exchange(state->delays, false)) {
      torch::autograd::Engine::get_default_engine().queue_callback([weak = state->reducer] {
        if (const auto reducer = weak.lock()) reducer->delay_all_reduce();
      });
    }
    gradients.emplace_back();  // of the state
    return gradients;
  }
};

// sink(reducer, outputs, isStatic): what forward is to return instead of them.
napi_value SinkOutputs(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  auto sink = c10::make_intrusive<Sink::State>();
  sink->reducer = state.reducer;
  sink->delays = arguments.Bool(2);
  const auto outputs = TensorsAt(arguments, 1);
  return ToJs(arguments.environment, Sink::apply(at::TensorList(outputs), sink));
}

// builtinHook(reducer, name): 'allReduce', 'fp16', 'bf16'
napi_value BuiltinHook(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  const std::string name = TextAt(arguments, 1);
  if (name == "bf16") {
    state.reducer->register_comm_hook(MakeBf16Hook(state.group->Use()));
    state.logger->set_comm_hook("bf16_compress_hook");
    return Undefined(arguments.env);
  }
  state.reducer->register_builtin_comm_hook(name == "fp16" ? c10d::BuiltinCommHookType::FP16_COMPRESS
                                                           : c10d::BuiltinCommHookType::ALLREDUCE);
  state.logger->set_comm_hook(name == "fp16" ? "FP16_COMPRESS" : "ALLREDUCE");
  return Undefined(arguments.env);
}

// commHook(reducer, hook, name): hook(buffer, index, isLast) returns a work's handle, or the
// promise of a tensor.
napi_value CommHook(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  state.reducer->register_comm_hook(
      MakeJsHook(arguments.environment, arguments[1], *state.group, state.running));
  state.logger->set_comm_hook(TextAt(arguments, 2));
  return Undefined(arguments.env);
}

// ddpLog(reducer): what Python's _get_ddp_logging_data gives.
napi_value DdpLog(Arguments& arguments) {
  const auto data = ReducerAt(arguments, 0).logger->get_ddp_logging_data();
  Napi::Object log = Napi::Object::New(arguments.env);
  for (const auto& [key, value] : data.strs_map) log.Set(key, value);
  for (const auto& [key, value] : data.ints_map) log.Set(key, static_cast<double>(value));
  return log;
}

// joinForward(reducer, work, dividesByInitialSize): of a rank that has inputs left.
napi_value JoinForward(Arguments& arguments) {
  ReducerAt(arguments, 0).reducer->set_forward_pass_work_handle(WorkOf(arguments, 1), arguments.Bool(2));
  return Undefined(arguments.env);
}

// joinBackward(reducer): of one that has none, the collectives of a backward pass with zeros. Blocks.
napi_value JoinBackward(Arguments& arguments) {
  ReducerState& state = ReducerAt(arguments, 0);
  Named("join", *state.group, [&] {
    auto buckets = state.reducer->get_grad_buckets(true);
    std::vector<c10::intrusive_ptr<c10::ivalue::Future>> all;
    for (auto& bucket : buckets) all.push_back(state.reducer->run_comm_hook(bucket));
    for (const auto& one : all) one->waitAndThrow();
  });
  return Undefined(arguments.env);
}

// joinUsed(reducer): the map of used parameters that is reduced where they are looked for.
napi_value JoinUsed(Arguments& arguments) {
  return ToJs(arguments.environment, ReducerAt(arguments, 0).reducer->get_local_used_map_on_device());
}

// joinBegins(reducer)
napi_value JoinBegins(Arguments& arguments) {
  ReducerAt(arguments, 0).logger->set_uneven_input_join();
  return Undefined(arguments.env);
}

}  // namespace

void DefineReducer(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"verifyParameters", Entry<VerifyParameters>},
          {"broadcastCoalesced", Entry<BroadcastCoalesced>},
          {"makeReducer", Entry<MakeReducer>},
          {"prepareForward", Entry<PrepareForward>},
          {"rebuildBuckets", Entry<RebuildBuckets>},
          {"prepareBackward", Entry<PrepareBackward>},
          {"sink", Entry<SinkOutputs>},
          {"builtinHook", Entry<BuiltinHook>},
          {"commHook", Entry<CommHook>},
          {"ddpLog", Entry<DdpLog>},
          {"joinForward", Entry<JoinForward>},
          {"joinBackward", Entry<JoinBackward>},
          {"joinUsed", Entry<JoinUsed>},
          {"joinBegins", Entry<JoinBegins>}});
}

}  // namespace nodetorch
#endif
