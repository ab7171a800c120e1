#include "operators/parse.h"

#include "operators/converters.h"
#include "operators/fast_paths.h"
#include "operators/from_js.h"

namespace nodetorch {

using c10::IValue;

void Candidate::Clear() {
  UnboxedArguments::Clear();
  origins.clear();
  requires_grad = false;
  used_keywords_ = 0;
  varargs_.clear();
  outs_.clear();
  next_out_ = 0;
  unread_.clear();
}

bool Candidate::Fits(const Signature& signature) {
  Clear();
  signature_ = &signature;
  count_ = given_.count();
  unboxed_call = FastPathsEnabled() && !environment_.recorder() ? signature.unboxed_call : nullptr;
  if (!TakeVarargs() || !TakeSpecialKeywords()) return false;
  stack.reserve(signature.parameters.size());
  for (size_t i = 0; i < signature.parameters.size(); i++) {
    if (!TakeParameter(i)) return false;
  }
  return CheckKeywords() && ReadNumbers();
}

bool Candidate::TakeVarargs() {
  const auto& parameters = signature_->parameters;
  const size_t last = signature_->positional;
  varargs_at_ = parameters.size();
  const auto is_one_int = [&] {
    const ArgumentKind kind = given_[last - 1].kind;
    return parameters[last - 1].type.broadcast == 0 &&
           (kind == ArgumentKind::kNumber || kind == ArgumentKind::kBigInt);
  };
  const bool has_varargs =
      count_ > last || (signature_->allow_varargs_intlist && count_ == last && is_one_int());
  if (!has_varargs) return true;
  if (!signature_->allow_varargs_intlist) {
    return Fail([&] {
      return "takes " + std::to_string(last - signature_->hidden) + " positional arguments but " +
             std::to_string(count_ - signature_->hidden) + " were given";
    });
  }
  varargs_at_ = last - 1;
  for (size_t i = varargs_at_; i < count_; i++) {
    const auto number = Converter<int64_t>::From(environment_, given_[i]);
    if (!number) {
      return Fail([&] {
        return "argument '" + parameters[varargs_at_].Shown() + "'" + Position(i) + " must be int, not " +
               given_[i].Describe(environment_);
      });
    }
    varargs_.push_back(*number);
  }
  count_ = last;
  return true;
}

bool Candidate::TakeSpecialKeywords() {
  const ArgumentSource* out = nullptr;
  for (const Keyword& keyword : given_.keywords()) {
    if (signature_->outs && IsOut(keyword.id)) {
      out = &keyword.source;
      used_keywords_++;
    } else if (signature_->takes_requires_grad && IsRequiresGrad(keyword.id)) {
      const auto flag = Converter<bool>::From(environment_, keyword.source);
      if (!flag) {
        return Fail([&] {
          return "argument 'requiresGrad' must be boolean, not " + keyword.source.Describe(environment_);
        });
      }
      requires_grad = *flag;
      used_keywords_++;
    }
  }
  if (!signature_->outs) return true;
  if (!out) return Fail([] { return std::string("missing argument 'out'"); });
  return TakeOuts(*out);
}

bool Candidate::TakeOuts(const ArgumentSource& out) {
  if (signature_->outs == 1) {
    outs_.push_back(out);
    return true;
  }
  const bool is_array = out.IsJsArray(environment_);
  if (!is_array || out.Length(environment_) != signature_->outs) {
    return Fail([&] {
      return "argument 'out' must be an array of " + std::to_string(signature_->outs) + " Tensors, not " +
             out.Describe(environment_);
    });
  }
  return out.ForEach(environment_, [&](const ArgumentSource& element) {
    outs_.push_back(element);
    return true;
  });
}

bool Candidate::TakeParameter(size_t index) {
  const Parameter& parameter = signature_->parameters[index];
  if (index == varargs_at_) {
    if (unboxed_call) {
      const size_t begin = ints.size();
      ints.append(varargs_.begin(), varargs_.end());
      PushIntsFrom(begin);
    } else {
      stack.emplace_back(c10::IntArrayRef(varargs_));
    }
    progress++;
    return true;
  }
  const ArgumentSource* source = nullptr;
  if (!FindSource(index, &source)) return false;
  if (!source) return PushDefault(index);
  if (!Push(parameter, *source)) return FailAt(index, *source);
  progress++;
  return true;
}

// The source of a parameter, null where it was not given. False where it was given twice.
bool Candidate::FindSource(size_t index, const ArgumentSource** source) {
  const Parameter& parameter = signature_->parameters[index];
  if (parameter.is_out) {
    *source = &outs_[next_out_++];
    return true;
  }
  if (index < count_ && !parameter.keyword_only && given_[index].kind != ArgumentKind::kUndefined) {
    *source = &given_[index];
  }
  for (const Keyword& keyword : given_.keywords()) {
    if (!parameter.IsCalled(keyword.id)) continue;
    if (*source) {
      return Fail([&] { return "got multiple values for argument '" + parameter.Shown() + "'"; });
    }
    *source = &keyword.source;
    used_keywords_++;
  }
  return true;
}

bool Candidate::PushDefault(size_t index) {
  const Parameter& parameter = signature_->parameters[index];
  if (!parameter.has_default) {
    return Fail([&] {
      const std::string text = "missing argument '" + parameter.Shown() + "'";
      return parameter.keyword_only ? text : text + Position(index);
    });
  }
  if (unboxed_call && parameter.default_value.isIntList()) {
    const size_t begin = ints.size();
    ints.append(parameter.default_ints.begin(), parameter.default_ints.end());
    PushIntsFrom(begin);
  } else {
    stack.push_back(parameter.default_value);
  }
  return true;
}

bool Candidate::Push(const Parameter& parameter, const ArgumentSource& source) {
  const TypeSpec& type = parameter.type;
  if (source.slot && type.type == Type::kTensor && !type.list) {
    const at::Tensor& tensor = source.slot->tensor;
    if (source.slot->kind != Kind::kTensor || !tensor.defined()) return false;
    origins.push_back({tensor.unsafeGetTensorImpl(), &source});
    stack.emplace_back(tensor);
    return true;
  }
  if (unboxed_call && type.list && type.type == Type::kInt) return PushInts(type, source);
  if (source.kind == ArgumentKind::kNumber && signature_->number_as == NumberAs::kPromoted &&
      type.type == Type::kTensor && stack.size() == 1 && stack[0].isTensor()) {
    stack.emplace_back(WrappedNumberFor(stack[0].toTensor(), source.number));
    return true;
  }
  if (source.slot && source.slot->kind == Kind::kTensor && IsUnreadableNumber(source.slot->tensor, type)) {
    unread_.push_back({stack.size(), &type, &source});
    stack.emplace_back(source.slot->tensor);
    return true;
  }
  IValue value;
  const bool numbers_as_tensors = signature_->number_as != NumberAs::kNothing;
  if (!ToIValue(environment_, source, type, numbers_as_tensors, &value)) return false;
  if (value.isTensor()) origins.push_back({value.unsafeToTensorImpl(), &source});
  stack.push_back(std::move(value));
  return true;
}

// A list of ints for an unboxed call.
bool Candidate::PushInts(const TypeSpec& type, const ArgumentSource& source) {
  if (source.kind == ArgumentKind::kNull) {
    if (type.optional) stack.emplace_back();
    return type.optional;
  }
  const size_t begin = ints.size();
  if (!AppendInts(environment_, source, type, ints)) return false;
  PushIntsFrom(begin);
  return true;
}

std::string Candidate::Position(size_t index) const {
  if (index < signature_->hidden) return "";
  return " (position " + std::to_string(index + 1 - signature_->hidden) + ")";
}

bool Candidate::FailAt(size_t index, const ArgumentSource& source) {
  return Fail([&] {
    const Parameter& parameter = signature_->parameters[index];
    std::string text = "argument '" + (parameter.is_out ? "out" : parameter.Shown()) + "'";
    if (index < count_ && !parameter.keyword_only) text += Position(index);
    return text + " must be " + parameter.type.Name() + ", not " + source.Describe(environment_);
  });
}

bool Candidate::CheckKeywords() {
  if (used_keywords_ == given_.keywords().size()) return true;
  progress++;  // all but a keyword fits: the likeliest to have been meant
  for (const Keyword& keyword : given_.keywords()) {
    if (!signature_->Takes(keyword.id)) {
      return Fail([&] { return "got an unexpected keyword '" + *keyword.name + "'"; });
    }
  }
  return false;
}

bool Candidate::ReadNumbers() {
  for (const Unread& unread : unread_) {
    if (!ToIValue(environment_, *unread.source, *unread.type, false, &stack[unread.argument])) return false;
  }
  return true;
}

Slot* Candidate::SlotOf(const Origin& origin) const {
  Slot* slot = origin.source->FindSlot(environment_);
  return slot && slot->tensor.defined() ? slot : nullptr;
}

}  // namespace nodetorch
