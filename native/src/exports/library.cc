// torch.library: operators and kernels from JavaScript. They stay registered for as long as the process
// lives, since the dispatcher's handles of them may be anywhere; the functions go with the environment that
// gave them.
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/jit/frontend/function_schema_parser.h>
#include <torch/library.h>

#include <map>
#include <mutex>
#include <set>

#include "operators/fast_paths.h"
#include "operators/js_kernel.h"
#include "operators/tags.h"
#include "runtime/function.h"

namespace nodetorch {

namespace {

std::mutex registrations;

// The functions that threads have given for one key of an operator.
struct Kernels : c10::OperatorKernel {
  explicit Kernels(std::string shown) : name(std::move(shown)) {}

  void operator()(const c10::OperatorHandle& op, c10::DispatchKeySet, torch::jit::Stack* stack) {
    std::shared_ptr<JsFunction> function;
    {
      std::lock_guard<std::mutex> lock(registrations);
      for (const auto& each : functions) {
        if (each->IsHere() || (!function && each->Answers())) function = each;
      }
    }
    TORCH_CHECK(function, name, ": its kernel is a JS function of another thread, or of one that has ended");
    CallKernel(*function, op, stack);
  }

  std::string name;
  std::vector<std::shared_ptr<JsFunction>> functions;
};

std::vector<std::unique_ptr<torch::Library>>& Libraries() {
  static auto* libraries = new std::vector<std::unique_ptr<torch::Library>>;
  return *libraries;
}

torch::Library& NewLibrary(torch::Library::Kind kind, const std::string& name,
                           std::optional<c10::DispatchKey> key = std::nullopt) {
  const size_t colons = name.find("::");
  TORCH_CHECK(colons != std::string::npos, "torch.library: ", name, " has no namespace (mylib::name)");
  Libraries().push_back(std::make_unique<torch::Library>(kind, name.substr(0, colons), key, __FILE__,
                                                         static_cast<uint32_t>(__LINE__)));
  return *Libraries().back();
}

std::vector<at::Tag> TagsArgument(Arguments& arguments, size_t i) {
  const Napi::Array names(arguments.env, arguments[i]);
  std::vector<at::Tag> tags;
  for (uint32_t at = 0; at < names.Length(); at++) {
    tags.push_back(TagNamed(ToString(arguments.env, names.Get(at))));
  }
  return tags;
}

// define(schema, owner, names of tags): the operator's full name. Another thread may define the same once
// more.
napi_value DefineOperator(Arguments& arguments) {
  const std::string text = ToString(arguments.env, arguments[0]);
  const c10::FunctionSchema schema = torch::jit::parseSchema(text, /*allow_typevars=*/false);
  auto owner = std::make_shared<JsFunction>(arguments.environment, arguments[1]);
  const std::vector<at::Tag> tags = TagsArgument(arguments, 2);
  static auto* owners = new std::map<std::string, std::vector<std::shared_ptr<JsFunction>>>;
  const std::string name = c10::toString(schema.operator_name());
  std::lock_guard<std::mutex> lock(registrations);
  auto& known = (*owners)[name];
  const auto existing = c10::Dispatcher::singleton().findSchema(schema.operator_name());
  const bool again = existing && !known.empty() && existing->schema() == schema;
  for (const auto& each : known) {
    TORCH_CHECK(!each->IsAlive() || &each->function.environment() != &arguments.environment,
                "Tried to register an operator (", text,
                ") with the same name and overload name multiple times.");
  }
  TORCH_CHECK(!existing || again, "Tried to register an operator (", text,
              ") with the same name and overload name multiple times. The first is ", existing->schema());
  if (!existing) {
    torch::Library& library = NewLibrary(torch::Library::FRAGMENT, schema.name());
    library.def(torch::schema(text.c_str()), tags);
  }
  known.push_back(std::move(owner));
  return Napi::String::New(arguments.env, name);
}

// impl(name, overload, key, function): the kernel of an operator for a dispatch key. Without a name, that of
// all operators that have none for the key.
napi_value ImplementOperator(Arguments& arguments) {
  const std::string name = ToString(arguments.env, arguments[0]);
  const std::string overload = ToString(arguments.env, arguments[1]);
  const std::string key_name = ToString(arguments.env, arguments[2]);
  const c10::DispatchKey key = c10::parseDispatchKey(key_name);
  const std::string full = overload.empty() ? name : name + "." + overload;
  const bool is_fallback = name.empty();
  auto function = std::make_shared<JsFunction>(arguments.environment, arguments[3]);
  static auto* kernels = new std::map<std::string, Kernels*>;
  const ReplacedKernels replaced;
  std::lock_guard<std::mutex> lock(registrations);
  Kernels*& known = (*kernels)[full + " " + key_name];
  if (!known) {
    auto made = std::make_unique<Kernels>(is_fallback ? "the fallback for " + key_name : full);
    Kernels* kernel = made.get();
    auto boxed = torch::CppFunction::makeFromBoxedFunctor<Kernels>(std::move(made));
    if (is_fallback) {
      NewLibrary(torch::Library::IMPL, "_::", key).fallback(std::move(boxed));
    } else {
      NewLibrary(torch::Library::IMPL, name).impl(full.c_str(), torch::dispatch(key, std::move(boxed)));
    }
    known = kernel;
  }
  for (const auto& each : known->functions) {
    TORCH_CHECK(!each->IsAlive() || &each->function.environment() != &arguments.environment,
                "This is not allowed since there's already a kernel registered from JavaScript overriding ",
                full, "'s behavior for ", key_name, " dispatch key.");
  }
  known->functions.push_back(std::move(function));
  return Undefined(arguments.env);
}

// tagsOf(name, overload): names of tags.
napi_value TagsOfOperator(Arguments& arguments) {
  const c10::OperatorName name(ToString(arguments.env, arguments[0]), ToString(arguments.env, arguments[1]));
  const auto handle = c10::Dispatcher::singleton().findSchema(name);
  Napi::Array names = Napi::Array::New(arguments.env);
  if (handle) {
    for (const std::string& tag : TagsOf(*handle)) names[names.Length()] = tag;
  }
  return names;
}

// hasKernel(name, overload, key): whether the operator itself has one for that dispatch key.
napi_value HasKernel(Arguments& arguments) {
  const c10::OperatorName name(ToString(arguments.env, arguments[0]), ToString(arguments.env, arguments[1]));
  const auto handle = c10::Dispatcher::singleton().findOp(name);
  const c10::DispatchKey key = c10::parseDispatchKey(ToString(arguments.env, arguments[2]));
  return Napi::Boolean::New(arguments.env, handle && handle->hasKernelForDispatchKey(key));
}

}  // namespace

void DefineLibrary(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"defineOperator", Entry<DefineOperator>},
          {"implementOperator", Entry<ImplementOperator>},
          {"hasKernel", Entry<HasKernel>},
          {"tagsOf", Entry<TagsOfOperator>}});
}

}  // namespace nodetorch
