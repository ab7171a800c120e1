// The operators of a recording taken apart, where no gradients are made: what linear() and lstm() call is
// called without them, what nobody looks at is left out, and views of weights are made once. The same kernels
// run, so the bits are the same.
//
//     auto [outputs, lowered] = RunAndLower(graph, inputs, collect);   // one run sees what is called
//     if (lowered && lowered->Holds()) outputs = Run().Execute(lowered->graph(), inputs);
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "capture/taken_apart.h"
#include "program/run.h"

namespace nodetorch {

class Lowered {
 public:
  Lowered(Graph graph, std::vector<Place> places) : graph_(std::move(graph)), places_(std::move(places)) {}

  const Graph& graph() const { return graph_; }
  // Whether it may run: the views that it has are of the weights as they are now, and no library has put
  // kernels of its own in the place of others.
  bool Holds() const;

 private:
  const Graph graph_;
  const std::vector<Place> places_;
};

// The outputs, and what does the same in less time.
std::pair<Values, std::shared_ptr<const Lowered>> RunAndLower(const Graph& graph, Values inputs,
                                                              const Run::Collect& collect);

}  // namespace nodetorch
