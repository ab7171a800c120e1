#include "operators/operator.h"

#include <ATen/core/class_type.h>
#include <torch/custom_class_detail.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "operators/names.h"
#include "operators/parse.h"

namespace nodetorch {

namespace {

// Sorted overload names of an operator. The dispatcher has no lookup by name alone, so its names
// are indexed once, and again when a name is missing: a library may have been loaded since.
std::vector<std::string> OverloadsOf(const std::string& name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, std::vector<std::string>> index;
  std::lock_guard<std::mutex> lock(mutex);
  if (!index.count(name)) {
    index.clear();
    for (const c10::OperatorName& each : c10::Dispatcher::singleton().getAllOpNames()) {
      index[each.name].push_back(each.overload_name);
    }
    for (auto& entry : index) std::sort(entry.second.begin(), entry.second.end());
  }
  const auto found = index.find(name);
  return found == index.end() ? std::vector<std::string>() : found->second;
}

// That of the method "__torch__.torch.classes.ns.Class.method", which may be a static one.
std::optional<Signature> SignatureOfMethod(const std::string& name) {
  const size_t dot = name.rfind('.');
  const c10::ClassTypePtr type = torch::getCustomClass(name.substr(0, dot));
  if (!type) return std::nullopt;
  const std::string method = name.substr(dot + 1);
  if (auto* found = type->findMethod(method)) return Signature(*found, /*has_object=*/true);
  if (auto* found = type->findStaticMethod(method)) return Signature(*found, /*has_object=*/false);
  return std::nullopt;
}

// How many of the arguments a signature has no place for.
size_t SurplusOf(const Signature& signature, const GivenArguments& given) {
  const auto& keywords = given.keywords();
  size_t surplus = std::count_if(keywords.begin(), keywords.end(),
                                 [&](const Keyword& keyword) { return !signature.Takes(keyword.id); });
  if (given.count() > signature.positional && !signature.allow_varargs_intlist) {
    surplus += given.count() - signature.positional;
  }
  return surplus;
}

// What a keyword that no signature has was probably meant to be.
std::string Hint(const std::vector<Signature>& signatures, const GivenArguments& given) {
  for (const Keyword& keyword : given.keywords()) {
    const auto takes = [&](const Signature& signature) { return signature.Takes(keyword.id); };
    if (std::any_of(signatures.begin(), signatures.end(), takes)) continue;
    for (const Signature& signature : signatures) {
      const std::string meant = signature.Meant(*keyword.name);
      if (!meant.empty()) return "; did you mean '" + meant + "'?";
    }
  }
  return "";
}

}  // namespace

const std::vector<Signature>& Operator::signatures() {
  if (!resolved_) Resolve();
  return signatures_;
}

void Operator::Resolve() {
  std::vector<Signature> found;
  auto& dispatcher = c10::Dispatcher::singleton();
  std::vector<std::string> overloads;
  if (IsOfClass(name_)) {
    std::optional<Signature> method = SignatureOfMethod(name_);
    if (method && method->supported) found.push_back(*std::move(method));
  } else if (style_ == Style::kAten && !overload_.empty()) {
    overloads.push_back(overload_ == "default" ? "" : overload_);
  } else {
    overloads = OverloadsOf(name_);
  }
  for (const std::string& overload : overloads) {
    const auto handle = dispatcher.findSchema({name_, overload});
    if (!handle) continue;
    Signature signature(*handle, style_);
    if (!guarded_) signature.guard = nullptr;
    if (signature.supported) found.push_back(std::move(signature));
  }
  signatures_ = style_ == Style::kPython ? InPythonOrder(std::move(found)) : std::move(found);
  takes_out_ = std::any_of(signatures_.begin(), signatures_.end(),
                           [](const Signature& signature) { return signature.outs > 0; });
  resolved_ = true;
}

std::string Operator::ShownName() const {
  if (IsOfClass(name_)) return name_.substr(name_.find('.') + 1);
  return style_ == Style::kPython ? "torch." + CamelCase(name_.substr(name_.find("::") + 2))
                                  : "torch.ops." + name_;
}

void Operator::ThrowNoMatchingOverload(const GivenArguments& given) {
  const std::string name = ShownName() + "()";
  std::vector<Candidate> candidates;
  for (const Signature& signature : signatures()) {
    Candidate& candidate = candidates.emplace_back(environment_, given);
    candidate.explains = true;
    candidate.Fits(signature);
  }
  if (candidates.empty()) {
    throw TypeProblem(name + ": no such operator, or none that JavaScript can call");
  }
  // A signature with a place for all that was given is rather what was meant.
  size_t nearest = 0;
  for (size_t i = 1; i < candidates.size(); i++) {
    const size_t surplus = SurplusOf(signatures_[i], given);
    const size_t least = SurplusOf(signatures_[nearest], given);
    const bool further = candidates[i].progress > candidates[nearest].progress;
    if (surplus < least || (surplus == least && further)) nearest = i;
  }
  std::string message = name + ": " + candidates[nearest].problem + Hint(signatures_, given) + "; got (" +
                        given.Describe(environment_, signatures_[nearest].hidden) + ")\nSignatures:";
  for (size_t i = 0; i < candidates.size(); i++) {
    message += "\n  " + signatures_[i].ToString();
    if (candidates.size() > 1) message += "\n    " + candidates[i].problem;
  }
  throw TypeProblem(message);
}

}  // namespace nodetorch
