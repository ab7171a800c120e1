#include "operators/given_arguments.h"

#include "operators/names.h"

namespace nodetorch {

namespace {

// Of a list, the elements come later.
ArgumentSource SourceOf(Environment& environment, napi_value value, uint32_t forms, uint32_t position) {
  constexpr uint32_t kForms = GivenArguments::kForms;
  if (position < kForms && forms >> position != 0) {
    ArgumentSource source;
    source.js = value;
    if (forms >> position & 1) {
      int32_t number = 0;
      napi_get_value_int32(environment.env(), value, &number);
      source.kind = ArgumentKind::kHandle;
      source.slot = environment.pool().At(number);
      return source;
    }
    const bool tensors = forms >> (kForms + position) & 1;
    if (tensors || (forms >> (2 * kForms + position) & 1)) {
      uint32_t length = 0;
      napi_get_value_uint32(environment.env(), value, &length);
      source.kind = tensors ? ArgumentKind::kTensors : ArgumentKind::kNumbers;
      source.list = {environment.transfer_buffer().data(), length};
      return source;
    }
  }
  return ArgumentSource::Classify(environment, value);
}

}  // namespace

KeywordSet::KeywordSet(std::vector<std::string> all) : names(std::move(all)) {
  for (const std::string& name : names) ids.push_back(NameId(name));
}

GivenArguments::GivenArguments(Environment& environment, uint32_t forms, const napi_value* values,
                               size_t count, bool takes_out)
    : count_(count) {
  size_t elements = 0;
  for (size_t i = 0; i < count; i++) {
    sources_.push_back(SourceOf(environment, values[i], forms, i));
    sources_.back().position = static_cast<int>(i);
    elements += sources_.back().list.size();
  }
  if (elements > 0) CopyLists(environment, elements);
  while (count_ > 0 && sources_[count_ - 1].kind == ArgumentKind::kUndefined) count_--;
  if (count_ == 0) return;
  const ArgumentSource& last = sources_[count_ - 1];
  if (last.kind == ArgumentKind::kHandle && last.slot->kind == Kind::kOther) {
    const auto* set = dynamic_cast<KeywordSet*>(last.slot->other);
    if (set && set->names.size() < count_) TakeKeywords(*set);
  } else if (last.kind == ArgumentKind::kObject && IsPlainObject(environment.env(), last.js) &&
             !last.FindSlot(environment)) {
    TakeObject(environment, last.js, takes_out);
  }
}

// Reading other arguments may run JavaScript, which calls operators: those write into the transfer buffer.
void GivenArguments::CopyLists(Environment& environment, size_t elements) {
  if (elements > environment.transfer_buffer().length())
    throw TypeProblem("lists longer than the transfer buffer");
  elements_.append(environment.transfer_buffer().data(), environment.transfer_buffer().data() + elements);
  const double* next = elements_.data();
  for (ArgumentSource& source : sources_) {
    source.list = {next, source.list.size()};
    next += source.list.size();
  }
}

void GivenArguments::TakeKeywords(const KeywordSet& set) {
  count_ -= 1 + set.names.size();
  keywords_.reserve(set.names.size());
  for (size_t i = 0; i < set.names.size(); i++) {
    const ArgumentSource& source = sources_[count_ + i];
    if (source.kind != ArgumentKind::kUndefined) keywords_.push_back({&set.names[i], set.ids[i], source});
  }
}

void GivenArguments::TakeObject(Environment& environment, napi_value object, bool takes_out) {
  napi_env env = environment.env();
  count_--;
  napi_value names;
  Check(env,
        napi_get_all_property_names(env, object, napi_key_own_only,
                                    static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                                    napi_key_numbers_to_strings, &names));
  uint32_t length;
  Check(env, napi_get_array_length(env, names, &length));
  texts_.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value name, value;
    Check(env, napi_get_element(env, names, i, &name));
    Check(env, napi_get_property(env, object, name, &value));
    const ArgumentSource source = ArgumentSource::Classify(environment, value);
    if (source.kind == ArgumentKind::kUndefined) continue;
    const std::string& text = texts_.emplace_back(ToString(env, name));
    if (takes_out && text == "out" && source.kind == ArgumentKind::kNull) continue;
    keywords_.push_back({&text, KnownNameId(text), source});
  }
}

std::string GivenArguments::Describe(Environment& environment, size_t from) const {
  std::string text;
  for (size_t i = from; i < count_; i++) text += (i > from ? ", " : "") + sources_[i].Describe(environment);
  for (const Keyword& keyword : keywords_) {
    text += (text.empty() ? "" : ", ") + *keyword.name + "=" + keyword.source.Describe(environment);
  }
  return text;
}

}  // namespace nodetorch
