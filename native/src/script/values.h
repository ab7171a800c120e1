// Values of TorchScript on their way between JavaScript and a function, by the types that its schema names.
//
//     None                   null                        a dict        a Map; a plain object is taken
//     int                    a number or a bigint        a list        an array
//     a dtype, as an int     a DType is taken            a tuple       an array
//     float, complex         a number, a Complex         NamedTuple    an array with names; an object is
//     taken a device               its name                    an enum       a ScriptValue; a member's name
//     is taken an object of a class   a ScriptObject, a ScriptValue or a ScriptModule
#pragma once

#include <ATen/core/ivalue.h>
#include <napi.h>

#include <memory>
#include <utility>
#include <vector>

#include "operators/argument_source.h"
#include "runtime/environment.h"

namespace nodetorch {

// False where the value is not of that type.
bool ScriptValueFromJs(Environment& environment, const ArgumentSource& source, const c10::TypePtr& type,
                       c10::IValue* result);

// Whether a plain object may stand for a value of that type.
bool TakesPlainObject(const c10::TypePtr& type);

class RunLock;

// What a function was given, and its lock.
struct Given {
  // The objects that JavaScript has of tensors: a result that is one of them is the very object.
  std::vector<std::pair<const at::TensorImpl*, napi_value>> tensors;
  // Modules and objects that a method gives have it, too: they may be parts of its module.
  std::shared_ptr<RunLock> lock;
};

napi_value ScriptValueToJs(Environment& environment, const c10::IValue& value, const Given& given = {});

}  // namespace nodetorch
