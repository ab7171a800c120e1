// Guards of what makes sparse tensors of their parts.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/_validate_sparse_compressed_tensor_args.h>
#include <ATen/ops/_validate_sparse_coo_tensor_args.h>
#include <c10/util/Exception.h>

#include <string>
#include <vector>

#include "operators/guard_checks.h"

namespace nodetorch::guards {

namespace {

// As given, or as the operator infers it.
std::vector<int64_t> SizeOf(const Schema& schema, const Stack& stack) {
  const c10::IValue* size = Find(schema, stack, "size");
  if (size && size->isIntList()) return size->toIntVector();
  Stack copy = stack;
  c10::Dispatcher::singleton()
      .findSchemaOrThrow(schema.name().c_str(), schema.overload_name().c_str())
      .callBoxed(copy);
  return copy[0].toTensor().sizes().vec();
}

at::Layout LayoutOf(const Schema& schema, const Stack& stack) {
  const std::string& name = schema.name();
  for (const auto& [part, layout] :
       {std::pair("_csr_", at::kSparseCsr), std::pair("_csc_", at::kSparseCsc),
        std::pair("_bsr_", at::kSparseBsr), std::pair("_bsc_", at::kSparseBsc)}) {
    if (name.find(part) != std::string::npos) return layout;
  }
  const c10::IValue* layout = Find(schema, stack, "layout");
  TORCH_CHECK(layout && layout->isInt(),
              "sparse_compressed_tensor expected sparse compressed tensor layout but got none");
  return layout->toLayout();
}

bool IsCompressed(at::Layout layout) {
  return layout == at::kSparseCsr || layout == at::kSparseCsc || layout == at::kSparseBsr ||
         layout == at::kSparseBsc;
}

}  // namespace

// Operators trust the indices of a sparse tensor. PyTorch's own check of them, which Python makes where it is
// asked to.
void SparseParts(const Schema& schema, const Stack& stack) {
  std::vector<at::Tensor> indices;
  for (const char* name : {"indices", "compressed_indices", "crow_indices", "ccol_indices", "plain_indices",
                           "col_indices", "row_indices"}) {
    if (Find(schema, stack, name)) indices.push_back(TensorNamed(schema, stack, name));
  }
  at::Tensor values = TensorNamed(schema, stack, "values");
  if (indices.empty() || !values.defined()) return;  // of a size alone
  for (const at::Tensor& each : indices) {
    if (!each.defined() || each.is_meta() || values.is_meta()) return;
  }
  const std::vector<int64_t> size = SizeOf(schema, stack);
  const OutsideTransforms outside;
  values = PlainOf(values);
  const at::Tensor first = PlainOf(indices[0]);
  if (indices.size() == 1) {
    const c10::IValue* coalesced = Find(schema, stack, "is_coalesced");
    at::_validate_sparse_coo_tensor_args(first, values, size,
                                         coalesced ? coalesced->toOptional<bool>() : std::nullopt);
  } else if (const at::Layout layout = LayoutOf(schema, stack); IsCompressed(layout)) {
    at::_validate_sparse_compressed_tensor_args(first, PlainOf(indices[1]), values, size, layout);
  }  // and of another layout the operator itself says so
}

// Rows become an index for each of their columns: as many as the numbers of the first say.
void RowsOfColumns(const Schema& schema, const Stack& stack) {
  const at::Tensor rows = stack[0].toTensor(), columns = stack[1].toTensor();
  const bool is_batch = rows.dim() == columns.dim() && rows.dim() > 0 && rows.size(-1) > 0 &&
                        rows.sizes().slice(0, rows.dim() - 1) == columns.sizes().slice(0, rows.dim() - 1);
  TORCH_CHECK(is_batch, schema.name(), ": crow_indices and col_indices must have the same batch");
  TORCH_CHECK(at::isIntegralType(rows.scalar_type(), false) && rows.layout() == at::kStrided &&
                  columns.layout() == at::kStrided,
              schema.name(), ": crow_indices must be integers");
  TORCH_CHECK(rows.numel() == 0 || !HasOutside(rows, 0, columns.size(-1) + 1), schema.name(),
              ": crow_indices must be from 0 to ", columns.size(-1));
}

}  // namespace nodetorch::guards
