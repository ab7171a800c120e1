// Collectives: each begins at once, and gives a work to wait for.
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include "distributed/group.h"

#if NODETORCH_GLOO
#include <c10/util/Exception.h>

// libtorch gives some of its functions other names and leaves the old ones for other versions' sake, as here.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace nodetorch {

namespace {

using std::chrono::milliseconds;
using Tensors = std::vector<at::Tensor>;

struct Call {
  c10d::ProcessGroup& group;
  Tensors outputs, inputs;
  c10d::ReduceOp op;
  int64_t peer;  // root, source or destination in the group
  milliseconds timeout;
  std::vector<int64_t> numbers;  // a tag, or sizes of parts: as many of the output as of the input

  template <typename Options>
  Options With() const {
    Options options;
    options.timeout = timeout;
    return options;
  }
  template <typename Options>
  Options WithRoot() const {
    auto options = With<Options>();
    options.rootRank = peer;
    return options;
  }
  template <typename Options>
  Options Reducing() const {
    auto options = With<Options>();
    options.reduceOp = op;
    return options;
  }
  int tag() const { return static_cast<int>(numbers.at(0)); }
  std::vector<std::vector<at::Tensor>> Lists(const Tensors& tensors) const {
    if (tensors.empty()) return {};
    return {tensors};
  }
};

using Begin = std::function<WorkPtr(Call&)>;

WorkPtr BeginReduce(Call& call) {
  auto options = call.Reducing<c10d::ReduceOptions>();
  options.rootRank = call.peer;
  return call.group.reduce(call.inputs, options);
}

WorkPtr BeginAllGatherCoalesced(Call& call) {
  // The lists of the ranks, one behind another.
  std::vector<std::vector<at::Tensor>> lists;
  const size_t each = call.inputs.size();
  for (size_t i = 0; i < call.outputs.size(); i += each)
    lists.emplace_back(call.outputs.begin() + i, call.outputs.begin() + i + each);
  return call.group.allgather_coalesced(lists, call.inputs, call.With<c10d::AllgatherOptions>());
}

WorkPtr BeginAllToAllBase(Call& call) {
  const auto half = call.numbers.begin() + call.numbers.size() / 2;
  std::vector<int64_t> outputs(call.numbers.begin(), half), inputs(half, call.numbers.end());
  return call.group.alltoall_base(call.outputs.at(0), call.inputs.at(0), outputs, inputs,
                                  call.With<c10d::AllToAllOptions>());
}

WorkPtr BeginScatter(Call& call) {
  auto lists = call.Lists(call.inputs);
  return call.group.scatter(call.outputs, lists, call.WithRoot<c10d::ScatterOptions>());
}

WorkPtr BeginGather(Call& call) {
  auto lists = call.Lists(call.outputs);
  return call.group.gather(lists, call.inputs, call.WithRoot<c10d::GatherOptions>());
}

WorkPtr BeginAllGather(Call& call) {
  auto lists = call.Lists(call.outputs);
  return call.group.allgather(lists, call.inputs, call.With<c10d::AllgatherOptions>());
}

WorkPtr BeginReduceScatter(Call& call) {
  auto lists = call.Lists(call.inputs);
  return call.group.reduce_scatter(call.outputs, lists, call.Reducing<c10d::ReduceScatterOptions>());
}

WorkPtr BeginBarrier(Call& call) {
  auto options = call.With<c10d::BarrierOptions>();
  options.device = c10::Device(c10::DeviceType::CPU);
  return call.group.barrier(options);
}

WorkPtr BeginReceive(Call& call) {
  const int from = static_cast<int>(call.peer);
  return from < 0 ? call.group.recvAnysource(call.outputs, call.tag())
                  : call.group.recv(call.outputs, from, call.tag());
}

// By the names of lib/distributed.
const std::map<std::string, Begin>& Collectives() {
  static const auto* all = new std::map<std::string, Begin>{
      {"broadcast",
       [](Call& call) { return call.group.broadcast(call.inputs, call.WithRoot<c10d::BroadcastOptions>()); }},
      {"allReduce",
       [](Call& call) { return call.group.allreduce(call.inputs, call.Reducing<c10d::AllreduceOptions>()); }},
      {"allReduceCoalesced",
       [](Call& call) {
         return call.group.allreduce_coalesced(call.inputs, call.Reducing<c10d::AllreduceCoalescedOptions>());
       }},
      {"reduce", BeginReduce},
      {"allGather", BeginAllGather},
      {"allGatherIntoTensor",
       [](Call& call) {
         return call.group._allgather_base(call.outputs.at(0), call.inputs.at(0),
                                           call.With<c10d::AllgatherOptions>());
       }},
      {"allGatherCoalesced", BeginAllGatherCoalesced},
      {"gather", BeginGather},
      {"scatter", BeginScatter},
      {"reduceScatter", BeginReduceScatter},
      {"reduceScatterTensor",
       [](Call& call) {
         return call.group._reduce_scatter_base(call.outputs.at(0), call.inputs.at(0),
                                                call.Reducing<c10d::ReduceScatterOptions>());
       }},
      {"allToAllSingle", BeginAllToAllBase},
      {"allToAll",
       [](Call& call) {
         return call.group.alltoall(call.outputs, call.inputs, call.With<c10d::AllToAllOptions>());
       }},
      {"barrier", BeginBarrier},
      {"send",
       [](Call& call) { return call.group.send(call.inputs, static_cast<int>(call.peer), call.tag()); }},
      {"recv", BeginReceive}};
  return *all;
}

// collective(group, name, outputs, inputs, [op, peer, timeout], numbers, text): a work's handle. `text` is
// what errors call it.
napi_value Collective(Arguments& arguments) {
  const std::shared_ptr<Group> group = GroupAt(arguments, 0);
  const std::string name = TextAt(arguments, 1);
  Environment& environment = arguments.environment;
  const auto settings = IntsArgument(environment, arguments[4], "settings");
  Call call{*group->Use(),
            TensorsArgument(environment, arguments[2], "argument"),
            TensorsArgument(environment, arguments[3], "argument"),
            c10d::ReduceOp(static_cast<c10d::ReduceOp::RedOpType>(settings.at(0))),
            settings.at(1),
            milliseconds(settings.at(2)),
            IntsArgument(environment, arguments[5], "numbers")};
  auto state = std::make_shared<WorkState>();
  state->what = NameOf(TextAt(arguments, 6), *group->peers);
  state->group = group;
  try {
    state->work = Collectives().at(name)(call);
  } catch (const std::invalid_argument& problem) {  // as Python has it
    C10_THROW_ERROR(ValueError, state->what + ": " + problem.what());
  } catch (const c10::ValueError&) {
    throw;
  } catch (const std::exception&) {
    ThrowNamed(state->what, *group->peers, std::current_exception());
  }
  return ToJs(environment, new WorkHandle(std::move(state)));
}

}  // namespace

void DefineWorks(Napi::Env env, Napi::Object exports) {
  Define(env, exports, {{"collective", Entry<Collective>}});
  DefineWaits(env, exports);
}

}  // namespace nodetorch
#endif
