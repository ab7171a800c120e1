// Guards of normalizations.
#include <c10/util/Exception.h>

#include <string>
#include <vector>

#include "operators/guard_checks.h"

namespace nodetorch::guards {

// All of these have an element for each channel. Without training the running statistics must be there.
void RunningStatistics(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  bool trains = schema.name().find("_with_update") != std::string::npos;
  for (const char* flag : {"training", "train"}) {
    const c10::IValue* training = Find(schema, stack, flag);
    trains |= training && training->isBool() && training->toBool();
  }
  const at::Tensor input = TensorNamed(schema, stack, "input");
  TORCH_CHECK(input.dim() >= 2, schema.name(), ": input must have channels");
  for (const char* name : {"running_mean", "running_var", "weight", "bias"}) {
    const at::Tensor one = TensorNamed(schema, stack, name);
    const bool must_be_there = name[0] == 'r' && !trains;
    TORCH_CHECK(one.defined() ? one.numel() == input.size(1) : !must_be_there, schema.name(), ": ", name,
                " must have an element for each channel");
  }
}

// The fused kernel divides by the size of `dim`, and reads one g for each.
void NormPerSlice(const Schema& schema, const Stack& stack) {
  OneFloatingType(schema, stack);
  const at::Tensor v = TensorNamed(schema, stack, "v"), g = TensorNamed(schema, stack, "g");
  const c10::IValue* dim = Find(schema, stack, "dim");
  if (!v.defined() || !g.defined() || !dim || (dim->toInt() != 0 && dim->toInt() != v.dim() - 1)) return;
  TORCH_CHECK(v.dim() > 0 && v.size(dim->toInt()) > 0 && g.numel() >= v.size(dim->toInt()), schema.name(),
              ": g must have an element for each slice of v");
}

// Its backward, of what it has saved.
void NormsOfSlices(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad_w"), v = TensorNamed(schema, stack, "saved_v");
  const int64_t dim = Find(schema, stack, "dim")->toInt();
  TORCH_CHECK(v.dim() > 0 && (dim == 0 || dim == v.dim() - 1) && v.numel() > 0, schema.name(),
              ": saved_v must have elements, and dim be its first or last");
  TORCH_CHECK(grad.sizes() == v.sizes() && grad.scalar_type() == v.scalar_type(), schema.name(),
              ": grad_w must have the shape and dtype of saved_v");
  for (const char* name : {"saved_g", "saved_norms"}) {
    TORCH_CHECK(TensorNamed(schema, stack, name).numel() == v.size(dim), schema.name(), ": ", name,
                " must have an element for each slice of saved_v");
  }
}

// Of batch_norm_backward.
void SavedPerChannel(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad_out"), input = TensorNamed(schema, stack, "input");
  TORCH_CHECK(input.dim() >= 2 && grad.sizes() == input.sizes() && grad.scalar_type() == input.scalar_type(),
              schema.name(), ": grad_out must have the shape and dtype of input, which must have channels");
  const bool trains = Find(schema, stack, "update")->toBool();
  for (const std::string& name :
       {std::string("weight"), std::string("running_mean"), std::string("running_var"),
        std::string("save_mean"), std::string("save_var")}) {
    const at::Tensor one = TensorNamed(schema, stack, name.c_str());
    const bool is_read = name[0] == (trains ? 's' : 'r');
    TORCH_CHECK(one.defined() ? one.numel() == input.size(1) || (!is_read && name != "weight") : !is_read,
                schema.name(), ": ", name, " must have an element for each channel");
  }
}

// Of layer and RMS norm, backward: a mean and a deviation of each row, a weight for each place in it.
void SavedPerRow(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const at::Tensor grad = TensorNamed(schema, stack, "grad_out"), input = TensorNamed(schema, stack, "input");
  TORCH_CHECK(grad.sizes() == input.sizes() && grad.scalar_type() == input.scalar_type(), schema.name(),
              ": grad_out must have the shape and dtype of input");
  const std::vector<int64_t> shape = Find(schema, stack, "normalized_shape")->toIntVector();
  const int64_t count = static_cast<int64_t>(shape.size());
  TORCH_CHECK(count > 0 && input.dim() >= count && input.sizes().slice(input.dim() - count) == shape,
              schema.name(), ": normalized_shape must be the last of the sizes of input");
  int64_t rows = 1, places = 1;
  for (int64_t size : input.sizes().slice(0, input.dim() - count)) rows *= size;
  for (int64_t size : shape) places *= size;
  for (const char* name : {"mean", "rstd", "weight", "bias"}) {
    if (!Find(schema, stack, name)) continue;
    const at::Tensor one = TensorNamed(schema, stack, name);
    const bool is_saved = name[0] == 'm' || name[0] == 'r';
    TORCH_CHECK(one.defined() ? one.numel() == (is_saved ? rows : places) : !is_saved, schema.name(), ": ",
                name, " must have an element for each ", is_saved ? "row" : "place in a row");
  }
}

// Of native_batch_norm_backward and _batch_norm_impl_index_backward, which differ in two names.
void ChannelsOfInput(const Schema& schema, const Stack& stack) {
  OneDevice(schema, stack);
  const bool indexed = Find(schema, stack, "impl_index") != nullptr;
  const at::Tensor grad = TensorNamed(schema, stack, indexed ? "grad_output" : "grad_out");
  const at::Tensor input = TensorNamed(schema, stack, "input");
  TORCH_CHECK(!indexed || !input.is_cpu() || stack[0].toInt() == 0, schema.name(),
              ": impl_index must be 0 on the CPU");
  TORCH_CHECK(input.dim() >= 2 && input.size(1) > 0, schema.name(), ": input must have channels");
  TORCH_CHECK(grad.sizes() == input.sizes() && grad.scalar_type() == input.scalar_type(), schema.name(),
              ": the gradient must have the shape and dtype of input");
  const bool train = Find(schema, stack, "train")->toBool();
  const std::string spread = indexed ? "save_var_transform" : "save_invstd";
  for (const std::string& name : {std::string("weight"), std::string("running_mean"),
                                  std::string("running_var"), std::string("save_mean"), spread}) {
    const at::Tensor one = TensorNamed(schema, stack, name.c_str());
    const bool saved = name[0] == 's';
    const bool must = train ? saved : name[0] == 'r';
    if (!must && (!one.defined() || saved)) continue;
    TORCH_CHECK(one.defined() && one.numel() == input.size(1), schema.name(), ": ", name,
                " must have an element for each channel");
    TORCH_CHECK(one.scalar_type() == input.scalar_type() || one.scalar_type() == at::kFloat, schema.name(),
                ": ", name, " has dtype ", one.scalar_type());
  }
}

}  // namespace nodetorch::guards
