#include "distributed/stores.h"

#if NODETORCH_GLOO
#include <c10/util/Exception.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "distributed/handles.h"
#include "distributed/sockets.h"

namespace nodetorch {

namespace {

using std::chrono::milliseconds;

std::string Join(const std::vector<std::string>& keys) {
  std::string all;
  for (const std::string& key : keys) all += (all.empty() ? "" : ", ") + key;
  return all;
}

struct TcpStoreTask : BlockingTask {
  void Compute(const Stop& stop) override {
    const auto begin = std::chrono::steady_clock::now();
    c10d::TCPStoreOptions options;
    options.port = port;
    options.isServer = is_server;
    options.numWorkers = workers;
    options.timeout = timeout;
    // A client tells a server of Python's that it is there. A server of ours need not be told: gloo's set-up
    // waits for all ranks anyway, and can be stopped.
    options.waitWorkers = !is_server;
    options.useLibUV = uses_libuv;
    if (is_server) {
      const Listener listener = Listen(listen_on.empty() ? host : listen_on, port);
      options.masterListenFd = listener.socket;
      options.port = port = listener.port;
      address = listener.address;
      is_everywhere = listener.is_everywhere;
    } else {
      WaitForListener(host, port, timeout, stop);
      const auto used = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
      options.timeout = std::max(timeout - used, milliseconds(1000));
    }
    // The server is there by its own address.
    const bool is_elsewhere = is_server && !listen_on.empty() && !is_everywhere;
    store = c10::make_intrusive<c10d::TCPStore>(is_elsewhere ? address : host, options);
    store->setTimeout(timeout);
  }

  napi_value Result(Environment& environment) override {
    Napi::Env env = environment.env();
    Napi::Object made = Napi::Object::New(env);
    made.Set("handle", ToJs(environment, new StoreHandle(std::move(store))));
    made.Set("port", static_cast<double>(port));
    made.Set("address", address);
    made.Set("isEverywhere", is_everywhere);
    return made;
  }

  std::string host, listen_on, address;
  uint16_t port = 0;
  bool is_server = false, uses_libuv = true, is_everywhere = false;
  std::optional<size_t> workers;
  milliseconds timeout{0};
  StorePtr store;
};

// tcpStore(host, port, isServer, workers | null, timeout, listenOn, usesLibuv): a promise of { handle, port,
// address, isEverywhere }
napi_value MakeTcpStore(Arguments& arguments) {
  auto task = std::make_shared<TcpStoreTask>();
  task->host = TextAt(arguments, 0);
  task->port = static_cast<uint16_t>(arguments.Int(1));
  task->is_server = arguments.Bool(2);
  if (!arguments.IsNull(3)) task->workers = static_cast<size_t>(arguments.Int(3));
  task->timeout = MillisecondsAt(arguments, 4);
  task->listen_on = TextAt(arguments, 5);
  task->uses_libuv = arguments.Bool(6);
  task->limit = task->timeout + milliseconds(2000);
  task->late = "The store at " + task->host + ":" + std::to_string(task->port) + " has not answered for " +
               std::to_string(task->timeout.count()) + " ms";
  return Promises::Of(arguments.environment)->Run(std::move(task));
}

// fileStore(path, workers)
napi_value MakeFileStore(Arguments& arguments) {
  auto store = c10::make_intrusive<c10d::FileStore>(TextAt(arguments, 0), static_cast<int>(arguments.Int(1)));
  return ToJs(arguments.environment, new StoreHandle(std::move(store)));
}

// hashStore(name): one that threads of this process share by its name; of no name, one of its own.
napi_value MakeHashStore(Arguments& arguments) {
  const std::string name = TextAt(arguments, 0);
  StorePtr store;
  if (name.empty()) {
    store = c10::make_intrusive<c10d::HashStore>();
  } else {
    static std::mutex mutex;
    static std::map<std::string, c10::weak_intrusive_ptr<c10d::Store>> shared;
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = shared.find(name);
    if (found != shared.end()) store = found->second.lock();
    if (!store) {
      store = c10::make_intrusive<c10d::HashStore>();
      shared.insert_or_assign(name, c10::weak_intrusive_ptr<c10d::Store>(store));
    }
  }
  return ToJs(arguments.environment, new StoreHandle(std::move(store)));
}

// prefixStore(prefix, store)
napi_value MakePrefixStore(Arguments& arguments) {
  auto store = c10::make_intrusive<c10d::PrefixStore>(TextAt(arguments, 0), StoreAt(arguments, 1));
  return ToJs(arguments.environment, new StoreHandle(std::move(store)));
}

struct StoreTask : BlockingTask {
  // What is done, and how its result becomes a JS value.
  std::function<std::function<napi_value(Environment&)>(const Stop&)> perform;
  std::function<napi_value(Environment&)> result;

  // Lets go of the store before anybody hears of the result: it may be closed then.
  void Compute(const Stop& stop) override { result = std::exchange(perform, nullptr)(stop); }
  napi_value Result(Environment& environment) override { return result(environment); }
};

using Bytes = std::vector<uint8_t>;
using ToResult = std::function<napi_value(Environment&)>;

ToResult Nothing() {
  return [](Environment& environment) { return Undefined(environment.env()); };
}
ToResult Of(bool value) {
  return [value](Environment& environment) { return Napi::Boolean::New(environment.env(), value); };
}
ToResult Of(int64_t value) {
  return [value](Environment& environment) {
    return Napi::Number::New(environment.env(), static_cast<double>(value));
  };
}
ToResult Of(Bytes value) {
  return [value = std::move(value)](Environment& environment) -> napi_value {
    return Napi::Buffer<uint8_t>::Copy(environment.env(), value.data(), value.size());
  };
}

Bytes BytesAt(Arguments& arguments, size_t i) {
  if (arguments.IsNull(i)) return {};
  const auto array = arguments.Value(i).As<Napi::Uint8Array>();
  return Bytes(array.Data(), array.Data() + array.ByteLength());
}

// storeCall(store, method, keys, value | null, second value or number, timeout): a promise
napi_value StoreCall(Arguments& arguments) {
  const StorePtr store = StoreAt(arguments, 0);
  const std::string method = TextAt(arguments, 1);
  const std::vector<std::string> keys = TextsAt(arguments, 2);
  const std::string key = keys.empty() ? "" : keys[0];
  const milliseconds timeout = MillisecondsAt(arguments, 5);
  const Bytes value = BytesAt(arguments, 3);
  auto task = std::make_shared<StoreTask>();
  task->limit = timeout + milliseconds(1000);
  task->late = "no answer for " + std::to_string(timeout.count()) + " ms";
  if (method == "set") {
    task->perform = [=](const Stop&) { return store->set(key, value), Nothing(); };
  } else if (method == "get") {
    task->perform = [=](const Stop& stop) {
      WaitForKeys(*store, {key}, timeout, stop);
      return Of(store->get(key));
    };
  } else if (method == "add") {
    task->perform = [=, amount = arguments.Int(4)](const Stop&) { return Of(store->add(key, amount)); };
  } else if (method == "wait") {
    task->perform = [=](const Stop& stop) { return WaitForKeys(*store, keys, timeout, stop), Nothing(); };
  } else if (method == "check") {
    task->perform = [=](const Stop&) { return Of(store->check(keys)); };
  } else if (method == "deleteKey") {
    task->perform = [=](const Stop&) { return Of(store->deleteKey(key)); };
  } else if (method == "compareSet") {
    task->perform = [=, desired = BytesAt(arguments, 4)](const Stop&) {
      return Of(store->compareSet(key, value, desired));
    };
  } else {
    task->perform = [=](const Stop&) { return Of(store->getNumKeys()); };
  }
  return Promises::Of(arguments.environment)->Run(std::move(task));
}

}  // namespace

void WaitForKeys(c10d::Store& store, const std::vector<std::string>& keys, milliseconds timeout,
                 const Stop& stop) {
  const auto latest = std::chrono::steady_clock::now() + timeout;
  auto pause = milliseconds(1);
  while (!store.check(keys)) {
    if (stop) throw Cancelled();
    if (std::chrono::steady_clock::now() > latest) {
      C10_THROW_ERROR(DistStoreError,
                      "wait timeout after " + std::to_string(timeout.count()) + "ms, keys: " + Join(keys));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, milliseconds(20));
  }
}

void DefineStores(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"tcpStore", Entry<MakeTcpStore>},
          {"fileStore", Entry<MakeFileStore>},
          {"hashStore", Entry<MakeHashStore>},
          {"prefixStore", Entry<MakePrefixStore>},
          {"storeCall", Entry<StoreCall>}});
}

}  // namespace nodetorch
#endif
