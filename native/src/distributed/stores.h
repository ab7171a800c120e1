// Key-value stores, by which the ranks of a group find each other.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "distributed/c10d.h"
#include "distributed/peers.h"
#include "distributed/promises.h"

#if NODETORCH_GLOO
namespace nodetorch {

using StorePtr = c10::intrusive_ptr<c10d::Store>;

// Waits until the store has all keys. libtorch's own wait cannot be stopped, and a TCPStore does nothing else
// meanwhile.
void WaitForKeys(c10d::Store& store, const std::vector<std::string>& keys, std::chrono::milliseconds timeout,
                 const Stop& stop);

// A store for gloo's set-up, whose waits end with the environment, and by which it is known where the ranks
// are.
class StoppableStore : public c10d::Store {
 public:
  StoppableStore(StorePtr store, std::shared_ptr<Promises> promises, std::shared_ptr<Peers> peers)
      : Store(store->getTimeout()),
        store_(std::move(store)),
        promises_(std::move(promises)),
        peers_(std::move(peers)) {}

  StorePtr clone() override {
    return c10::make_intrusive<StoppableStore>(store_->clone(), promises_, peers_);
  }
  void set(const std::string& key, const std::vector<uint8_t>& value) override { store_->set(key, value); }
  std::vector<uint8_t> compareSet(const std::string& key, const std::vector<uint8_t>& current,
                                  const std::vector<uint8_t>& value) override {
    return store_->compareSet(key, current, value);
  }
  std::vector<uint8_t> get(const std::string& key) override {
    wait({key});
    auto value = store_->get(key);
    peers_->Note(key, value);
    return value;
  }
  int64_t add(const std::string& key, int64_t value) override { return store_->add(key, value); }
  bool deleteKey(const std::string& key) override { return store_->deleteKey(key); }
  bool check(const std::vector<std::string>& keys) override { return store_->check(keys); }
  int64_t getNumKeys() override { return store_->getNumKeys(); }
  void wait(const std::vector<std::string>& keys) override { wait(keys, timeout_); }
  void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) override {
    WaitForKeys(*store_, keys, timeout, promises_->stop());
  }
  void append(const std::string& key, const std::vector<uint8_t>& value) override {
    store_->append(key, value);
  }
  std::vector<std::vector<uint8_t>> multiGet(const std::vector<std::string>& keys) override {
    wait(keys);
    auto values = store_->multiGet(keys);
    for (size_t i = 0; i < keys.size(); i++) peers_->Note(keys[i], values.at(i));
    return values;
  }
  void multiSet(const std::vector<std::string>& keys,
                const std::vector<std::vector<uint8_t>>& values) override {
    store_->multiSet(keys, values);
  }
  bool hasExtendedApi() const override { return store_->hasExtendedApi(); }

 private:
  StorePtr store_;
  std::shared_ptr<Promises> promises_;
  std::shared_ptr<Peers> peers_;
};

}  // namespace nodetorch
#endif
