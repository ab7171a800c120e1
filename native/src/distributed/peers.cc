#include "distributed/peers.h"

#if NODETORCH_GLOO
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

namespace nodetorch {

namespace {

// Before the rank, in what gloo's set-up calls a key.
constexpr const char* kKeys = "cpu//0/";
constexpr const char* kStopped = "gloo has stopped";
// In bytes from a peer: a name of a machine that is longer is none.
constexpr uint64_t kLongestHost = 255;

uint64_t NumberAt(const std::vector<uint8_t>& bytes, size_t offset) {
  uint64_t number = 0;
  if (offset + sizeof(number) <= bytes.size()) std::memcpy(&number, bytes.data() + offset, sizeof(number));
  return number;
}

std::string TextOf(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& name = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &name.sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(name.sin6_port));
  }
  const auto& name = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &name.sin_addr, text, sizeof(text));
  return std::string(text) + ":" + std::to_string(ntohs(name.sin_port));
}

// -1 where it cannot even begin.
int BeginConnecting(const sockaddr_storage& address, bool& is_refused) {
  const int number = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const socklen_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (number < 0 || connect(number, reinterpret_cast<const sockaddr*>(&address), size) == 0 ||
      errno == EINPROGRESS)
    return number;
  is_refused = errno == ECONNREFUSED;
  close(number);
  return -1;
}

// As far as a tenth of a second says it.
bool Listens(const sockaddr_storage& address) {
  bool is_refused = false;
  pollfd waiting{BeginConnecting(address, is_refused), POLLOUT, 0};
  if (waiting.fd < 0) return false;
  int problem = 0;
  socklen_t size = sizeof(problem);
  const bool is_known = poll(&waiting, 1, 100) == 1;
  if (is_known) getsockopt(waiting.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
  close(waiting.fd);
  return is_known && problem == 0;
}

}  // namespace

// As gloo writes it: a size and the machine's name, a size and an address, and more.
void Peers::Note(const std::string& key, const std::vector<uint8_t>& value) {
  const size_t start = key.rfind(kKeys);
  if (start == std::string::npos) return;
  const std::string digits = key.substr(start + std::strlen(kKeys));
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
    return;
  const int rank = std::stoi(digits);
  const uint64_t length = NumberAt(value, 0);
  const size_t at = 2 * sizeof(uint64_t) + length;
  if (static_cast<size_t>(rank) >= ranks_.size() || length > kLongestHost) return;
  if (at + sizeof(sockaddr_storage) > value.size()) return;
  Place place{{}, std::string(value.begin() + sizeof(uint64_t), value.begin() + sizeof(uint64_t) + length)};
  std::memcpy(&place.address, value.data() + at, sizeof(place.address));
  if (place.address.ss_family != AF_INET && place.address.ss_family != AF_INET6) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  places_.insert_or_assign(rank, std::move(place));
}

std::string Peers::Own() const {
  const std::string own = "rank " + std::to_string(ranks_.at(own_)) + " of ";
  for (size_t i = 0; i < ranks_.size(); i++) {
    if (ranks_[i] == static_cast<int64_t>(i)) continue;
    std::string all;
    for (const int64_t rank : ranks_) all += (all.empty() ? "" : ", ") + std::to_string(rank);
    return own + "the group of ranks " + all;
  }
  return own + std::to_string(ranks_.size());
}

std::string Peers::Name(const std::vector<int>& places) const {
  std::string all = places.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < places.size(); i++) {
    if (i > 0) all += i + 1 == places.size() ? " and " : ", ";
    all += std::to_string(ranks_.at(places[i]));
  }
  return all;
}

std::string Peers::Where(const std::vector<int>& places) const {
  std::string all;
  for (const int one : places) {
    const Place& place = places_.at(one);
    all += (all.empty() ? "" : ", ") + place.host + " " + TextOf(place.address);
  }
  return " (" + all + ")";
}

// Whether their processes still listen. gloo takes such a connection, which says nothing, for none.
Peers::Answers Peers::Ask() const {
  Answers answers;
  std::vector<std::pair<int, pollfd>> open;
  for (const auto& [rank, place] : places_) {
    if (rank == own_) continue;
    bool is_refused = false;
    const int number = BeginConnecting(place.address, is_refused);
    if (number >= 0) open.emplace_back(rank, pollfd{number, POLLOUT, 0});
    if (is_refused) answers.gone.push_back(rank);
    if (number < 0 && !is_refused) answers.silent.push_back(rank);
  }
  const auto latest = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  for (auto& [rank, waiting] : open) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(latest - std::chrono::steady_clock::now());
    int problem = 0;
    socklen_t size = sizeof(problem);
    const bool is_known = poll(&waiting, 1, std::max(static_cast<int>(left.count()), 0)) == 1;
    if (is_known) getsockopt(waiting.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (is_known && problem == ECONNREFUSED) answers.gone.push_back(rank);
    if (!is_known || (problem != 0 && problem != ECONNREFUSED)) answers.silent.push_back(rank);
    close(waiting.fd);
  }
  std::sort(answers.gone.begin(), answers.gone.end());
  return answers;
}

void Peers::TellBy(std::shared_ptr<Notes> notes) {
  const std::lock_guard<std::mutex> lock(notes_mutex_);
  notes_ = std::move(notes);
}

std::string Peers::Fate(const std::string& operation, const std::string& message) const {
  const auto has = [&](const char* word) { return message.find(word) != std::string::npos; };
  const bool is_lost = has("closed") || has("reset") || has("Broken pipe"), has_stopped = has(kStopped);
  if (!is_lost && !has_stopped && !has("imed out") && !has("timeout")) return "";
  std::shared_ptr<Notes> notes;
  {
    const std::lock_guard<std::mutex> lock(notes_mutex_);
    notes = notes_;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (has_stopped) {
    if (notes) notes->Begin(operation + ", where " + kStopped, HostOfStore());
    return "";
  }
  Answers answers = Ask();
  // A process that is killed may close what it listens on last.
  for (int i = 0; i < 20 && is_lost && answers.gone.empty() && answers.silent.empty(); i++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    answers = Ask();
  }
  if (!answers.gone.empty())
    return "; " + Name(answers.gone) + Where(answers.gone) + (answers.gone.size() == 1 ? " has" : " have") +
           " ended or left the group";
  if (!answers.silent.empty())
    return "; " + Name(answers.silent) + Where(answers.silent) +
           (answers.silent.size() == 1 ? " does" : " do") + " not answer";
  if (notes) notes->Begin(operation, HostOfStore());
  return Doings(notes.get(), operation);
}

// Rank 0 of all has the store, unless a launcher has it, which lives longer.
std::function<bool()> Peers::HostOfStore() const {
  for (const auto& [rank, place] : places_) {
    if (ranks_.at(rank) == 0 && rank != own_) return [address = place.address] { return Listens(address); };
  }
  return [] { return true; };
}

// Of ranks that are all there. One of Python's says nothing.
std::string Peers::Doings(Notes* own, const std::string& operation) const {
  const auto notes = own ? own->Others() : std::map<int, std::string>();
  std::map<std::string, std::vector<int>> told;
  std::vector<int> others;
  for (const auto& [rank, place] : places_) {
    if (rank == own_) continue;
    const auto note = notes.find(rank);
    (note == notes.end() ? others : told[note->second]).push_back(rank);
  }
  std::string all;
  for (const auto& [text, ranks] : told)
    all += "; " + Name(ranks) + (ranks.size() == 1 ? " is in " : " are in ") + text +
           (text == operation ? ", too" : "");
  if (others.empty())
    return told.size() == 1 && told.count(operation) > 0
               ? all + ", and one has come late or with another shape or dtype"
               : all;
  return all + "; " + Name(others) +
         (others.size() == 1 ? " is there, and is late" : " are there, and one is late") +
         " or has called something else";
}

std::string Peers::Stopped(const std::string& message, int sender) const {
  const std::string stopped = kStopped + std::string(": the group is of no use any more");
  if (message.find("size") == std::string::npos) return "; " + stopped;
  if (sender < 0 && ranks_.size() == 2) sender = 1 - own_;
  return "; " + (sender < 0 ? "another rank" : Name({sender})) +
         " has sent a tensor of another shape or dtype, and " + stopped;
}

}  // namespace nodetorch
#endif
