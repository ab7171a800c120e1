#include "distributed/sockets.h"

#include "distributed/c10d.h"

#if NODETORCH_GLOO
#include <arpa/inet.h>
#include <c10/util/Exception.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "runtime/error.h"

namespace nodetorch {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses Resolve(const std::string& host, uint16_t port, int type) {
  addrinfo hints{};
  hints.ai_socktype = type;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (problem != 0) {
    C10_THROW_ERROR(DistNetworkError, "The address of '" + host + "' is not known: " + gai_strerror(problem));
  }
  return Addresses(found, freeaddrinfo);
}

class Socket {
 public:
  Socket(const addrinfo& address, int flags)
      : number_(socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | flags, address.ai_protocol)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }
  int Release() {
    const int number = number_;
    number_ = -1;
    return number;
  }

 private:
  int number_;
};

struct Name {
  std::string address;
  uint16_t port;
  bool is_everywhere;
};

Name NameOf(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size);
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6) {
    const auto& name = reinterpret_cast<const sockaddr_in6&>(storage);
    inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof(text));
    return {text, ntohs(name.sin6_port), IN6_IS_ADDR_UNSPECIFIED(&name.sin6_addr) != 0};
  }
  const auto& name = reinterpret_cast<const sockaddr_in&>(storage);
  inet_ntop(AF_INET, &name.sin_addr, text, sizeof(text));
  return {text, ntohs(name.sin_port), name.sin_addr.s_addr == INADDR_ANY};
}

bool Connects(const addrinfo& address) {
  const Socket socket(address, SOCK_NONBLOCK);
  if (connect(socket.number(), address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd waiting{socket.number(), POLLOUT, 0};
  if (poll(&waiting, 1, 500) != 1) return false;
  int problem = 0;
  socklen_t size = sizeof(problem);
  getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem == 0;
}

}  // namespace

Listener Listen(const std::string& host, uint16_t port) {
  const Addresses addresses = Resolve(host, port, SOCK_STREAM);
  std::string problem;
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
    Socket socket(*address, 0);
    const int yes = 1;
    setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(socket.number(), address->ai_addr, address->ai_addrlen) == 0 &&
        listen(socket.number(), SOMAXCONN) == 0) {
      const Name name = NameOf(socket.number());
      return {socket.Release(), name.port, name.address, name.is_everywhere};
    }
    problem = std::strerror(errno);
  }
  C10_THROW_ERROR(DistNetworkError, "The store of rank 0 cannot listen on " + host + ":" +
                                        std::to_string(port) + ": " + problem);
}

void WaitForListener(const std::string& host, uint16_t port, std::chrono::milliseconds timeout,
                     const Stop& stop) {
  const auto latest = std::chrono::steady_clock::now() + timeout;
  auto pause = std::chrono::milliseconds(5);
  while (true) {
    if (stop) throw Cancelled();
    const Addresses addresses = Resolve(host, port, SOCK_STREAM);
    for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
      if (Connects(*address)) return;
    }
    if (std::chrono::steady_clock::now() > latest) {
      C10_THROW_ERROR(DistNetworkError, "No store has answered at " + host + ":" + std::to_string(port) +
                                            " for " + std::to_string(timeout.count()) +
                                            " ms: is rank 0 running, and is its address right?");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(100));
  }
}

std::string AddressTowards(const std::string& host, uint16_t port) {
  const Addresses addresses = Resolve(host, port, SOCK_DGRAM);  // nothing is sent
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
    const Socket socket(*address, 0);
    if (connect(socket.number(), address->ai_addr, address->ai_addrlen) == 0)
      return NameOf(socket.number()).address;
  }
  C10_THROW_ERROR(DistNetworkError, "There is no route to '" + host + "': " + std::strerror(errno));
}

}  // namespace nodetorch
#endif
