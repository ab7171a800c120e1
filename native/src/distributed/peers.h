// The other ranks of a group, for errors: gloo's say what happened to a connection, and not whose it was.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "distributed/c10d.h"
#include "distributed/notes.h"

#if NODETORCH_GLOO
#include <sys/socket.h>

namespace nodetorch {

class Peers {
 public:
  // `ranks`: those of the group, as the default group counts them. `own`: the place of this one.
  Peers(std::vector<int64_t> ranks, int own) : ranks_(std::move(ranks)), own_(own) {}

  // On any thread: what gloo has put into the store. Of a key that is no rank's nothing is kept.
  void Note(const std::string& key, const std::vector<uint8_t>& value);

  // On any thread: where the ranks tell each other what has failed, while there is a group; null: no more.
  void TellBy(std::shared_ptr<Notes> notes);

  // "rank 1 of 2", "rank 3 of the group of ranks 1, 3".
  std::string Own() const;
  // Rank 1, or ranks 1 and 3, by their places.
  std::string Name(const std::vector<int>& places) const;
  // What an error of gloo's says behind itself: who is gone, and who waits, too. Asks all of them, and waits
  // a second at most. `operation`: what has failed.
  std::string Fate(const std::string& operation, const std::string& message) const;
  // The same where gloo's own thread has stopped: what has come is not what was expected. `sender`: the place
  // of who has sent it, -1 where nobody knows.
  std::string Stopped(const std::string& message, int sender) const;

 private:
  struct Place {
    sockaddr_storage address;
    std::string host;  // as the peer calls its machine
  };
  struct Answers {
    std::vector<int> gone, silent;
  };
  Answers Ask() const;
  std::string Where(const std::vector<int>& places) const;
  std::function<bool()> HostOfStore() const;
  std::string Doings(Notes* notes, const std::string& operation) const;

  const std::vector<int64_t> ranks_;
  const int own_;
  mutable std::mutex mutex_;
  std::map<int, Place> places_;
  mutable std::mutex notes_mutex_;  // of what follows: nobody who has locked it waits
  std::shared_ptr<Notes> notes_;
};

}  // namespace nodetorch
#endif
