#include "capture/recorder.h"

#include <ATen/core/enum_tag.h>

#include <set>
#include <utility>

#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

// Whether a value of this type may reach JavaScript: tensors do not tell what is in them.
bool IsOfTensors(const c10::Type& type) {
  if (const auto* optional = type.castRaw<c10::OptionalType>())
    return IsOfTensors(*optional->getElementType());
  if (const auto* list = type.castRaw<c10::ListType>()) return IsOfTensors(*list->getElementType());
  return type.kind() == c10::TypeKind::TensorType;
}

// Composite ones, which have no tag for it.
bool HasShapeOfData(const Signature& signature) {
  static const auto* names = new std::set<std::string>{"aten::argwhere",
                                                       "aten::nonzero_numpy",
                                                       "aten::where",
                                                       "aten::tensor_split.tensor_indices_or_sections",
                                                       "aten::repeat_interleave.self_Tensor",
                                                       "aten::combinations",
                                                       "aten::to_sparse",
                                                       "aten::_pack_padded_sequence"};
  const auto& schema = signature.schema();
  return names->count(schema.overload_name().empty() ? schema.name()
                                                     : schema.name() + "." + schema.overload_name()) > 0;
}

bool HasMask(const IValue& value) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    return tensor.defined() && (tensor.scalar_type() == at::kBool || tensor.scalar_type() == at::kByte);
  }
  if (!value.isList()) return false;
  for (const IValue& item : value.toListRef())
    if (HasMask(item)) return true;
  return false;
}

void AddSizes(const IValue& result, std::vector<std::vector<int64_t>>& sizes) {
  if (result.isTensor()) {
    if (result.toTensor().defined()) sizes.push_back(result.toTensor().sizes().vec());
  } else if (result.isList()) {
    for (const IValue& item : result.toListRef()) AddSizes(item, sizes);
  }
}

}  // namespace

bool TellsOfMetadata(const std::string& name) {
  static const auto* names = new std::set<std::string>{"aten::can_cast",
                                                       "aten::dense_dim",
                                                       "aten::is_complex",
                                                       "aten::is_conj",
                                                       "aten::is_coalesced",
                                                       "aten::is_floating_point",
                                                       "aten::is_inference",
                                                       "aten::is_neg",
                                                       "aten::is_pinned",
                                                       "aten::is_same_size",
                                                       "aten::is_set_to",
                                                       "aten::is_signed",
                                                       "aten::promote_types",
                                                       "aten::result_type",
                                                       "aten::size",
                                                       "aten::sparse_dim",
                                                       "aten::stride",
                                                       "aten::sym_size",
                                                       "aten::sym_numel",
                                                       "aten::_use_cudnn_ctc_loss",
                                                       "aten::_cufft_get_plan_cache_size",
                                                       "aten::qscheme",
                                                       "aten::cudnn_is_acceptable"};
  return names->count(name) > 0;
}

void CaptureRecorder::Refuse(const std::string& what) {
  const std::string message = "torch.capture: " + what;
  std::string& problem = owner_ ? owner_->problem_ : problem_;
  if (problem.empty()) problem = message;
  throw c10::Error({__func__, __FILE__, __LINE__}, message);
}

void CaptureRecorder::RefuseRead(const std::string& name) {
  if (!has_read_) return;
  has_read_ = false;
  if (is_live()) return NoteNumbers();
  Refuse(name + " was given a tensor where it takes a number, and a replay cannot read that number anew");
}

void CaptureRecorder::AddInput(const at::Tensor& tensor) {
  recording_.input_guards.emplace_back(tensor);
  recording_.inputs++;
  inputs_.push_back(tensor);
  const uint32_t slot = recording_.slots++;
  kept_.push_back(tensor);
  slots_.emplace(tensor.unsafeGetTensorImpl(), slot);  // of the same one given twice, the first
}

void CaptureRecorder::Admit(const Signature& signature, const Values& arguments) {
  const c10::FunctionSchema& schema = signature.schema();
  const std::string& name = schema.name();
  if (is_live()) return AdmitLive(signature, arguments);
  if (recording_.nodes.size() >= stop_.first) Refuse(stop_.second);
  if (signature.method) Refuse("a method of a class object, " + name + ", cannot be replayed");
  RefuseRead(name);
  const bool indexes = name.rfind("aten::index", 0) == 0;
  const auto has = [&](at::Tag tag) { return signature.handle->hasTag(tag); };
  // one_hot is told of by its tag even where it is given the number of classes.
  const bool is_told = name == "aten::one_hot" && arguments[1].isInt() && arguments[1].toInt() >= 0;
  const bool shaped = !is_told && (has(at::Tag::dynamic_output_shape) || HasShapeOfData(signature));
  if (shaped && (!indexes || (arguments.size() > 1 && HasMask(arguments[1])))) {
    Refuse("the shape of what " + name + " gives depends on numbers in a tensor, so it cannot be replayed");
  }
  for (const c10::Argument& result : schema.returns()) {
    if (IsOfTensors(*result.real_type()) || TellsOfMetadata(name)) continue;
    Refuse(name + " gives a number of a tensor to JavaScript, which a replay cannot follow");
  }
  if (has(at::Tag::data_dependent_output) && schema.returns().empty()) {
    Refuse(name + " looks at the numbers of a tensor");
  }
}

void CaptureRecorder::AdmitLive(const Signature& signature, const Values& arguments) {
  RefuseRead("");
  // Before hooks of saved tensors get handles of the same.
  for (const IValue& argument : arguments) ToOperand(argument);
  for (const c10::Argument& result : signature.schema().returns()) {
    if (!IsOfTensors(*result.real_type()) && !TellsOfMetadata(signature.schema().name())) NoteNumbers();
  }
}

int64_t CaptureRecorder::Define(const at::Tensor& tensor) {
  if (!tensor.defined()) return Destination::kNowhere;
  const auto* impl = tensor.unsafeGetTensorImpl();
  if (slots_.count(impl) || others_.count(impl)) return Destination::kNowhere;
  kept_.push_back(tensor);
  slots_[impl] = recording_.slots;
  return recording_.slots++;
}

Operand CaptureRecorder::TensorOperand(const at::Tensor& tensor) {
  Operand operand;
  const auto found = tensor.defined() ? slots_.find(tensor.unsafeGetTensorImpl()) : slots_.end();
  if (found != slots_.end()) {
    operand.kind = Operand::Kind::kSlot;
    operand.slot = found->second;
    return operand;
  }
  operand.constant = tensor;
  if (!tensor.defined() || tensor.unsafeGetTensorImpl()->is_wrapped_number()) return operand;
  if (others_.emplace(tensor.unsafeGetTensorImpl(), true).second) {
    kept_.push_back(tensor);
    recording_.others.emplace_back(tensor, TensorGuard(tensor));
  }
  return operand;
}

at::Tensor CaptureRecorder::Constant(const at::Tensor& tensor) {
  others_.emplace(tensor.unsafeGetTensorImpl(), false);
  kept_.push_back(tensor);
  return tensor;
}

Operand CaptureRecorder::ToOperand(const IValue& value) {
  if (value.isTensor()) return TensorOperand(value.toTensor());
  Operand operand;
  if (value.isObject() || value.isCapsule()) {
    if (is_live()) return operand;
    Refuse("an object of a class cannot be replayed");
  }
  const auto has_tensor = [](const IValue& item) { return item.isTensor(); };
  if (value.isList()) {
    const auto items = value.toListRef();
    if (std::any_of(items.begin(), items.end(), has_tensor)) {
      operand.kind = Operand::Kind::kList;
      for (const IValue& item : items) operand.list.push_back(ToOperand(item));
      return operand;
    }
  }
  operand.constant = value;
  return operand;
}

Destination CaptureRecorder::ToDestination(const IValue& result) {
  Destination destination;
  if (result.isTensor()) {
    destination.slots.push_back(Define(result.toTensor()));
  } else if (result.isTensorList()) {
    destination.is_list = true;
    for (const IValue& item : result.toListRef()) destination.slots.push_back(Define(item.toTensor()));
  } else {
    destination.slots.push_back(Destination::kNowhere);
  }
  return destination;
}

void CaptureRecorder::Add(RecordedNode node, const Values& results) {
  for (const IValue& result : results) node.results.push_back(ToDestination(result));
  node.segment = segment_;
  recording_.nodes.push_back(std::move(node));
}

void CaptureRecorder::AddOperator(const Signature& signature, Values arguments, const Values& results) {
  RecordedNode node;
  node.signature = std::make_shared<const Signature>(signature);
  node.name = signature.schema().name();
  for (size_t i = 0; i < arguments.size(); i++) {
    node.operands.push_back(ToOperand(arguments[i]));
    if (ChangesArgument(signature.schema(), i))
      EachTensor(arguments[i], [&](const auto& each) { NoteChange(each); });
  }
  auto recorded = std::make_shared<Recorded>();
  for (const IValue& result : results) AddSizes(result, recorded->sizes);
  if (!results.empty() && results[0].isTensor() && results[0].toTensor().defined()) {
    recorded->dtype = results[0].toTensor().scalar_type();
  }
  node.recorded = std::move(recorded);
  Add(std::move(node), results);
}

void CaptureRecorder::AddCall(const char* name, std::string detail, const Values& arguments,
                              RecordedCall call, const Values& results) {
  RefuseRead(name);
  if (recording_.nodes.size() >= stop_.first) Refuse(stop_.second);
  RecordedNode node;
  node.name = name;
  node.detail = std::move(detail);
  for (const IValue& argument : arguments) node.operands.push_back(ToOperand(argument));
  auto recorded = std::make_shared<Recorded>();
  recorded->call = std::move(call);
  for (const IValue& result : results) AddSizes(result, recorded->sizes);
  node.recorded = std::move(recorded);
  Add(std::move(node), results);
}

void CaptureRecorder::AddRead(const char* name, const Values& arguments, RecordedCall call,
                              const at::Tensor& result) {
  // The same object may be here for another reason; from now on it is what was read.
  for (const IValue& argument : arguments) See(argument.toTensor());
  if (result.defined()) {
    slots_.erase(result.unsafeGetTensorImpl());
    others_.erase(result.unsafeGetTensorImpl());
  }
  AddCall(name, result.defined() ? "" : "null", arguments, std::move(call), {result});
}

}  // namespace nodetorch
