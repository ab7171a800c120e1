#include "operators/results.h"

#include "operators/to_js.h"

namespace nodetorch {

namespace {

using c10::IValue;

class ResultWriter {
 public:
  ResultWriter(Environment& environment, const Signature& signature, Candidate& candidate)
      : environment_(environment),
        signature_(signature),
        returns_(signature.schema().returns()),
        candidate_(candidate),
        stack_(candidate.stack) {}

  napi_value One(napi_value holder);
  napi_value Several(size_t signature_index);

 private:
  // The argument that an operator gives back.
  const ArgumentSource* Given(const IValue& value) const;
  bool IsFresh(size_t i) const { return !returns_[i].alias_info(); }
  int64_t BytesOfArguments() const;
  napi_value NewTensor(at::Tensor tensor, napi_value holder);
  bool ReportTensors(c10::ArrayRef<IValue> values, bool is_list);
  napi_value Array();
  napi_value Undefined() const;

  Environment& environment_;
  const Signature& signature_;
  const std::vector<c10::Argument>& returns_;
  Candidate& candidate_;
  std::vector<IValue>& stack_;
};

const ArgumentSource* ResultWriter::Given(const IValue& value) const {
  if (!value.isTensor()) return nullptr;
  at::TensorImpl* tensor = value.unsafeToTensorImpl();
  for (const Candidate::Origin& origin : candidate_.origins) {
    if (origin.tensor != tensor) continue;
    if (Slot* slot = candidate_.SlotOf(origin)) {
      slot->small &= !IsInGraph(*tensor);  // what was changed in place may have joined a graph
      return origin.source;
    }
  }
  return nullptr;  // new, or a number that became a tensor
}

napi_value ResultWriter::Undefined() const {
  napi_value undefined;
  Check(environment_.env(), napi_get_undefined(environment_.env(), &undefined));
  return undefined;
}

napi_value ResultWriter::NewTensor(at::Tensor tensor, napi_value holder) {
  HandlePool& pool = environment_.pool();
  Slot* slot = pool.New(std::move(tensor), IsFresh(0));
  if (pool.LeaveToScope(slot, &environment_)) {
    environment_.Report(Outcome::kNewInScope, slot->number);
  } else {
    Own(environment_, holder, slot);
    environment_.Report(Outcome::kNew, slot->number);
  }
  return holder;
}

// An object is mostly made of the tensors that the operator was given: what it holds, nobody can see.
int64_t ResultWriter::BytesOfArguments() const {
  int64_t bytes = 0;
  for (const Candidate::Origin& origin : candidate_.origins) {
    const Slot* slot = candidate_.SlotOf(origin);
    if (slot && slot->tensor.has_storage()) bytes += static_cast<int64_t>(slot->tensor.storage().nbytes());
  }
  return bytes;
}

napi_value ResultWriter::One(napi_value holder) {
  IValue& value = stack_[0];
  if (const ArgumentSource* given = Given(value)) {
    if (given->position >= 0) environment_.Report(Outcome::kGiven, given->position);
    return given->js;
  }
  if (value.isTensor() && value.toTensor().defined()) return NewTensor(std::move(value).toTensor(), holder);
  if (value.isObject()) return ObjectToJs(environment_, value, BytesOfArguments());
  if (value.isTensorList() && ReportTensors(value.toListRef(), /*is_list=*/true)) return Undefined();
  return ToJs(environment_, value, returns_[0].real_type(), IsFresh(0));
}

napi_value ResultWriter::Several(size_t signature_index) {
  if (!ReportTensors(stack_, /*is_list=*/false)) return Array();
  if (signature_.return_names[0].empty()) return Undefined();
  napi_value index;  // tells JavaScript which signature's names the elements have
  Check(environment_.env(), napi_create_int64(environment_.env(), signature_index, &index));
  return index;
}

// Where all are tensors, reports the numbers of their slots to JavaScript, which makes their objects.
bool ResultWriter::ReportTensors(c10::ArrayRef<IValue> values, bool is_list) {
  if (values.size() > ResultHeader::kMostResults) return false;
  const auto given = [&](const IValue& value) { return is_list ? nullptr : Given(value); };
  for (const IValue& value : values) {
    if (!value.isTensor() && !value.isNone()) return false;
    if (const ArgumentSource* source = given(value); source && source->position < 0) return false;
  }
  for (size_t i = 0; i < values.size(); i++) {
    int32_t& number = environment_.result_header().NumberOf(i);
    if (const ArgumentSource* source = given(values[i])) {
      number = -1 - source->position;
    } else if (values[i].isNone() || !values[i].toTensor().defined()) {
      number = 0;
    } else {
      const bool fresh = IsFresh(is_list ? 0 : i);
      number = static_cast<int32_t>(environment_.pool().New(values[i].toTensor(), fresh)->number);
    }
  }
  environment_.Report(Outcome::kSeveral, static_cast<uint32_t>(values.size()));
  return true;
}

// Any results, in an array whose elements have names, too, where PyTorch has a named tuple.
napi_value ResultWriter::Array() {
  napi_env env = environment_.env();
  napi_value array;
  uint32_t given_among = 0;
  Check(env, napi_create_array_with_length(env, returns_.size(), &array));
  for (size_t i = 0; i < returns_.size(); i++) {
    const ArgumentSource* given = i < 32 ? Given(stack_[i]) : nullptr;
    napi_value item;
    if (given && given->position >= 0) {
      given_among |= 1u << i;
      Check(env, napi_create_uint32(env, given->position, &item));
    } else if (given) {
      item = given->js;
    } else {
      item = ToJs(environment_, stack_[i], returns_[i].real_type(), IsFresh(i));
    }
    Check(env, napi_set_element(env, array, i, item));
    const std::string& name = signature_.return_names[i];
    if (!name.empty()) Check(env, napi_set_named_property(env, array, name.c_str(), item));
  }
  if (given_among != 0) environment_.Report(Outcome::kGivenAmong, given_among);
  return array;
}

}  // namespace

napi_value Results(Environment& environment, const Signature& signature, size_t index, Candidate& candidate,
                   napi_value holder) {
  if (signature.may_resize) {
    for (const Candidate::Origin& origin : candidate.origins) {
      if (Slot* slot = candidate.SlotOf(origin)) environment.pool().Recount(slot);
    }
  }
  environment.Report(Outcome::kPlain);
  const size_t count = signature.schema().returns().size();
  if (count == 0) {
    napi_value undefined;
    Check(environment.env(), napi_get_undefined(environment.env(), &undefined));
    return undefined;
  }
  // As Python does: of a factory's `out`, requires_grad becomes false, too.
  if (SetsRequiresGrad(signature, candidate)) {
    candidate.stack[0].toTensor().set_requires_grad(candidate.requires_grad);
  }
  ResultWriter writer(environment, signature, candidate);
  return count == 1 ? writer.One(holder) : writer.Several(index);
}

}  // namespace nodetorch
