// Graphs: the calls while one is captured, to be made again.
#include <ATen/core/GraphImplInterface.h>

#include <fstream>

#include "fallback.h"

namespace pretend {

namespace {

using Calls = std::vector<std::function<void()>>;
Calls* capturing = nullptr;  // of all threads: those of the backward pass work while the one that began it waits
std::atomic<c10::CaptureId_t> pools{0};

class Graph final : public at::GraphImplInterface {
 public:
  explicit Graph(const at::GraphImplArgs& args) : keeps_(args.keep_graph) {}
  void capture_begin(c10::MempoolId_t pool, at::GraphCaptureMode) override {
    TORCH_CHECK(!capturing, "a graph is being captured already");
    TORCH_CHECK(calls_.empty(), "This graph has been captured already: reset() it first");
    pool_ = pool == c10::MempoolId_t{0, 0} ? c10::MempoolId_t{++pools, 0} : pool;
    capturing = &calls_;
  }
  void capture_end() override {
    TORCH_CHECK(capturing == &calls_, "capture_end() called without an active capture");
    capturing = nullptr;
    has_ended_ = true;
    is_ready_ = !keeps_;
  }
  void instantiate() override {
    TORCH_CHECK(has_ended_ && keeps_, "instantiate() is for a captured graph that is kept");
    is_ready_ = true;
  }
  void replay() override {
    TORCH_CHECK(has_ended_, "Called replay without a preceding successful capture.");
    if (!is_ready_) instantiate();
    for (const auto& call : calls_) call();
  }
  void reset() override {
    if (capturing == &calls_) capturing = nullptr;
    calls_.clear();
    has_ended_ = is_ready_ = false;
  }
  ~Graph() override { reset(); }
  c10::MempoolId_t pool() const override {
    TORCH_CHECK(has_ended_, "Called pool() without a preceding successful capture.");
    return pool_;
  }
  void enable_debug_mode() override { is_debug_ = true; }
  void debug_dump(const std::string& path) override {
    TORCH_CHECK(is_debug_, "debug_dump() wants enable_debug_mode() first");
    std::ofstream(path) << "digraph pretend { calls [label=" << calls_.size() << "] }\n";
  }

 private:
  bool keeps_, has_ended_ = false, is_ready_ = false, is_debug_ = false;
  c10::MempoolId_t pool_{0, 0};
  Calls calls_;
};

}  // namespace

void Captured(std::function<void()> again) { capturing->push_back(std::move(again)); }
bool IsCapturing() { return capturing; }
Paused::Paused() : calls_(std::exchange(capturing, nullptr)) {}
Paused::~Paused() { capturing = calls_; }

}  // namespace pretend

using PretendGraph = pretend::Graph;
namespace at {
REGISTER_GRAPH_IMPL(PRETEND, PretendGraph)
}
