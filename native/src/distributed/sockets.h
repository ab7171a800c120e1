// Sockets before there is a store: who listens where.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "distributed/promises.h"

namespace nodetorch {

struct Listener {
  int socket;  // whoever takes it closes it
  uint16_t port;
  std::string address;  // as numbers
  bool is_everywhere;   // on all interfaces of the machine
};

// Listens on the interface of `host` and on no other. libtorch's store would listen on all of them.
Listener Listen(const std::string& host, uint16_t port);

// Waits until something listens there. Throws when `timeout` is over.
void WaitForListener(const std::string& host, uint16_t port, std::chrono::milliseconds timeout,
                     const Stop& stop);

// The address of this machine that a connection to `host` comes from.
std::string AddressTowards(const std::string& host, uint16_t port);

}  // namespace nodetorch
