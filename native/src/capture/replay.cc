#include "capture/replay.h"

#include <optional>
#include <utility>

#include "exports/modes.h"

namespace nodetorch {

Replay::Replay(const Recording& recording)
    : slots_(recording.slots), changes_modes_(recording.changes_modes) {
  std::vector<bool> is_used(slots_, false);
  for (const int64_t slot : recording.outputs) {
    if (slot < 0) continue;
    outputs_.push_back(static_cast<uint32_t>(slot));
    is_used[static_cast<size_t>(slot)] = true;
  }
  for (auto& [graph, takes, gives] : recording.Segments()) {
    may_resize_ |= graph->may_resize;
    segments_.push_back({std::move(graph), std::move(takes), std::move(gives), {}, nullptr, 0});
  }
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); segment++) {
    for (const uint32_t slot : segment->takes) segment->is_last.push_back(!is_used[slot]);
    for (const uint32_t slot : segment->takes) is_used[slot] = true;
  }
}

Values Replay::RunGraph(Segment& segment, const Run::Collect& collect, Values inputs) {
  constexpr int kMostTries = 3;  // weights that are always at another place are not worth it
  // Held: JavaScript that a graph calls may replay it meanwhile.
  if (const auto lowered = segment.lowered; lowered && lowered->Holds()) {
    return Run(nullptr, collect).Execute(lowered->graph(), std::move(inputs));
  }
  if ((segment.tries > 0 && !segment.lowered) || segment.tries == kMostTries) {
    return Run(nullptr, collect).Execute(*segment.graph, std::move(inputs));
  }
  segment.tries++;
  auto [outputs, lowered] = RunAndLower(*segment.graph, std::move(inputs), collect);
  segment.lowered = std::move(lowered);
  return std::move(outputs);
}

void Replay::RunSegment(Segment& segment, const Run::Collect& collect, Values& slots) {
  if (segment.graph->nodes.empty()) return;
  Values inputs;
  inputs.reserve(segment.takes.size());
  for (size_t i = 0; i < segment.takes.size(); i++) {
    c10::IValue& value = slots[segment.takes[i]];
    if (segment.is_last[i]) {
      inputs.push_back(std::move(value));
    } else {
      inputs.push_back(value);
    }
  }
  Values outputs = RunGraph(segment, collect, std::move(inputs));
  for (size_t i = 0; i < segment.gives.size(); i++) slots[segment.gives[i]] = std::move(outputs[i]);
}

Values Replay::Execute(const std::vector<at::Tensor>& inputs, const Run::Collect& collect, const Host& host) {
  std::optional<ModesGuard> modes;
  if (changes_modes_) modes.emplace();
  Values slots(slots_);
  for (size_t i = 0; i < inputs.size(); i++) slots[i] = inputs[i];
  for (size_t i = 0; i < segments_.size(); i++) {
    if (i > 0) host(i - 1);
    RunSegment(segments_[i], collect, slots);
  }
  Values outputs;
  outputs.reserve(outputs_.size());
  for (const uint32_t slot : outputs_) outputs.push_back(slots[slot]);
  return outputs;
}

}  // namespace nodetorch
