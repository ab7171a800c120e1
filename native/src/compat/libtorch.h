// Everything in which libtorch's C++ interface differs between the versions that the addon compiles
// with: 2.11, the oldest, and later. No other file asks for the version (test/versions/versions.test.ts
// looks), and test/versions/compat.cc uses all of this, so that one small file shows whether a version still
// fits. docs/versions.md says which versions have been tried.
#pragma once

#include <ATen/DeviceAccelerator.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/core/enum_tag.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/function.h>
#include <torch/version.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#define NODETORCH_LIBTORCH_SINCE(major, minor) \
  (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace nodetorch {

/** The version of libtorch that the addon was compiled against. */
inline constexpr const char* kCompiledAgainst = TORCH_VERSION;

/** Major and minor version: "2.13". Within those the structures behind the symbols stay the same. */
inline std::string CompiledMinor() {
  return std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR);
}

/** Whether AOTInductor's loader takes a folder. Before, it unpacks a file, into a folder that it keeps while
 * the model lives. */
inline constexpr bool kTakesFolders = NODETORCH_LIBTORCH_SINCE(2, 13);

// Tags that came later than the rest.
inline std::vector<std::pair<std::string, at::Tag>> LaterTags() {
#if NODETORCH_LIBTORCH_SINCE(2, 13)
  return {{"inplace", at::Tag::inplace}, {"out", at::Tag::out}, {"out_variant", at::Tag::out_variant}};
#else
  return {};
#endif
}

using torch::autograd::Node;

// Since 2.13 nodes of the graph are counted by intrusive_ptr.
#if NODETORCH_LIBTORCH_SINCE(2, 13)
using NodePtr = c10::intrusive_ptr<Node>;
using WeakNodePtr = c10::weak_intrusive_ptr<Node>;
#else
using NodePtr = std::shared_ptr<Node>;
using WeakNodePtr = std::weak_ptr<Node>;
#endif

template <typename T>
NodePtr MakeNode() {
#if NODETORCH_LIBTORCH_SINCE(2, 13)
  return c10::make_intrusive<T>();
#else
  return std::make_shared<T>();
#endif
}

/**
 * A node that gives up what it owns as soon as nobody holds it, though weak references to it are left.
 * Since 2.13 it dies in two steps, of which `ReleaseOwned` is the first; a shared_ptr knows one step alone.
 */
struct ReleasingNode : Node {
  virtual void ReleaseOwned() = 0;
#if NODETORCH_LIBTORCH_SINCE(2, 13)
  void release_resources() override {
    ReleaseOwned();
    Node::release_resources();
  }
#endif
};

/** What the outputs of a custom Function become: with `node`, where there is one, as their grad_fn. */
struct WrappedOutputs {
  std::vector<std::optional<at::Tensor>> outputs;
#if NODETORCH_LIBTORCH_SINCE(2, 14)
  NodePtr attached;
#endif

  /** To be called when the node has saved its tensors: hooks on the creation of nodes, which came with 2.14.
   */
  void Finish() {
#if NODETORCH_LIBTORCH_SINCE(2, 14)
    if (attached) torch::autograd::fire_node_creation_hooks(attached);
#endif
  }
};

inline WrappedOutputs WrapOutputs(const torch::autograd::variable_list& inputs,
                                  const std::unordered_set<at::TensorImpl*>& non_differentiable,
                                  const std::unordered_set<at::TensorImpl*>& dirty,
                                  const std::vector<std::optional<at::Tensor>>& outputs, const NodePtr& node,
                                  const torch::autograd::_jvp_fn_t& jvp,
                                  const std::unordered_set<at::TensorImpl*>& of_setup,
                                  const torch::autograd::_view_as_self_fn_t& view_as_self) {
  WrappedOutputs wrapped;
  wrapped.outputs = torch::autograd::_wrap_outputs(inputs, non_differentiable, dirty, outputs, node, jvp,
                                                   of_setup, view_as_self, false
#if NODETORCH_LIBTORCH_SINCE(2, 14)
                                                   ,
                                                   wrapped.attached
#endif
  );
  return wrapped;
}

/** The dtypes that tensors of a device can have. */
inline std::vector<at::ScalarType> SupportedTypes(c10::DeviceIndex index) {
  std::vector<at::ScalarType> types;
#if NODETORCH_LIBTORCH_SINCE(2, 13)
  const uint64_t bits = at::accelerator::getDeviceCapability(index).capability_data.capability_bits;
#define NODETORCH_SUPPORTED(_, name) \
  if (bits >> c10::kIndex_##name & 1) types.push_back(at::ScalarType::name);
  AT_FORALL_SCALAR_TYPES_WITH_COMPLEX_AND_QINTS(NODETORCH_SUPPORTED)
#undef NODETORCH_SUPPORTED
#else
  TORCH_CHECK_NOT_IMPLEMENTED(false, "the capability of a device is told since libtorch 2.13");
#endif
  return types;
}

// Collectives of single tensors, as a Backend of c10d calls them: they have other names since 2.14.
#if NODETORCH_LIBTORCH_SINCE(2, 14)
#define NODETORCH_ALL_GATHER_SINGLE all_gather_single
#define NODETORCH_REDUCE_SCATTER_SINGLE reduce_scatter_single
#define NODETORCH_ALL_TO_ALL_SINGLE all_to_all_single
#else
#define NODETORCH_ALL_GATHER_SINGLE _allgather_base
#define NODETORCH_REDUCE_SCATTER_SINGLE _reduce_scatter_base
#define NODETORCH_ALL_TO_ALL_SINGLE alltoall_base
#endif

/** c10d's Reducer: since 2.12 it copies gradients in batches where it is told to, by its last argument. */
template <typename Reducer, typename... Rest>
std::shared_ptr<Reducer> ReducerOf(bool in_batches, Rest&&... rest) {
  if constexpr (std::is_constructible_v<Reducer, Rest&&..., bool>)
    return std::make_shared<Reducer>(std::forward<Rest>(rest)..., in_batches);
  TORCH_CHECK_NOT_IMPLEMENTED(!in_batches, "gradients are copied in batches since libtorch 2.12");
  return std::make_shared<Reducer>(std::forward<Rest>(rest)...);
}

/** Whether a graph is captured from a stream. Templates, for what an older libtorch has not. */
template <typename Guard = c10::impl::VirtualGuardImpl>
bool IsCapturing(const c10::Stream& stream) {
  const Guard guard(stream.device_type());
  if constexpr (requires { guard.isStreamCapturing(stream); }) return guard.isStreamCapturing(stream);
  TORCH_CHECK_NOT_IMPLEMENTED(false, "whether a stream is captured is told since libtorch 2.12");
}

/** Free and total bytes of a device. */
template <typename Allocator>
std::pair<size_t, size_t> MemoryInfoOf(Allocator& allocator, c10::DeviceIndex index) {
  if constexpr (requires { allocator.getMemoryInfo(index); }) return allocator.getMemoryInfo(index);
  TORCH_CHECK_NOT_IMPLEMENTED(false, "getMemoryInfo is not implemented by this libtorch");
}

/** Adds the numbers of page-locked memory; before 2.13 libtorch called them otherwise. */
template <typename Result, typename Stats>
void AddHostStats(Result& result, const Stats& stats) {
  if constexpr (requires { stats.active_requests; }) {
    result.Add("allocations", stats.allocations);
    result.Add("active_requests", stats.active_requests);
    result.Add("allocated_bytes", stats.allocated_bytes);
    result.Add("active_bytes", stats.active_bytes);
    result.Add("num_host_alloc", stats.num_host_alloc);
    result.Add("num_host_free", stats.num_host_free);
    result.AddTimes("host_alloc_time", stats.host_alloc_time);
    result.AddTimes("host_free_time", stats.host_free_time);
  }
}

/** Whether gradients get the layout of their tensors: what was set before. A switch since 2.12. */
template <typename State>
bool GradLayout(State& state, std::optional<bool> enforced) {
  if constexpr (requires { state.get_grad_layout_enforcement_enabled(); }) {
    const bool before = state.get_grad_layout_enforcement_enabled();
    if (enforced) state.set_grad_layout_enforcement_enabled(*enforced);
    return before;
  }
  return true;
}

/** A graph of the accelerator; libtorch has that interface since 2.13. */
#if NODETORCH_LIBTORCH_SINCE(2, 13)
class AcceleratorGraph {
 public:
  explicit AcceleratorGraph(bool keeps) : graph_(keeps) {}
  void CaptureBegin(std::pair<uint64_t, uint64_t> pool, int mode) {
    graph_.capture_begin({pool.first, pool.second}, static_cast<at::GraphCaptureMode>(mode));
  }
  void CaptureEnd() { graph_.capture_end(); }
  void Instantiate() { graph_.instantiate(); }
  void Replay() { graph_.replay(); }
  void Reset() { graph_.reset(); }
  std::pair<uint64_t, uint64_t> Pool() const { return graph_.pool(); }
  void EnableDebugMode() { graph_.enable_debug_mode(); }
  void DebugDump(const std::string& path) { graph_.debug_dump(path); }

 private:
  at::accelerator::Graph graph_;
};
#else
class AcceleratorGraph {
 public:
  explicit AcceleratorGraph(bool) {
    TORCH_CHECK_NOT_IMPLEMENTED(false, "graphs of the accelerator came with libtorch 2.13");
  }
  void CaptureBegin(std::pair<uint64_t, uint64_t>, int) {}
  void CaptureEnd() {}
  void Instantiate() {}
  void Replay() {}
  void Reset() {}
  std::pair<uint64_t, uint64_t> Pool() const { return {}; }
  void EnableDebugMode() {}
  void DebugDump(const std::string&) {}
};
#endif

}  // namespace nodetorch
