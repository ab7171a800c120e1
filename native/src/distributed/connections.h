// Which connection gloo's thread has stopped in. It says what has come, and not from whom; but it has locked
// what it reads into, for ever, and nothing else does.
#pragma once

#include <memory>
#include <vector>

#include "distributed/c10d.h"

#if NODETORCH_GLOO
namespace nodetorch {

// To another rank of the group, by its place. Belongs to a process group of gloo's.
struct Connection {
  int place;
  gloo::transport::tcp::Pair* pair;
};

// Of each context of the group.
std::vector<Connection> ConnectionsOf(const std::vector<std::shared_ptr<gloo::Context>>& contexts, int own,
                                      int size);

// The place whose connection is locked, and -1 where none is. Not for gloo's thread to call where it has
// locked none: the last that has not answered is then taken for it.
int LockedPlace(const std::vector<Connection>& connections);

}  // namespace nodetorch
#endif
