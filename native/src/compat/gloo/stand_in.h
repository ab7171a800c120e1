// libtorch ships with gloo inside its library and without six of gloo's headers, which its own header of the
// process group includes. The files of this folder stand in for them, with what that header names. Objects of
// these classes are made and destroyed by libtorch alone: here they are only pointed at, so that their layout
// does not matter.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

namespace transport {
class Pair;
}

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
  std::unique_ptr<transport::Pair>& getPair(int rank);
};

namespace transport {

class Pair {
 public:
  virtual ~Pair() = 0;
};

namespace tcp {

class Pair {
 public:
  bool isConnected();
};

}  // namespace tcp

class Device {
 public:
  virtual ~Device() = 0;
};

class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = 0;
};

}  // namespace transport

namespace rendezvous {

class Store {
 public:
  virtual ~Store() = default;
  virtual void set(const std::string& key, const std::vector<char>& data) = 0;
  virtual std::vector<char> get(const std::string& key) = 0;
  virtual void wait(const std::vector<std::string>& keys) = 0;
  virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) = 0;
};

}  // namespace rendezvous

}  // namespace gloo
