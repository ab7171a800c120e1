// Arguments that are made of others, or that no schema describes: objects of classes, tuples, dicts, lists of
// lists, and what a schema calls Any.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <vector>

#include "operators/argument_source.h"
#include "operators/schema_type.h"

namespace nodetorch {

// All give false where the value is not of that type.

// `type` is a class.
bool ObjectToIValue(Environment& environment, const ArgumentSource& source, const c10::Type& type,
                    c10::IValue* result);
// `type` is that of a tuple, a dict or a list.
bool StructureToIValue(Environment& environment, const ArgumentSource& source, const c10::TypePtr& type,
                       c10::IValue* result);
// A list whose elements are of kObject, kAny or kStructure.
bool GenericListToIValue(Environment& environment, const ArgumentSource& source, const TypeSpec& spec,
                         c10::IValue* result);

// By what the value is in JavaScript:
//
//     null                 None                 a Tensor, ScriptObject, Generator   itself
//     true                 bool                 a Complex                           complex
//     1, 2n                int                  a DType, Layout, MemoryFormat       int, PyTorch's code
//     1.5, -0, NaN         float                a Device                            Device
//     'text'               str                  an array                            a list or a tuple
//                                               a Map or a plain object             a dict
//
// An array whose elements are of one type is a list of that type, where null may stand for some of them, and
// ints beside floats become floats. One of different things is a tuple, as in Python's programs. The keys of
// a dict, and its values, are of one type, or of Any.
bool AnyToIValue(Environment& environment, const ArgumentSource& source, c10::IValue* result, int depth = 0);
// Lists and dicts in others are read, and their values found, by functions that call themselves.
constexpr int kDeepestList = 8;

}  // namespace nodetorch
