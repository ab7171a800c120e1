// Indexing while something is recorded.
#pragma once

#include <ATen/TensorIndexing.h>

#include <vector>

#include "capture/recorder.h"

namespace nodetorch {

using Indices = std::vector<at::indexing::TensorIndex>;

// at::indexing::get_item, recorded: as the operators that it consists of, where that is possible.
at::Tensor GetItemRecorded(CaptureRecorder& recorder, const at::Tensor& tensor, const Indices& indices);
// After at::indexing::set_item.
void RecordSetItem(CaptureRecorder& recorder, const at::Tensor& tensor, const Indices& indices,
                   const at::Tensor& value);

}  // namespace nodetorch
