// Modules of TorchScript and what they consist of. script_functions.cc calls them.
#include <ATen/core/class_type.h>
#include <caffe2/serialize/file_adapter.h>
#include <caffe2/serialize/in_memory_adapter.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>
#include <vector>

#include "operators/converters.h"
#include "script/handles.h"

namespace nodetorch {

namespace {

using c10::IValue;

// A number that tells one object of libtorch's from another.
Napi::Value Identity(Napi::Env env, const void* pointer) {
  return Napi::Number::New(env, static_cast<double>(reinterpret_cast<uintptr_t>(pointer)));
}

// scriptLoad(path | null, bytes, device | null, names of extra files): [module, contents of those files]
napi_value ScriptLoad(Arguments& arguments) {
  Environment& environment = arguments.environment;
  environment.RunPendingWork();
  Napi::Env env(arguments.env);
  std::shared_ptr<caffe2::serialize::ReadAdapterInterface> reader;
  TORCH_CHECK(arguments.IsNull(0) != arguments.IsNull(1), "a path or bytes");
  if (arguments.IsNull(0)) {
    const auto bytes = arguments.Value(1).As<Napi::Uint8Array>();
    reader = std::make_shared<caffe2::serialize::MemoryReadAdapter>(bytes.Data(),
                                                                    static_cast<off_t>(bytes.ByteLength()));
  } else {
    reader = std::make_shared<caffe2::serialize::FileAdapter>(ToString(env, arguments[0]));
  }
  std::optional<c10::Device> device;
  if (!arguments.IsNull(2)) {
    device = Converter<c10::Device>::From(environment, ArgumentSource::Classify(environment, arguments[2]));
  }
  torch::jit::ExtraFilesMap extra;
  const auto names = NamesArgument(arguments, 3);
  for (const std::string& name : names) extra[name] = "";
  auto unit = std::make_shared<torch::jit::CompilationUnit>();
  const torch::jit::Module module =
      torch::jit::import_ir_module(std::move(unit), std::move(reader), device, extra);
  Napi::Array contents = Napi::Array::New(env, names.size());
  for (uint32_t i = 0; i < names.size(); i++) {
    const std::string& text = extra[names[i]];
    contents[i] = Napi::Buffer<char>::Copy(env, text.data(), text.size());
  }
  Napi::Array result = Napi::Array::New(env, 2);
  result[0u] = Napi::Value(env, ModuleToJs(environment, module));
  result[1u] = contents;
  return result;
}

// scriptSave(module, path | null, names, contents): the bytes, where there is no path.
napi_value ScriptSave(Arguments& arguments) {
  Napi::Env env(arguments.env);
  const torch::jit::Module module = ModuleArgument(arguments, 0);
  torch::jit::ExtraFilesMap extra;
  const auto names = NamesArgument(arguments, 2);
  const auto contents = arguments.Value(3).As<Napi::Array>();
  for (uint32_t i = 0; i < names.size(); i++) {
    const auto bytes = contents.Get(i).As<Napi::Uint8Array>();
    extra[names[i]] = std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
  }
  if (!arguments.IsNull(1)) {
    module.save(ToString(env, arguments[1]), extra);
    return Undefined(env);
  }
  std::ostringstream out;
  module.save(out, extra);
  const std::string text = out.str();
  return Napi::Buffer<char>::Copy(env, text.data(), text.size());
}

const char* KindOf(const c10::ClassType& type, size_t i) {
  if (!type.is_module()) return "attribute";
  if (type.getAttribute(i)->is_module()) return "module";
  if (type.is_parameter(i)) return "parameter";
  return type.is_buffer(i) ? "buffer" : "attribute";
}

Napi::Value IdentityOf(Napi::Env env, const IValue& value) {
  if (value.isTensor() && value.toTensor().defined()) {
    return Identity(env, value.toTensor().unsafeGetTensorImpl());
  }
  return value.isObject() ? Identity(env, value.toObject().get()) : env.Null();
}

// scriptDescribe(object): what it is, and what it consists of: see ScriptDescription in typings/native.d.ts
napi_value ScriptDescribe(Arguments& arguments) {
  Napi::Env env(arguments.env);
  const auto& held = ScriptArgument<HeldValue>(arguments, 0, "an object of TorchScript");
  Napi::Object result = Napi::Object::New(env);
  if (held.value.isEnum()) {
    const auto holder = held.value.toEnumHolder();
    result["kind"] = "enum";
    result["name"] = holder->name();
    result["value"] = Napi::Value(env, ScriptValueToJs(arguments.environment, holder->value()));
    return result;
  }
  const auto object = held.value.toObject();
  const c10::ClassTypePtr type = object->type();
  result["kind"] = type->is_module() ? "module" : "object";
  result["className"] = type->name()->qualifiedName();
  result["identity"] = Identity(env, object.get());
  Napi::Array attributes = Napi::Array::New(env, type->numAttributes());
  for (uint32_t i = 0; i < type->numAttributes(); i++) {
    Napi::Object attribute = Napi::Object::New(env);
    attribute["name"] = type->getAttributeName(i);
    attribute["kind"] = KindOf(*type, i);
    attribute["type"] = type->getAttribute(i)->repr_str();
    attribute["identity"] = IdentityOf(env, object->getSlot(i));
    attributes[i] = attribute;
  }
  Napi::Array constants = Napi::Array::New(env);
  for (uint32_t i = 0; i < type->numConstants(); i++) constants[i] = type->getConstantName(i);
  Napi::Array methods = Napi::Array::New(env);
  for (uint32_t i = 0; i < type->methods().size(); i++) methods[i] = type->methods()[i]->name();
  result["attributes"] = attributes;
  result["constants"] = constants;
  result["methods"] = methods;
  return result;
}

// Where it waits for nobody: a run may take minutes.
class BriefLock {
 public:
  BriefLock(RunLock& lock, bool writes) : lock_(lock), writes_(writes) {
    TORCH_CHECK(lock.TryBegin(writes),
                "an awaited run of this ScriptModule goes on: its attributes cannot be ",
                writes ? "set" : "read, since it writes to them,", " until the promise is settled");
  }
  BriefLock(const BriefLock&) = delete;
  BriefLock& operator=(const BriefLock&) = delete;
  ~BriefLock() { lock_.End(writes_); }

 private:
  RunLock& lock_;
  const bool writes_;
};

// scriptGet(object, name): an attribute or a constant; a module's handle.
napi_value ScriptGet(Arguments& arguments) {
  const HeldValue& held = ScriptObjectArgument(arguments, 0);
  const auto lock = LockOf(held);
  IValue value;
  {
    const BriefLock brief(*lock, false);
    value = torch::jit::Object(held.value.toObject()).attr(ToString(arguments.env, arguments[1]));
  }
  if (value.isModule()) return ModuleToJs(arguments.environment, value.toModule(), lock);
  return ScriptValueToJs(arguments.environment, value);
}

// scriptIdentity(object, name): what tells the tensor or object in an attribute from another.
napi_value ScriptIdentity(Arguments& arguments) {
  const HeldValue& held = ScriptObjectArgument(arguments, 0);
  const auto lock = LockOf(held);
  const BriefLock brief(*lock, false);
  return IdentityOf(arguments.env, held.value.toObjectRef().getAttr(ToString(arguments.env, arguments[1])));
}

// scriptHas(object, name): whether it has such an attribute.
napi_value ScriptHas(Arguments& arguments) {
  const auto type = ScriptObjectArgument(arguments, 0).value.toObject()->type();
  return Napi::Boolean::New(arguments.env, type->hasAttribute(ToString(arguments.env, arguments[1])));
}

// scriptSet(object, name, value)
napi_value ScriptSet(Arguments& arguments) {
  const HeldValue& held = ScriptObjectArgument(arguments, 0);
  torch::jit::Object object(held.value.toObject());
  const std::string name = ToString(arguments.env, arguments[1]);
  const auto slot = object.type()->findAttributeSlot(name);
  IValue value;
  if (slot) {
    const auto& type = object.type()->getAttribute(*slot);
    const auto source = ArgumentSource::Classify(arguments.environment, arguments[2]);
    if (!ScriptValueFromJs(arguments.environment, source, type, &value)) {
      TORCH_CHECK(false, "Expected a value of type '", type->repr_str(), "' for field '", name,
                  "', but found '", source.Describe(arguments.environment), "'");
    }
  }
  const auto lock = LockOf(held);
  const BriefLock brief(*lock, true);
  object.setattr(name, std::move(value));
  return Undefined(arguments.env);
}

// scriptRegister(module, name, kind, tensor | module | null): a new attribute.
napi_value ScriptRegister(Arguments& arguments) {
  const HeldValue& held = ScriptObjectArgument(arguments, 0);
  torch::jit::Module module = ModuleArgument(arguments, 0);
  const std::string name = ToString(arguments.env, arguments[1]);
  const std::string kind = ToString(arguments.env, arguments[2]);
  const auto lock = LockOf(held);
  const BriefLock brief(*lock, true);
  if (kind == "module")
    module.register_module(name, ModuleArgument(arguments, 3));
  else
    module.register_parameter(name, arguments.Tensor(3), kind == "buffer");
  return Undefined(arguments.env);
}

// scriptNew(name): a module without anything.
napi_value ScriptNew(Arguments& arguments) {
  return ModuleToJs(arguments.environment, torch::jit::Module(ToString(arguments.env, arguments[0])));
}

// scriptDefine(module, source): more methods.
napi_value ScriptDefine(Arguments& arguments) {
  const auto lock = LockOf(ScriptObjectArgument(arguments, 0));
  const BriefLock brief(*lock, true);
  ModuleArgument(arguments, 0).define(ToString(arguments.env, arguments[1]));
  return Undefined(arguments.env);
}

napi_value ScriptCopy(Arguments& arguments) {
  const auto lock = LockOf(ScriptObjectArgument(arguments, 0));
  const BriefLock brief(*lock, false);
  return ModuleToJs(arguments.environment, ModuleArgument(arguments, 0).deepcopy());
}

// scriptFreeze(module, preserved attributes, whether to optimize numerics)
napi_value ScriptFreeze(Arguments& arguments) {
  const auto preserved = NamesArgument(arguments, 1);
  return ModuleToJs(arguments.environment,
                    torch::jit::freeze(ModuleArgument(arguments, 0), preserved, arguments.Bool(2)));
}

// scriptOptimizeForInference(module, other methods)
napi_value ScriptOptimizeForInference(Arguments& arguments) {
  torch::jit::Module module = ModuleArgument(arguments, 0);
  return ModuleToJs(arguments.environment,
                    torch::jit::optimize_for_inference(module, NamesArgument(arguments, 1)));
}

}  // namespace

std::vector<std::string> NamesArgument(Arguments& arguments, size_t i) {
  const auto array = arguments.Value(i).As<Napi::Array>();
  std::vector<std::string> names;
  for (uint32_t k = 0; k < array.Length(); k++) names.push_back(array.Get(k).As<Napi::String>());
  return names;
}

void DefineScript(Napi::Env env, Napi::Object exports) {
  Define(env, exports,
         {{"scriptLoad", Entry<ScriptLoad>},
          {"scriptSave", Entry<ScriptSave>},
          {"scriptDescribe", Entry<ScriptDescribe>},
          {"scriptGet", Entry<ScriptGet>},
          {"scriptIdentity", Entry<ScriptIdentity>},
          {"scriptHas", Entry<ScriptHas>},
          {"scriptSet", Entry<ScriptSet>},
          {"scriptRegister", Entry<ScriptRegister>},
          {"scriptNew", Entry<ScriptNew>},
          {"scriptDefine", Entry<ScriptDefine>},
          {"scriptCopy", Entry<ScriptCopy>},
          {"scriptFreeze", Entry<ScriptFreeze>},
          {"scriptOptimizeForInference", Entry<ScriptOptimizeForInference>}});
}

}  // namespace nodetorch
