// What JavaScript has of a recording.
#pragma once

#include <memory>
#include <utility>

#include "capture/recording.h"
#include "runtime/function.h"

namespace nodetorch {

struct RecordingHandle : Held {
  explicit RecordingHandle(Recording recording)
      : recording(std::make_shared<const Recording>(std::move(recording))) {}
  const std::shared_ptr<const Recording> recording;
};

const RecordingHandle& RecordingHandleAt(Arguments& arguments, size_t i);

inline const Recording& RecordingArgument(Arguments& arguments, size_t i) {
  return *RecordingHandleAt(arguments, i).recording;
}

}  // namespace nodetorch
