// Numbers as Python has them: whole ones that are exact, floats, and what its operators make of them.
//
//     FloorDivide(Number::Int(-7), Number::Int(2));   // -4, where C++ gives -3
//     TrueDivide(Number::Int(1), Number::Int(2));     // 0.5
//
// Python's ints have no limit, these have 64 bits: a result beyond them is an error, and never a wrong
// number.
#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <optional>

namespace nodetorch {

struct Number {
  bool is_float = false;
  int64_t whole = 0;
  double real = 0;

  static Number Int(int64_t value) { return {false, value, 0}; }
  static Number Float(double value) { return {true, 0, value}; }
  // A bool is a whole number, as in Python. Nothing where it is no number.
  static std::optional<Number> Of(const c10::IValue& value);

  c10::IValue ToIValue() const { return is_float ? c10::IValue(real) : c10::IValue(whole); }
  double AsFloat() const { return is_float ? real : static_cast<double>(whole); }
};

using BinaryOperator = Number(const Number& a, const Number& b);
BinaryOperator Add, Subtract, Multiply, TrueDivide, FloorDivide, Modulo, Power, ShiftLeft, ShiftRight;
Number Negate(const Number& a);

enum class Order { kLess, kEqual, kGreater, kNone };  // none: one of them is no number
// Exact, also between an int and a float.
Order Compare(const Number& a, const Number& b);

// The whole number of a float without a fraction.
Number WholeOf(double value);

}  // namespace nodetorch
