#include "distributed/guarded_gloo.h"

#if NODETORCH_GLOO
namespace nodetorch {

namespace {

// Watches what `begin` begins, which does no more than to hand it to gloo's threads.
template <typename Begin>
WorkPtr Watched(const std::shared_ptr<Guard>& guard, Begin&& begin) {
  guard->Check();
  WorkPtr inner = begin();
  c10::intrusive_ptr<c10::ivalue::Future> done;
  try {
    done = inner->getFuture();
  } catch (const std::exception&) {
    return c10::make_intrusive<GuardedWork>(guard, std::move(inner), true);
  }
  auto work = c10::make_intrusive<GuardedWork>(guard, std::move(inner), false);
  guard->Add(work);
  done->addCallback([work](c10::ivalue::Future& inner_done) {
    const bool failed = inner_done.hasError();
    work->guard().End(*work, failed ? inner_done.exception_ptr() : nullptr,
                      failed ? c10::IValue() : inner_done.value());
  });
  return work;
}

// Of send and recv, which lock a connection: where gloo's thread has stopped in it, for ever.
template <typename Begin>
WorkPtr Transfer(const std::shared_ptr<Guard>& guard, const c10::intrusive_ptr<GuardedGloo>& self,
                 const GuardedGloo::Tensors& tensors, Begin&& begin) {
  // The thread may come to it when nobody waits any more.
  const auto begun = std::make_shared<WorkPtr>();
  guard->Aside([begun, self, begin, own = tensors]() mutable { *begun = begin(*self, own); });
  return c10::make_intrusive<GuardedWork>(guard, std::move(*begun), true);
}

struct MonitoredBarrierWork : c10d::Work {
  bool wait(std::chrono::milliseconds) override {
    gloo->ProcessGroupGloo::monitoredBarrier(options, waits_for_all);
    return true;
  }
  void abort() override {}

  c10::intrusive_ptr<GuardedGloo> gloo;
  c10d::BarrierOptions options;
  bool waits_for_all = false;
};

}  // namespace

WorkPtr GuardedGloo::BeginMonitoredBarrier(const c10d::BarrierOptions& options, bool waits_for_all) {
  auto inner = c10::make_intrusive<MonitoredBarrierWork>();
  inner->gloo = c10::intrusive_ptr<GuardedGloo>::reclaim_copy(this);
  inner->options = options;
  inner->waits_for_all = waits_for_all;
  return c10::make_intrusive<GuardedWork>(guard, std::move(inner), true);
}

void GuardedGloo::monitoredBarrier(const c10d::BarrierOptions& options, bool waits_for_all) {
  guard->Check();
  ProcessGroupGloo::monitoredBarrier(options, waits_for_all);
}

WorkPtr GuardedGloo::broadcast(Tensors& tensors, const c10d::BroadcastOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::broadcast(tensors, options); });
}

WorkPtr GuardedGloo::allreduce(Tensors& tensors, const c10d::AllreduceOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::allreduce(tensors, options); });
}

WorkPtr GuardedGloo::allreduce_sparse(Tensors& tensors, const c10d::AllreduceOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::allreduce_sparse(tensors, options); });
}

WorkPtr GuardedGloo::allreduce_coalesced(Tensors& tensors, const c10d::AllreduceCoalescedOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::allreduce_coalesced(tensors, options); });
}

WorkPtr GuardedGloo::reduce(Tensors& tensors, const c10d::ReduceOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::reduce(tensors, options); });
}

WorkPtr GuardedGloo::NODETORCH_REDUCE_SCATTER_SINGLE(at::Tensor& output, at::Tensor& input,
                                                     const c10d::ReduceScatterOptions& options) {
  return Watched(guard,
                 [&] { return ProcessGroupGloo::NODETORCH_REDUCE_SCATTER_SINGLE(output, input, options); });
}

WorkPtr GuardedGloo::NODETORCH_ALL_GATHER_SINGLE(at::Tensor& output, at::Tensor& input,
                                                 const c10d::AllgatherOptions& options) {
  return Watched(guard,
                 [&] { return ProcessGroupGloo::NODETORCH_ALL_GATHER_SINGLE(output, input, options); });
}

WorkPtr GuardedGloo::allgather(Lists& outputs, Tensors& inputs, const c10d::AllgatherOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::allgather(outputs, inputs, options); });
}

WorkPtr GuardedGloo::allgather_coalesced(Lists& outputs, Tensors& inputs,
                                         const c10d::AllgatherOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::allgather_coalesced(outputs, inputs, options); });
}

WorkPtr GuardedGloo::gather(Lists& outputs, Tensors& inputs, const c10d::GatherOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::gather(outputs, inputs, options); });
}

WorkPtr GuardedGloo::scatter(Tensors& outputs, Lists& inputs, const c10d::ScatterOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::scatter(outputs, inputs, options); });
}

WorkPtr GuardedGloo::reduce_scatter(Tensors& outputs, Lists& inputs,
                                    const c10d::ReduceScatterOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::reduce_scatter(outputs, inputs, options); });
}

WorkPtr GuardedGloo::NODETORCH_ALL_TO_ALL_SINGLE(at::Tensor& output, at::Tensor& input, Counts& output_counts,
                                                 Counts& input_counts, const c10d::AllToAllOptions& options) {
  return Watched(guard, [&] {
    return ProcessGroupGloo::NODETORCH_ALL_TO_ALL_SINGLE(output, input, output_counts, input_counts, options);
  });
}

WorkPtr GuardedGloo::alltoall(Tensors& outputs, Tensors& inputs, const c10d::AllToAllOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::alltoall(outputs, inputs, options); });
}

WorkPtr GuardedGloo::send(Tensors& tensors, int to, int tag) {
  return Transfer(
      guard, c10::intrusive_ptr<GuardedGloo>::reclaim_copy(this), tensors,
      [to, tag](GuardedGloo& self, Tensors& own) { return self.ProcessGroupGloo::send(own, to, tag); });
}

WorkPtr GuardedGloo::recv(Tensors& tensors, int from, int tag) {
  return Transfer(
      guard, c10::intrusive_ptr<GuardedGloo>::reclaim_copy(this), tensors,
      [from, tag](GuardedGloo& self, Tensors& own) { return self.ProcessGroupGloo::recv(own, from, tag); });
}

WorkPtr GuardedGloo::recvAnysource(Tensors& tensors, int tag) {
  return Transfer(
      guard, c10::intrusive_ptr<GuardedGloo>::reclaim_copy(this), tensors,
      [tag](GuardedGloo& self, Tensors& own) { return self.ProcessGroupGloo::recvAnysource(own, tag); });
}

WorkPtr GuardedGloo::barrier(const c10d::BarrierOptions& options) {
  return Watched(guard, [&] { return ProcessGroupGloo::barrier(options); });
}

}  // namespace nodetorch
#endif
