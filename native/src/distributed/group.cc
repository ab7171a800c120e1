#include "distributed/group.h"

#if NODETORCH_GLOO
#include <c10/util/Exception.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupWrapper.hpp>
#include <utility>

#include "distributed/sockets.h"

namespace nodetorch {

const GroupPtr& Group::Use() const {
  if (!group_) C10_THROW_ERROR(ValueError, "The process group has been destroyed");
  return group_;
}

void Group::Close() {
  auto group = std::move(group_);
  auto gloo = std::move(gloo_);
  group_ = nullptr;
  gloo_ = nullptr;
  if (!group) return;
  peers->TellBy(nullptr);
  const auto guard = gloo->guard;
  guard->Close();
  const bool is_idle = guard->IsIdle() && std::this_thread::get_id() == js_thread_;
  if (is_idle && guard->transfers() == 0) return;
  const auto is_done = std::make_shared<std::atomic<bool>>(false);
  std::thread([group = std::move(group), gloo = std::move(gloo), is_done]() mutable {
    group.reset();
    gloo.reset();
    *is_done = true;
  }).detach();
  // It takes a moment, unless gloo's thread stops just now.
  for (int i = 0; is_idle && !*is_done && i < 1000; i++)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void ThrowNamed(const std::string& what, const Peers& peers, const std::exception_ptr& error) {
  std::string message;
  try {
    std::rethrow_exception(error);
  } catch (const c10::Error& problem) {
    message = problem.what_without_backtrace();
  } catch (const std::exception& problem) {
    message = problem.what();
  } catch (...) {
    message = "unknown C++ exception";
  }
  throw std::runtime_error(what + ": " + message +
                           peers.Fate(what.substr(0, what.find(" on rank ")), message));
}

namespace {

bool LooksAtDetails() {
  const char* level = std::getenv("TORCH_DISTRIBUTED_DEBUG");
  return level && std::strcmp(level, "DETAIL") == 0;
}

struct GroupTask : BlockingTask {
  GroupTask(std::shared_ptr<Promises> promises, std::vector<int64_t> ranks, int rank)
      : promises(std::move(promises)),
        rank(rank),
        size(static_cast<int>(ranks.size())),
        peers(std::make_shared<Peers>(std::move(ranks), rank)),
        guard(Guard::Of(peers)) {}

  std::shared_ptr<gloo::transport::Device> DeviceOf(const std::string& interface) const {
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface, c10d::getDefaultGlooLazyInit());
  }

  void AddDevices(c10d::ProcessGroupGloo::Options& options) const {
    for (const std::string& interface : interfaces)
      options.devices.push_back(guard->Watch([&] { return DeviceOf(interface); }));
    if (!interfaces.empty()) return;
    const bool lazy = c10d::getDefaultGlooLazyInit();
    const std::string address = host.empty() ? "" : AddressTowards(host, port);
    options.devices.push_back(guard->Watch([&] {
      return address.empty() ? c10d::ProcessGroupGloo::createDefaultDevice(lazy)
                             : c10d::ProcessGroupGloo::createDeviceForHostname(address, lazy);
    }));
  }

  GlooPtr MakeGloo(const StorePtr& place,
                   const c10::intrusive_ptr<c10d::ProcessGroupGloo::Options>& options) const {
    auto gloo = c10::make_intrusive<GuardedGloo>(guard, place, rank, size, options);
    guard->Keep(gloo, gloo->Connections());
    return gloo;
  }

  // PyTorch's wrapper, which lets the ranks compare by a second group what they call with which shapes.
  c10::intrusive_ptr<c10d::Backend> Checked(
      const GlooPtr& gloo, const StorePtr& store,
      const c10::intrusive_ptr<c10d::ProcessGroupGloo::Options>& options) const {
    const GlooPtr helper =
        MakeGloo(c10::make_intrusive<c10d::PrefixStore>("pg_wrapper:" + name, store), options);
    return c10::make_intrusive<c10d::ProcessGroupWrapper>(gloo, helper);
  }

  // Who has not come, behind an error of the store's.
  std::string Missing() const {
    std::vector<int> missing;
    try {
      for (int i = 0; i < size; i++) {
        if (!store->check({name + "//cpu//0/" + std::to_string(i)})) missing.push_back(i);
      }
    } catch (const std::exception&) {
      return "";  // the store is gone, too
    }
    if (missing.empty() || missing.size() == static_cast<size_t>(size)) return "";
    return ": " + peers->Name(missing) + (missing.size() == 1 ? " has" : " have") + " not come";
  }

  void Compute(const Stop& stop) override {
    try {
      // As Python's init_process_group does it, so that its ranks find the same keys.
      StorePtr stoppable = c10::make_intrusive<StoppableStore>(store, promises, peers);
      StorePtr prefixed = c10::make_intrusive<c10d::PrefixStore>(name + "/", stoppable);
      auto group = c10::make_intrusive<c10d::ProcessGroup>(prefixed, rank, size);
      group->setDefaultBackend(c10d::ProcessGroup::BackendType::GLOO);
      auto options = c10d::ProcessGroupGloo::Options::create(timeout);
      AddDevices(*options);
      options->threads = static_cast<int>(options->devices.size()) * 2;
      options->group_name = name;
      GlooPtr gloo = MakeGloo(c10::make_intrusive<c10d::PrefixStore>("cpu/", prefixed), options);
      c10::intrusive_ptr<c10d::Backend> backend = gloo;
      if (LooksAtDetails()) {
        backend = Checked(gloo, c10::make_intrusive<c10d::PrefixStore>("cpu/", prefixed), options);
      } else {
        gloo->setSequenceNumberForGroup();
      }
      group->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::BackendType::GLOO, backend);
      group->setGroupName(name);
      group->setGroupDesc(description);
      // Where details are compared the group goes on after an error, which would be told for ever.
      if (!LooksAtDetails()) {
        auto of_group = c10::make_intrusive<c10d::PrefixStore>(name + "/", store);
        peers->TellBy(std::make_shared<Notes>(std::move(of_group), rank, size));
      }
      made = std::make_shared<Group>(std::move(group), std::move(gloo), peers);
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception&) {
      if (stop) throw Cancelled();
      const auto error = std::current_exception();
      ThrowNamed(NameOf(what, *peers) + Missing(), *peers, error);
    }
  }
  napi_value Result(Environment& environment) override {
    return ToJs(environment, new GroupHandle(std::move(made)));
  }

  const std::shared_ptr<Promises> promises;
  StorePtr store;
  const int rank, size;
  const std::shared_ptr<Peers> peers;
  const std::shared_ptr<Guard> guard;
  std::chrono::milliseconds timeout{0};
  std::string name, description, what, host;
  uint16_t port = 0;
  std::vector<std::string> interfaces;
  std::shared_ptr<Group> made;
};

// makeGroup(store, place, ranks, timeout, [name, description, what], [host, port], interfaces): a promise of
// its handle. `ranks`: those of the default group that are in it, `place`: which of them is this one. The
// group is on the interface by which this machine reaches `host`; of no host, on the one of the machine's own
// name.
napi_value MakeGroup(Arguments& arguments) {
  const auto promises = Promises::Of(arguments.environment);
  auto task =
      std::make_shared<GroupTask>(promises, IntsArgument(arguments.environment, arguments[2], "ranks"),
                                  static_cast<int>(arguments.Int(1)));
  task->store = StoreAt(arguments, 0);
  task->timeout = MillisecondsAt(arguments, 3);
  const auto names = TextsAt(arguments, 4);
  task->name = names.at(0);
  task->description = names.at(1);
  task->what = names.at(2);
  task->host = TextAt(arguments, 5);
  task->port = static_cast<uint16_t>(arguments.Int(6));
  task->interfaces = TextsAt(arguments, 7);
  task->limit = 2 * task->timeout + std::chrono::milliseconds(2000);  // it waits several times
  task->late = NameOf(task->what, *task->peers) + ": the store has not answered for " +
               std::to_string(task->timeout.count()) + " ms";
  return promises->Run(std::move(task));
}

// closeGroup(group)
napi_value CloseGroup(Arguments& arguments) {
  GroupAt(arguments, 0)->Close();
  return Undefined(arguments.env);
}

// monitoredBarrier(group, timeout, waitsForAll): a promise
napi_value MonitoredBarrier(Arguments& arguments) {
  auto state = std::make_shared<WorkState>();
  state->group = GroupAt(arguments, 0);
  state->what = NameOf("monitoredBarrier", *state->group->peers);
  c10d::BarrierOptions options;
  options.timeout = MillisecondsAt(arguments, 1);
  state->work = state->group->gloo()->BeginMonitoredBarrier(options, arguments.Bool(2));
  return PromiseOf(arguments.environment, state);
}

}  // namespace

void DefineGroups(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"makeGroup", Entry<MakeGroup>},
          {"closeGroup", Entry<CloseGroup>},
          {"monitoredBarrier", Entry<MonitoredBarrier>}});
}

}  // namespace nodetorch
#endif
