// gloo's process group, whose works a guard watches: so are those of the reducer, too.
#pragma once

#include <memory>
#include <utility>

#include "compat/libtorch.h"
#include "distributed/guard.h"

#if NODETORCH_GLOO
namespace nodetorch {

class GuardedGloo : public c10d::ProcessGroupGloo {
 public:
  using Tensors = std::vector<at::Tensor>;
  using Lists = std::vector<Tensors>;
  using Counts = std::vector<int64_t>;

  GuardedGloo(std::shared_ptr<Guard> guard, const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
              c10::intrusive_ptr<Options> options)
      : ProcessGroupGloo(store, rank, size, std::move(options)), guard(std::move(guard)) {}

  std::vector<Connection> Connections() const { return ConnectionsOf(contexts_, getRank(), getSize()); }
  // A monitoredBarrier as a work that blocks.
  WorkPtr BeginMonitoredBarrier(const c10d::BarrierOptions& options, bool waits_for_all);

  WorkPtr broadcast(Tensors& tensors, const c10d::BroadcastOptions& options) override;
  WorkPtr allreduce(Tensors& tensors, const c10d::AllreduceOptions& options) override;
  WorkPtr allreduce_sparse(Tensors& tensors, const c10d::AllreduceOptions& options) override;
  WorkPtr allreduce_coalesced(Tensors& tensors, const c10d::AllreduceCoalescedOptions& options) override;
  WorkPtr reduce(Tensors& tensors, const c10d::ReduceOptions& options) override;
  WorkPtr NODETORCH_REDUCE_SCATTER_SINGLE(at::Tensor& output, at::Tensor& input,
                                          const c10d::ReduceScatterOptions& options) override;
  WorkPtr NODETORCH_ALL_GATHER_SINGLE(at::Tensor& output, at::Tensor& input,
                                      const c10d::AllgatherOptions& options) override;
  WorkPtr allgather(Lists& outputs, Tensors& inputs, const c10d::AllgatherOptions& options) override;
  WorkPtr allgather_coalesced(Lists& outputs, Tensors& inputs,
                              const c10d::AllgatherOptions& options) override;
  WorkPtr gather(Lists& outputs, Tensors& inputs, const c10d::GatherOptions& options) override;
  WorkPtr scatter(Tensors& outputs, Lists& inputs, const c10d::ScatterOptions& options) override;
  WorkPtr reduce_scatter(Tensors& outputs, Lists& inputs, const c10d::ReduceScatterOptions& options) override;
  WorkPtr NODETORCH_ALL_TO_ALL_SINGLE(at::Tensor& output, at::Tensor& input, Counts& output_counts,
                                      Counts& input_counts, const c10d::AllToAllOptions& options) override;
  WorkPtr alltoall(Tensors& outputs, Tensors& inputs, const c10d::AllToAllOptions& options) override;
  WorkPtr send(Tensors& tensors, int to, int tag) override;
  WorkPtr recv(Tensors& tensors, int from, int tag) override;
  WorkPtr recvAnysource(Tensors& tensors, int tag) override;
  WorkPtr barrier(const c10d::BarrierOptions& options) override;
  void monitoredBarrier(const c10d::BarrierOptions& options, bool waits_for_all) override;

  const std::shared_ptr<Guard> guard;
};

}  // namespace nodetorch
#endif
