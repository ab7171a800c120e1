#include "runtime/warnings.h"

#include <c10/util/Exception.h>

#include <string>
#include <vector>

namespace nodetorch {

namespace {

class HeldWarnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    if (messages.size() < 100) messages.push_back(warning.msg());
  }
  std::vector<std::string> messages;
};
thread_local HeldWarnings held;

}  // namespace

void HoldWarnings() { c10::WarningUtils::set_warning_handler(&held); }

void EmitWarnings(const Realm& realm) {
  if (held.messages.empty() || !realm.can_warn()) return;
  std::vector<std::string> messages;
  messages.swap(held.messages);
  for (const std::string& message : messages) realm.Warn(message);
}

}  // namespace nodetorch
