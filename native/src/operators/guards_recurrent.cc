// Guards of recurrent layers and packed sequences.
#include <c10/util/Exception.h>

#include <string>

#include "operators/guard_checks.h"

namespace nodetorch::guards {

void TwoStates(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const c10::IValue* states = Find(schema, stack, "hx");
  TORCH_CHECK(!states || !states->isTensorList() || states->toTensorList().size() == 2, schema.name(),
              ": hx must have 2 tensors");
}

// nn.LSTM and its kin have checked these before they call.
void LayersOfParams(const Schema& schema, const Stack& stack) {
  const int64_t layers = Find(schema, stack, "num_layers")->toInt();
  const int64_t directions = Find(schema, stack, "bidirectional")->toBool() ? 2 : 1;
  const int64_t least = Find(schema, stack, "has_biases")->toBool() ? 4 : 2;
  const int64_t count = static_cast<int64_t>(Find(schema, stack, "params")->toTensorList().size());
  TORCH_CHECK(layers > 0 && layers <= count && count >= layers * directions * least, schema.name(),
              ": params must have ", least, " tensors for each of ", layers, " layers and each direction");
  const at::Tensor counts = TensorNamed(schema, stack, "batch_sizes");
  TORCH_CHECK(!counts.defined() || (counts.dim() == 1 && counts.numel() > 0 &&
                                    counts.scalar_type() == at::kLong && counts.is_cpu()),
              schema.name(), ": batch_sizes must be a vector of int64 on the CPU, and not empty");
}

// Of oneDNN's recurrent layers: PyTorch's weights, of four, three or one gates.
void GatesOfHidden(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor input = TensorNamed(schema, stack, "input");
  const int64_t hidden = Find(schema, stack, "hidden_size")->toInt(),
                mode = Find(schema, stack, "mode")->toInt();
  constexpr int64_t kLstm = 2, kGru = 3;
  const int64_t rows = hidden * (mode == kLstm ? 4 : mode == kGru ? 3 : 1);
  TORCH_CHECK(hidden > 0 && input.dim() == 3 && input.numel() > 0 && input.scalar_type() == at::kFloat,
              schema.name(), ": input must be float32 of 3 dimensions, and not empty");
  const size_t first = *schema.argumentIndexWithName("input") + 1;
  const at::Tensor weights[] = {stack[first].toTensor(), stack[first + 1].toTensor(),
                                stack[first + 2].toTensor(), stack[first + 3].toTensor()};
  TORCH_CHECK(weights[0].sizes() == at::IntArrayRef({rows, input.size(2)}) &&
                  weights[1].sizes() == at::IntArrayRef({rows, hidden}) && weights[2].numel() == rows &&
                  weights[3].numel() == rows,
              schema.name(), ": the weights do not fit input, hidden_size and mode");
  for (size_t i = first; i < stack.size(); i++) {
    if (!stack[i].isTensor() || !stack[i].toTensor().defined()) continue;
    const std::string& name = schema.arguments()[i].name();
    const bool is_state = name == "hx_" || name == "cx_" || name == "cx_tmp";
    TORCH_CHECK(!is_state || stack[i].toTensor().numel() == input.size(1) * hidden ||
                    stack[i].toTensor().numel() == input.size(0) * hidden,
                schema.name(), ": ", name, " must have hidden_size numbers for each sequence");
  }
}

// Backward: gates are cut into four, or three, as wide as the state.
void GatesOfCell(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const bool is_lstm = schema.name().find("lstm") != std::string::npos;
  const at::Tensor state = TensorNamed(schema, stack, is_lstm ? "cx" : "hx");
  const int64_t gates = is_lstm ? 4 : 3;
  TORCH_CHECK(state.dim() == 2 && state.numel() > 0, schema.name(),
              ": the state must be a matrix with elements");
  for (const char* name : {"input_gates", "hidden_gates"}) {
    const at::Tensor one = TensorNamed(schema, stack, name);
    TORCH_CHECK(one.sizes().equals({state.size(0), gates * state.size(1)}), schema.name(), ": ", name,
                " must have ", gates, " columns for each of the state");
  }
  for (const char* name : {"input_bias", "hidden_bias"}) {
    const at::Tensor one = TensorNamed(schema, stack, name);
    TORCH_CHECK(!one.defined() || one.dim() <= 1, schema.name(), ": ", name, " must be a vector");
  }
}

// Rows of `data` for each step, as many as are still running there.
void StepsOfBatch(const Schema& schema, const Stack& stack) {
  const at::Tensor data = TensorNamed(schema, stack, "data"),
                   counts = TensorNamed(schema, stack, "batch_sizes");
  const c10::IValue* total = Find(schema, stack, "total_length");
  TORCH_CHECK(data.dim() > 0 && counts.dim() == 1 && counts.scalar_type() == at::kLong && counts.is_cpu() &&
                  counts.numel() > 0,
              schema.name(), ": batch_sizes must be a vector of int64 on the CPU, and not empty");
  const at::Tensor growth = counts.diff();
  TORCH_CHECK(Least(counts) > 0 && Greatest(counts.sum()) == data.size(0) &&
                  (growth.numel() == 0 || Greatest(growth) <= 0),
              schema.name(), ": batch_sizes must be positive, never grow, and add up to the rows of data");
  TORCH_CHECK(!total || !total->isInt() || total->toInt() <= 0 || total->toInt() >= counts.size(0),
              schema.name(), ": total_length is below the number of steps");
}

}  // namespace nodetorch::guards
