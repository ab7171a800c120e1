// Uses all of native/src/compat/libtorch.h: `npm run test:versions -- --headers` compiles this one file against the
// headers of the oldest and the newest version of libtorch.
#include "compat/libtorch.h"

#include <c10/core/AutogradState.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

namespace nodetorch {

namespace {

using torch::autograd::variable_list;

struct AnyNode : ReleasingNode {
  variable_list apply(variable_list&& gradients) override { return std::move(gradients); }
  void ReleaseOwned() override { owned_.clear(); }
  std::vector<int> owned_;
};

struct AnyStats {
  template <typename Stat>
  void Add(const std::string& name, const Stat&) {
    names.push_back(name);
  }
  template <typename Times>
  void AddTimes(const std::string& name, const Times&) {
    names.push_back(name);
  }
  std::vector<std::string> names;
};

// `override` says whether these are the names that are called.
struct AnyBackend : c10d::Backend {
  using Backend::Backend;
  using Work = c10::intrusive_ptr<c10d::Work>;
  Work NODETORCH_ALL_GATHER_SINGLE(at::Tensor&, at::Tensor&, const c10d::AllgatherOptions&) override { return {}; }
  Work NODETORCH_REDUCE_SCATTER_SINGLE(at::Tensor&, at::Tensor&, const c10d::ReduceScatterOptions&) override {
    return {};
  }
  Work NODETORCH_ALL_TO_ALL_SINGLE(at::Tensor&, at::Tensor&, std::vector<int64_t>&, std::vector<int64_t>&,
                                   const c10d::AllToAllOptions&) override {
    return {};
  }
};

}  // namespace

std::string UseAll() {
  const NodePtr node = MakeNode<AnyNode>();
  const WeakNodePtr weak(node);
  const variable_list inputs;
  const auto jvp = [](variable_list, variable_list gradients) { return gradients; };
  const auto view = [](at::Tensor tensor) { return tensor; };
  WrappedOutputs wrapped = WrapOutputs(inputs, {}, {}, {}, weak.lock(), jvp, {}, view);
  wrapped.Finish();
  // What names nodes of the graph has the type that libtorch itself gives.
  const NodePtr own = node->getptr();
  auto* memory = at::getDeviceAllocator(at::kCUDA);
  const auto info = MemoryInfoOf(*memory, 0);
  AnyStats stats;
  AddHostStats(stats, at::getHostAllocator(at::kCUDA)->get_stats());
  GradLayout(c10::AutogradState::get_tls_state(), std::nullopt);
  const auto reducer =
      ReducerOf<c10d::Reducer>(false, inputs, std::vector<std::vector<size_t>>(), nullptr, std::vector<bool>(), 1,
                               false, false, std::unordered_map<size_t, std::string>(), 1, false, false,
                               std::vector<int64_t>());
  AcceleratorGraph graph(reducer == nullptr);
  if (!IsCapturing(at::accelerator::getCurrentStream(0))) graph.CaptureBegin({info.first, info.second}, 0);
  const AnyBackend backend(0, 1);
  return std::to_string(backend.getRank()) + std::string(kCompiledAgainst) + CompiledMinor() + std::to_string(LaterTags().size() + SupportedTypes(0).size() + kTakesFolders);
}

}  // namespace nodetorch
