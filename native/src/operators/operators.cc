#include "operators/operators.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/jit_type.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>

#include "operators/fast_paths.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

bool IsUndefined(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  return type == napi_undefined;
}

bool IsNull(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  return type == napi_null;
}

bool IsNumber(napi_env env, napi_value value) {
  napi_valuetype type;
  Check(env, napi_typeof(env, value, &type));
  return type == napi_number || type == napi_bigint;
}

bool IsCalled(const Parameter& parameter, uint32_t name) {
  return name != 0 && std::find(parameter.ids.begin(), parameter.ids.end(), name) != parameter.ids.end();
}

bool IsOut(uint32_t name) {
  static const uint32_t id = NameId("out");
  return name == id;
}

bool IsRequiresGrad(uint32_t name) {
  static const uint32_t camel = NameId("requiresGrad"), snake = NameId("requires_grad");
  return name == camel || name == snake;
}

bool HasPlace(const Signature& signature, uint32_t keyword) {
  if (signature.outs && IsOut(keyword)) return true;
  if (signature.takes_requires_grad && IsRequiresGrad(keyword)) return true;
  return std::any_of(signature.parameters.begin(), signature.parameters.end(),
                     [&](const Parameter& one) { return !one.is_out && IsCalled(one, keyword); });
}

// Nothing that autograd keeps of the tensor matters to an operator: no graph can be made, and there is no
// tangent.
bool IsPlain(const at::TensorImpl& tensor, bool grad_mode) {
  const auto* autograd = static_cast<const torch::autograd::AutogradMeta*>(tensor.autograd_meta());
  return autograd == nullptr || (!grad_mode && autograd->fw_grad_ == nullptr);
}

// Whether a call may skip autograd's kernels, which are a tenth of a small operator.
bool MaySkipAutograd(const Signature& signature, const std::vector<IValue>& stack) {
  if (!signature.plain_with_autograd || !NoActiveModes()) return false;
  const bool grad_mode = at::GradMode::is_enabled();
  const int64_t rank = *signature.plain_with_autograd;
  if (rank != kAnyRank && (!stack[0].isTensor() || stack[0].unsafeToTensorImpl()->dim() != rank))
    return false;
  for (const IValue& value : stack) {
    if (value.isTensor()) {
      const at::TensorImpl& tensor = *value.unsafeToTensorImpl();
      if (!IsPlain(tensor, grad_mode) || (rank != kAnyRank && tensor.dim() > rank)) return false;
    } else if (value.isList()) {
      for (const IValue& item : value.toListRef()) {
        if (item.isTensor() && !IsPlain(*item.unsafeToTensorImpl(), grad_mode)) return false;
      }
    }
  }
  return true;
}

// Takes a factory's options from behind the arguments: with `out` they say nothing, but must not be wrong.
void TakeOptions(std::vector<IValue>& stack) {
  constexpr size_t kOptions = 4;
  const at::Tensor& out = stack[stack.size() - kOptions - 1].toTensor();
  const IValue* options = &stack[stack.size() - kOptions];
  const auto dtype = options[0].toOptional<at::ScalarType>();
  TORCH_CHECK(!dtype || *dtype == out.scalar_type(), "dtype ", *dtype,
              " does not match dtype of out parameter (", out.scalar_type(), ")");
  const auto layout = options[1].toOptional<at::Layout>();
  TORCH_CHECK(!layout || *layout == out.layout(), "layout ", *layout,
              " does not match layout of out parameter (", out.layout(), ")");
  const auto device = options[2].toOptional<at::Device>();
  TORCH_CHECK(!device || device->type() == out.device().type(), "device type ", device->type(),
              " does not match device type of out parameter (", out.device().type(), ")");
  stack.resize(stack.size() - kOptions);
}

// How a message calls a parameter.
std::string Shown(const Parameter& parameter) { return parameter.name == "self" ? "input" : parameter.camel; }

}  // namespace

Operator::Value Operator::Look(napi_value value) const {
  napi_env env = environment_.env();
  void* pointer = nullptr;
  if (napi_get_value_external(env, value, &pointer) == napi_ok) {
    return {value, environment_.pool().Owns(pointer) ? static_cast<Slot*>(pointer) : nullptr};
  }
  return {value, nullptr, {}, IsUndefined(env, value) ? Form::kUndefined : Form::kValue};
}

// Of a list, the elements come later.
Operator::Value Operator::Look(napi_value value, uint32_t forms, uint32_t position) const {
  const int at = static_cast<int>(position);
  if (position < kForms && forms >> position != 0) {
    if (forms >> position & 1) {
      int32_t number = 0;
      napi_get_value_int32(environment_.env(), value, &number);
      return {value, environment_.pool().At(number), {}, Form::kTensor, at};
    }
    const bool tensors = forms >> (kForms + position) & 1;
    if (tensors || (forms >> (2 * kForms + position) & 1)) {
      uint32_t length = 0;
      napi_get_value_uint32(environment_.env(), value, &length);
      return {value,
              nullptr,
              {environment_.transfer_buffer().data(), length},
              tensors ? Form::kTensors : Form::kNumbers,
              at};
    }
  }
  Value looked = Look(value);
  looked.position = at;
  return looked;
}

bool Operator::FromValue(const Value& value, const TypeSpec& spec, bool numbers_as_tensors,
                         IValue* result) const {
  switch (value.form) {
    case Form::kTensor: return FromTensor(value.slot->tensor, spec, result);
    case Form::kTensors: return FromTensors(environment_, value.list, spec, result);
    case Form::kNumbers: return FromNumbers(value.list, spec, result);
    default: return FromJs(environment_, value.js, spec, numbers_as_tensors, result);
  }
}

std::string Operator::DescribeValue(const Value& value) const {
  switch (value.form) {
    case Form::kTensor: return value.slot->tensor.defined() ? "Tensor" : "a disposed Tensor";
    case Form::kTensors: return "array of Tensor";
    case Form::kNumbers: return "array of " + DescribeNumber(value.list[0]);
    default: return Describe(environment_, value.js);
  }
}

bool Operator::Outs(const Signature& signature, const Value& out, Attempt& attempt) {
  napi_env env = environment_.env();
  if (signature.outs == 1) {
    attempt.outs.push_back(out);
    return true;
  }
  bool is_array = false;
  uint32_t length = 0;
  Check(env, napi_is_array(env, out.js, &is_array));
  if (is_array) Check(env, napi_get_array_length(env, out.js, &length));
  if (length != signature.outs) {
    return attempt.Fail([&] {
      return "argument 'out' must be an array of " + std::to_string(signature.outs) + " Tensors, not " +
             Describe(environment_, out.js);
    });
  }
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    Check(env, napi_get_element(env, out.js, i, &item));
    attempt.outs.push_back(Look(item));
  }
  return true;
}

// A list of ints for a direct call.
bool Operator::PushInts(const Value& value, const TypeSpec& spec, Attempt& attempt) const {
  if (value.form == Form::kNumbers) {
    if (!std::all_of(value.list.begin(), value.list.end(), IsWhole)) return false;
    attempt.PushInts(c10::SmallVector<int64_t, 16>(value.list.begin(), value.list.end()));
    return true;
  }
  double number;
  if (value.form == Form::kValue && spec.broadcast > 0 &&
      napi_get_value_double(environment_.env(), value.js, &number) == napi_ok && IsWhole(number)) {
    attempt.PushInts(c10::SmallVector<int64_t, 4>(spec.broadcast, static_cast<int64_t>(number)));
    return true;
  }
  IValue converted;
  if (!FromValue(value, spec, false, &converted)) return false;
  if (converted.isNone()) {
    attempt.stack.emplace_back();
  } else {
    attempt.PushInts(converted.toIntVector());
  }
  return true;
}

// Pushes one argument.
bool Operator::Convert(const Signature& signature, const Parameter& parameter, const Value& value,
                       Attempt& attempt) {
  const TypeSpec& spec = parameter.type;
  if (value.slot && spec.type == Type::kTensor && !spec.list) {
    const at::Tensor& tensor = value.slot->tensor;
    if (value.slot->kind != Kind::kTensor || !tensor.defined()) return false;
    attempt.origins.push_back({tensor.unsafeGetTensorImpl(), &value});
    attempt.stack.emplace_back(tensor);
    return true;
  }
  if (attempt.direct && spec.list && spec.type == Type::kInt) return PushInts(value, spec, attempt);
  double number;
  const bool beside = signature.promotes_numbers && spec.type == Type::kTensor && attempt.stack.size() == 1 &&
                      attempt.stack[0].isTensor();
  if (beside && value.form == Form::kValue &&
      napi_get_value_double(environment_.env(), value.js, &number) == napi_ok) {
    attempt.stack.emplace_back(NumberBeside(attempt.stack[0].toTensor(), number));
    return true;
  }
  if (value.slot && value.slot->kind == Kind::kTensor && FitsUnread(value.slot->tensor, spec)) {
    attempt.unread.push_back({attempt.stack.size(), &spec});
    attempt.stack.emplace_back(value.slot->tensor);
    return true;
  }
  IValue converted;
  if (!FromValue(value, spec, signature.numbers_as_tensors, &converted)) return false;
  if (converted.isTensor()) attempt.origins.push_back({converted.unsafeToTensorImpl(), &value});
  attempt.stack.push_back(std::move(converted));
  return true;
}

bool Operator::Parse(const Signature& signature, const Value* arguments, size_t count,
                     const std::vector<Keyword>& keywords, Attempt& attempt) {
  napi_env env = environment_.env();
  const std::vector<Parameter>& parameters = signature.parameters;
  attempt.direct = FastPathsEnabled() ? signature.direct : nullptr;

  // x.view(2, 3), x.view(-1): where one list of ints is all that may follow `self`, ints may be
  // given singly.
  c10::SmallVector<int64_t, 16> gathered_ints;
  size_t gather_at = parameters.size();
  const size_t last = signature.positional;
  if (count > last || (signature.gathers && count == last && parameters[last - 1].type.broadcast == 0 &&
                       arguments[last - 1].form == Form::kValue && IsNumber(env, arguments[last - 1].js))) {
    if (!signature.gathers) {
      return attempt.Fail([&] {
        return "takes " + std::to_string(signature.positional) + " positional arguments but " +
               std::to_string(count) + " were given";
      });
    }
    gather_at = last - 1;
    for (size_t i = gather_at; i < count; i++) {
      IValue one;
      if (!FromValue(arguments[i], TypeSpec{Type::kInt}, false, &one)) {
        return attempt.Fail([&] {
          return "argument '" + Shown(parameters[gather_at]) + "' (position " + std::to_string(i + 1) +
                 ") must be int, not " + DescribeValue(arguments[i]);
        });
      }
      gathered_ints.push_back(one.toInt());
    }
    count = last;
  }

  size_t used = 0;
  const Value* out = nullptr;
  for (const Keyword& keyword : keywords) {
    if (signature.outs && IsOut(keyword.id)) {
      out = &keyword.value;
      used++;
    } else if (signature.takes_requires_grad && IsRequiresGrad(keyword.id)) {
      if (napi_get_value_bool(env, keyword.value.js, &attempt.requires_grad) != napi_ok) {
        return attempt.Fail(
            [&] { return "argument 'requiresGrad' must be boolean, not " + DescribeValue(keyword.value); });
      }
      used++;
    }
  }
  if (signature.outs) {
    if (!out) {
      return attempt.Fail([] { return std::string("missing argument 'out'"); });
    }
    if (!Outs(signature, *out, attempt)) return false;
  }

  attempt.stack.reserve(parameters.size());
  size_t next_out = 0;
  for (size_t i = 0; i < parameters.size(); i++) {
    const Parameter& parameter = parameters[i];
    const Value* value = nullptr;
    if (parameter.is_out) {
      value = &attempt.outs[next_out++];
    } else if (i == gather_at) {
      if (attempt.direct) {
        attempt.PushInts(gathered_ints);
      } else {
        attempt.stack.push_back(std::vector<int64_t>(gathered_ints.begin(), gathered_ints.end()));
      }
      attempt.progress++;
      continue;
    } else if (i < count && !parameter.keyword_only && arguments[i].form != Form::kUndefined) {
      value = &arguments[i];
    }
    if (!parameter.is_out) {
      for (const Keyword& keyword : keywords) {
        if (!IsCalled(parameter, keyword.id)) continue;
        if (value) {
          return attempt.Fail([&] { return "got multiple values for argument '" + Shown(parameter) + "'"; });
        }
        value = &keyword.value;
        used++;
      }
    }
    if (!value) {
      if (!parameter.has_default) {
        return attempt.Fail([&] {
          const std::string text = "missing argument '" + Shown(parameter) + "'";
          return parameter.keyword_only ? text : text + " (position " + std::to_string(i + 1) + ")";
        });
      }
      if (attempt.direct && parameter.default_value.isIntList()) {
        attempt.PushInts(parameter.default_ints);
      } else {
        attempt.stack.push_back(parameter.default_value);
      }
      continue;
    }
    if (!Convert(signature, parameter, *value, attempt)) {
      return attempt.Fail([&] {
        std::string text = "argument '" + (parameter.is_out ? "out" : Shown(parameter)) + "'";
        if (i < count && !parameter.keyword_only) text += " (position " + std::to_string(i + 1) + ")";
        return text + " must be " + parameter.type.Name() + ", not " + DescribeValue(*value);
      });
    }
    attempt.progress++;
  }
  if (used == keywords.size()) {
    for (const Unread& unread : attempt.unread) {
      const at::Tensor tensor = attempt.stack[unread.argument].toTensor();
      if (!FromTensor(tensor, *unread.spec, &attempt.stack[unread.argument])) return false;
    }
    return true;
  }
  attempt.progress++;  // all but a keyword fits: the likeliest to have been meant
  for (const Keyword& keyword : keywords) {
    if (!HasPlace(signature, keyword.id))
      return attempt.Fail([&] { return "got an unexpected keyword '" + *keyword.name + "'"; });
  }
  return false;
}

napi_value Operator::Call(napi_value blank, uint32_t forms, const napi_value* given, size_t count) {
  napi_env env = environment_.env();
  environment_.RunPendingWork();
  const std::vector<Signature>& all = signatures();

  c10::SmallVector<Value, 8> arguments;
  size_t listed = 0;
  for (size_t i = 0; i < count; i++) {
    arguments.push_back(Look(given[i], forms, i));
    listed += arguments.back().list.size();
  }
  // A copy: reading other arguments may run JavaScript, which calls operators.
  c10::SmallVector<double, 16> elements;
  if (listed > 0) {
    if (listed > environment_.transfer_buffer().length()) throw TypeProblem("lists longer than the exchange");
    elements.append(environment_.transfer_buffer().data(), environment_.transfer_buffer().data() + listed);
    const double* next = elements.data();
    for (Value& argument : arguments) {
      argument.list = {next, argument.list.size()};
      next += argument.list.size();
    }
  }
  while (count > 0 && arguments[count - 1].form == Form::kUndefined) count--;

  std::vector<Keyword> keywords;
  std::vector<std::string> texts;
  const Value last = count > 0 ? arguments[count - 1] : Value();
  if (last.form != Form::kValue) {
    // No keywords.
  } else if (last.slot && last.slot->kind == Kind::kOther) {
    if (auto* set = dynamic_cast<KeywordSet*>(last.slot->other); set && set->names.size() < count) {
      count -= 1 + set->names.size();
      keywords.reserve(set->names.size());
      for (size_t i = 0; i < set->names.size(); i++) {
        const Value& value = arguments[count + i];
        if (value.form != Form::kUndefined) keywords.push_back({&set->names[i], set->ids[i], value});
      }
    }
  } else if (count > 0 && !last.slot && IsPlainObject(env, last.js) && !FindSlot(environment_, last.js)) {
    napi_value names;
    count--;
    Check(env, napi_get_all_property_names(
                   env, last.js, napi_key_own_only,
                   static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                   napi_key_numbers_to_strings, &names));
    uint32_t length;
    Check(env, napi_get_array_length(env, names, &length));
    texts.reserve(length);
    const bool takes_out =
        std::any_of(all.begin(), all.end(), [](const Signature& one) { return one.outs > 0; });
    for (uint32_t i = 0; i < length; i++) {
      napi_value name, js;
      Check(env, napi_get_element(env, names, i, &name));
      Check(env, napi_get_property(env, last.js, name, &js));
      const Value value = Look(js);
      if (value.form == Form::kUndefined) continue;
      const std::string& text = texts.emplace_back(ToString(env, name));
      if (takes_out && text == "out" && IsNull(env, js)) continue;
      keywords.push_back({&text, KnownNameId(text), value});
    }
  }

  for (int retry = 0;; retry++) {
    const Signature* fitting = nullptr;
    Attempt attempt;
    attempt.stack = std::move(spare_);
    for (const Signature& signature : all) {
      attempt.Clear();
      if (Parse(signature, arguments.data(), count, keywords, attempt)) {
        fitting = &signature;
        break;
      }
    }
    if (!fitting) NoneFits(arguments.data(), count, keywords);
    if (fitting->checks_options) TakeOptions(attempt.stack);
    std::vector<SizesBefore> before;
    if (fitting->may_resize) {
      for (const Origin& origin : attempt.origins) {
        if (Slot* slot = SlotOf(origin)) before.emplace_back(slot->tensor);
      }
    }
    try {
      if (fitting->guard) fitting->guard(fitting->handle.schema(), attempt.stack);
      const bool skips_autograd = MaySkipAutograd(*fitting, attempt.stack);
      if (!(skips_autograd && fitting->tiny && fitting->tiny(attempt.stack))) {
        // As Python's factories do: the fill inside is no change of the new tensor.
        std::optional<at::AutoDispatchBelowADInplaceOrView> below;
        if (fitting->makes || skips_autograd) below.emplace();
        if (attempt.direct) {
          at::Tensor result = attempt.direct(fitting->handle, attempt);
          attempt.stack.clear();
          attempt.stack.emplace_back(std::move(result));
        } else {
          fitting->handle.callBoxed(attempt.stack);
        }
      }
    } catch (...) {
      for (const SizesBefore& sizes : before) sizes.Restore();
      if (retry > 0 || !CurrentIsOutOfMemory()) {
        environment_.EmitWarnings();
        throw;
      }
      environment_.collector().CollectAll();
      continue;
    }
    environment_.EmitWarnings();  // before the outcome: what warns may call operators
    napi_value result = Results(*fitting, attempt, blank);
    attempt.stack.clear();
    spare_ = std::move(attempt.stack);
    return result;
  }
}

Slot* Operator::SlotOf(const Origin& origin) const {
  Slot* slot = origin.given->slot ? origin.given->slot : FindSlot(environment_, origin.given->js);
  return slot && slot->tensor.defined() ? slot : nullptr;
}

// The argument that an operator gives back.
const Operator::Value* Operator::Given(const IValue& value, const Attempt& attempt) const {
  if (!value.isTensor()) return nullptr;
  at::TensorImpl* tensor = value.unsafeToTensorImpl();
  for (const Origin& origin : attempt.origins) {
    // Not a number that became a tensor.
    if (origin.tensor != tensor) continue;
    if (Slot* slot = SlotOf(origin)) {
      slot->small &= !IsInGraph(*tensor);  // what changed in place may have joined one
      return origin.given;
    }
  }
  return nullptr;
}

napi_value Operator::NewTensor(at::Tensor tensor, bool fresh, napi_value blank) {
  HandlePool& pool = environment_.pool();
  Slot* slot = pool.New(std::move(tensor), fresh);
  if (pool.LeaveToScope(slot, &environment_)) {
    environment_.Report(Outcome::kNewInScope, slot->number);
  } else {
    Own(environment_, blank, slot);
    environment_.Report(Outcome::kNew, slot->number);
  }
  return blank;
}

// Whether all that the operator gives are tensors, whose numbers are then left for JavaScript.
bool Operator::Several(const Signature& signature, Attempt& attempt) {
  const auto& returns = signature.handle.schema().returns();
  const bool is_list = returns.size() == 1;
  if (is_list && !attempt.stack[0].isTensorList()) return false;
  const c10::ArrayRef<IValue> values =
      is_list ? attempt.stack[0].toListRef() : c10::ArrayRef<IValue>(attempt.stack);
  if (values.size() > ResultHeader::kMostResults) return false;
  const auto given = [&](const IValue& value) { return is_list ? nullptr : Given(value, attempt); };
  for (const IValue& value : values) {
    if (!value.isTensor() && !value.isNone()) return false;
    if (const Value* argument = given(value); argument && argument->position < 0) return false;
  }
  for (size_t i = 0; i < values.size(); i++) {
    int32_t& number = environment_.result_header().NumberOf(i);
    if (const Value* argument = given(values[i])) {
      number = -1 - argument->position;
    } else if (values[i].isNone() || !values[i].toTensor().defined()) {
      number = 0;
    } else {
      const bool fresh = !returns[is_list ? 0 : i].alias_info();
      number = static_cast<int32_t>(environment_.pool().New(values[i].toTensor(), fresh)->number);
    }
  }
  environment_.Report(Outcome::kSeveral, static_cast<uint32_t>(values.size()));
  return true;
}

napi_value Operator::Results(const Signature& signature, Attempt& attempt, napi_value blank) {
  napi_env env = environment_.env();
  const auto& returns = signature.handle.schema().returns();
  napi_value result;
  if (signature.may_resize) {
    for (const Origin& origin : attempt.origins) {
      if (Slot* slot = SlotOf(origin)) environment_.pool().Recount(slot);
    }
  }
  environment_.Report(Outcome::kPlain);
  if (returns.empty()) {
    Check(env, napi_get_undefined(env, &result));
    return result;
  }
  // As Python does: of a factory's `out`, requires_grad becomes false, too.
  if ((attempt.requires_grad || signature.checks_options) && attempt.stack[0].isTensor()) {
    attempt.stack[0].toTensor().set_requires_grad(attempt.requires_grad);
  }
  if (returns.size() == 1) {
    IValue& value = attempt.stack[0];
    const bool fresh = !returns[0].alias_info();
    if (const Value* given = Given(value, attempt)) {
      if (given->position >= 0) environment_.Report(Outcome::kGiven, given->position);
      return given->js;
    }
    if (value.isTensor() && value.toTensor().defined()) {
      return NewTensor(std::move(value).toTensor(), fresh, blank);
    }
    if (!Several(signature, attempt)) return ToJs(environment_, value, returns[0].real_type(), fresh);
    Check(env, napi_get_undefined(env, &result));
    return result;
  }
  if (Several(signature, attempt)) {
    // Which signature's names its elements have.
    const bool named = !signature.return_names[0].empty();
    Check(env, named ? napi_create_int64(env, &signature - signatures_.data(), &result)
                     : napi_get_undefined(env, &result));
    return result;
  }
  uint32_t among = 0;
  Check(env, napi_create_array_with_length(env, returns.size(), &result));
  for (size_t i = 0; i < returns.size(); i++) {
    const Value* given = i < 32 ? Given(attempt.stack[i], attempt) : nullptr;
    napi_value item;
    if (given && given->position >= 0) {
      among |= 1u << i;
      Check(env, napi_create_uint32(env, given->position, &item));
    } else {
      item = given ? given->js
                   : ToJs(environment_, attempt.stack[i], returns[i].real_type(), !returns[i].alias_info());
    }
    Check(env, napi_set_element(env, result, i, item));
    // PyTorch's named tuples: an array whose elements have names too.
    const std::string& name = signature.return_names[i];
    if (!name.empty()) Check(env, napi_set_named_property(env, result, name.c_str(), item));
  }
  if (among != 0) environment_.Report(Outcome::kGivenAmong, among);
  return result;
}

void Operator::NoneFits(const Value* arguments, size_t count, const std::vector<Keyword>& keywords) {
  std::vector<Attempt> attempts;
  // What was given that a signature has no place for: one with a place for all is rather what was meant.
  std::vector<size_t> surplus;
  for (const Signature& signature : signatures()) {
    Attempt& attempt = attempts.emplace_back();
    attempt.explains = true;
    Parse(signature, arguments, count, keywords, attempt);
    surplus.push_back(std::count_if(keywords.begin(), keywords.end(), [&](const Keyword& keyword) {
      return !HasPlace(signature, keyword.id);
    }));
    if (count > signature.positional && !signature.gathers) surplus.back() += count - signature.positional;
  }
  const std::string name =
      (style_ == Style::kPython ? "torch." + CamelCase(name_.substr(name_.find("::") + 2))
                                : "torch.ops." + name_) +
      "()";
  if (attempts.empty()) throw TypeProblem(name + ": no such operator, or none that JavaScript can call");
  std::string given;
  for (size_t i = 0; i < count; i++) {
    given += (i ? ", " : "") + DescribeValue(arguments[i]);
  }
  for (const Keyword& keyword : keywords) {
    given += (given.empty() ? "" : ", ") + *keyword.name + "=" + DescribeValue(keyword.value);
  }
  size_t nearest = 0;
  for (size_t i = 1; i < attempts.size(); i++) {
    const bool further = attempts[i].progress > attempts[nearest].progress;
    if (surplus[i] < surplus[nearest] || (surplus[i] == surplus[nearest] && further)) nearest = i;
  }
  std::string message = name + ": " + attempts[nearest].problem + "; got (" + given + ")\nSignatures:";
  for (size_t i = 0; i < attempts.size(); i++) {
    message += "\n  " + signatures()[i].ToString();
    if (attempts.size() > 1) message += "\n    " + attempts[i].problem;
  }
  throw TypeProblem(message);
}

}  // namespace nodetorch
