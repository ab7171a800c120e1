#include "program/read.h"

#include <utility>

#include "kernels/packed.h"
#include "operators/from_js.h"
#include "operators/structures.h"
#include "program/higher_order.h"
#include "program/last_uses.h"
#include "program/read_object.h"
#include "program/typed_value.h"
#include "runtime/error.h"

namespace nodetorch {

namespace {

using c10::IValue;

// Both are read, and graphs are run, by functions that call themselves.
constexpr int kDeepestGraph = 24;
constexpr size_t kMostSlots = 1 << 24;

// One graph of a description.
class GraphReader {
 public:
  GraphReader(Environment& environment, int depth) : environment_(environment), depth_(depth) {}

  std::shared_ptr<const Graph> Read(napi_value description);

 private:
  void ReadInputs(const ReadObject& description);
  void ReadNode(const ReadObject& description);
  void ReadOperator(const ReadObject& description, GraphNode& node);
  void ReadArguments(const ReadObject& description, GraphNode& node);
  void ReadPlainArguments(const ReadObject& description, GraphNode& node);
  void ReadResults(const ReadObject& description, GraphNode& node);
  void CheckResults(const GraphNode& node) const;

  Operand ReadOperand(napi_value value, const TypeSpec* type, int depth);
  Operand ReadConstant(napi_value value, const TypeSpec* type);
  Operand ReadList(napi_value value, const TypeSpec* type, int depth);

  uint32_t SlotNumber(napi_value value) const;
  int64_t Define(napi_value value);

  Environment& environment_;
  const int depth_;
  Graph graph_;
  std::vector<bool> defined_;
};

std::shared_ptr<const Graph> GraphReader::Read(napi_value value) {
  if (depth_ > kDeepestGraph) {
    throw TypeProblem("graphs are nested more than " + std::to_string(kDeepestGraph) + " deep");
  }
  const ReadObject description(environment_, value, "a graph");
  graph_.slots = description.Count("slots", kMostSlots);
  defined_.resize(graph_.slots, false);
  graph_.without_gradients = description.Has("withoutGradients");
  ReadInputs(description);
  description.Each("nodes", [&](napi_value node) { ReadNode(ReadObject(environment_, node, "a node")); });
  description.Each("outputs", [&](napi_value output) {
    Operand operand = ReadOperand(output, nullptr, 0);
    if (operand.kind == Operand::Kind::kGraph) throw TypeProblem("an output of a graph cannot be a graph");
    graph_.outputs.push_back(std::move(operand));
  });
  FindLastUses(graph_);
  return std::make_shared<const Graph>(std::move(graph_));
}

uint32_t GraphReader::SlotNumber(napi_value value) const {
  double number = -1;
  if (napi_get_value_double(environment_.env(), value, &number) != napi_ok || !IsWhole(number) ||
      number < 0 || number >= static_cast<double>(graph_.slots)) {
    throw TypeProblem("a slot must be a whole number below " + std::to_string(graph_.slots) + ", not " +
                      Describe(environment_, value));
  }
  return static_cast<uint32_t>(number);
}

int64_t GraphReader::Define(napi_value value) {
  const uint32_t slot = SlotNumber(value);
  if (defined_[slot]) throw TypeProblem("slot " + std::to_string(slot) + " is given a value twice");
  defined_[slot] = true;
  return slot;
}

void GraphReader::ReadInputs(const ReadObject& description) {
  description.Each("inputs", [&](napi_value value) {
    Graph::Input input;
    if (TypeOf(environment_.env(), value) == napi_number) {
      input.slot = Define(value);
    } else {
      const ReadObject object(environment_, value, "an input");
      input.slot = Define(object.Get("slot"));
      input.type = InputTypeNamed(object.Text("type"));
    }
    graph_.inputs.push_back(input);
  });
}

void GraphReader::ReadNode(const ReadObject& description) {
  GraphNode node;
  node.name = description.Text("name");
  node.target = description.Text("operator");
  if (description.Has("trace")) node.trace = Trimmed(description.Text("trace"));
  try {
    ReadOperator(description, node);
  } catch (const TypeProblem& problem) {
    throw TypeProblem("node " + node.name + ": " + node.target + ": " + problem.what());
  }
  graph_.nodes.push_back(std::move(node));
}

void GraphReader::ReadOperator(const ReadObject& description, GraphNode& node) {
  if (IsHigherOrder(node.target)) {
    node.higher_order = FindHigherOrder(node.target);
    if (!node.higher_order) throw TypeProblem("a program cannot run this operator");
    ReadPlainArguments(description, node);
  } else if ((node.symbolic = FindSymbolic(node.target)) || (node.symbolic = FindPacked(node.target))) {
    ReadPlainArguments(description, node);
    const size_t count = node.operands.size();
    if (count < node.symbolic->least || count > node.symbolic->most) {
      throw TypeProblem("takes " + std::to_string(node.symbolic->least) + " arguments but " +
                        std::to_string(count) + " were given");
    }
  } else {
    node.signature = FindSignature(node.target);
    if (!node.signature) throw TypeProblem("no such operator");
    graph_.may_resize |= node.signature->may_resize;
    ReadArguments(description, node);
  }
  ReadResults(description, node);
  if (node.higher_order) {
    CheckHigherOrder(node);
  } else {
    CheckResults(node);
  }
}

// Of a symbolic or higher-order operator, which have no schema.
void GraphReader::ReadPlainArguments(const ReadObject& description, GraphNode& node) {
  description.Each("arguments",
                   [&](napi_value value) { node.operands.push_back(ReadOperand(value, nullptr, 0)); });
  if (description.Has("keywords") && !description.Names("keywords").empty()) {
    throw TypeProblem("takes no keywords");
  }
}

void GraphReader::ReadArguments(const ReadObject& description, GraphNode& node) {
  const auto& parameters = node.signature->parameters;
  std::vector<bool> given(parameters.size(), false);
  node.operands.resize(parameters.size());
  const auto read = [&](size_t i, napi_value value) {
    const Parameter& parameter = parameters[i];
    if (given[i]) throw TypeProblem("argument '" + parameter.name + "' is given twice");
    given[i] = true;
    try {
      node.operands[i] = ReadOperand(value, &parameter.type, 0);
    } catch (const TypeProblem& problem) {
      throw TypeProblem("argument '" + parameter.name + "': " + problem.what());
    }
  };
  size_t position = 0;
  description.Each("arguments", [&](napi_value value) {
    if (position >= parameters.size() || parameters[position].keyword_only) {
      throw TypeProblem("takes " + std::to_string(node.signature->positional) +
                        " positional arguments but more were given");
    }
    read(position++, value);
  });
  if (description.Has("keywords")) {
    const ReadObject keywords(environment_, description.Get("keywords"), "keywords");
    for (const std::string& name : description.Names("keywords")) {
      size_t i = 0;
      while (i < parameters.size() && parameters[i].name != name) i++;
      if (i == parameters.size()) throw TypeProblem("takes no argument '" + name + "'");
      read(i, keywords.Get(name.c_str()));
    }
  }
  for (size_t i = 0; i < parameters.size(); i++) {
    if (given[i]) continue;
    if (!parameters[i].has_default) throw TypeProblem("argument '" + parameters[i].name + "' is missing");
    node.operands[i].constant = parameters[i].default_value;
  }
}

void GraphReader::ReadResults(const ReadObject& description, GraphNode& node) {
  napi_env env = environment_.env();
  const auto slot_of = [&](napi_value value) {
    return TypeOf(env, value) == napi_null ? Destination::kNowhere : Define(value);
  };
  description.Each("outputs", [&](napi_value value) {
    Destination destination;
    bool is_array = false;
    napi_is_array(env, value, &is_array);
    destination.is_list = is_array;
    if (is_array) {
      EachElement(environment_, value, [&](napi_value one) { destination.slots.push_back(slot_of(one)); });
    } else {
      destination.slots.push_back(slot_of(value));
    }
    node.results.push_back(std::move(destination));
  });
}

// That the outputs of a node are those of its operator. None at all is right, too: nobody wants them.
void GraphReader::CheckResults(const GraphNode& node) const {
  const size_t returns = node.signature ? node.signature->schema().returns().size() : 1;
  if (!node.results.empty() && node.results.size() != returns) {
    throw TypeProblem("gives " + std::to_string(returns) + " results, and has " +
                      std::to_string(node.results.size()) + " outputs");
  }
  for (size_t i = 0; i < node.results.size(); i++) {
    const bool gives_list = node.signature && TypeSpec::Of(node.signature->schema().returns()[i]).list;
    if (node.results[i].is_list && !gives_list) throw TypeProblem("gives no list, and has a list of outputs");
  }
}

Operand GraphReader::ReadOperand(napi_value value, const TypeSpec* type, int depth) {
  const ReadObject object(environment_, value, "an argument");
  if (type && type->type == Type::kUnsupported) throw TypeProblem("is of a type that a program cannot give");
  Operand operand;
  if (object.Has("slot")) {
    operand.kind = Operand::Kind::kSlot;
    operand.slot = SlotNumber(object.Get("slot"));
    if (!defined_[operand.slot]) {
      throw TypeProblem("slot " + std::to_string(operand.slot) + " is used before it has a value");
    }
    return operand;
  }
  if (object.Has("list")) return ReadList(object.Get("list"), type, depth);
  if (object.Has("graph")) {
    if (type || depth > 0) throw TypeProblem("must not be a graph");
    operand.kind = Operand::Kind::kGraph;
    operand.graph = GraphReader(environment_, depth_ + 1).Read(object.Get("graph"));
    graph_.may_resize |= operand.graph->may_resize;
    return operand;
  }
  if (object.Has("float")) {
    double number = 0;
    if (napi_get_value_double(environment_.env(), object.Get("float"), &number) != napi_ok) {
      throw TypeProblem("must have a number as its `float`");
    }
    operand.constant = number;
    if (type && !FitToType(*type, &operand.constant))
      throw TypeProblem("must be " + type->Name() + ", not float");
    return operand;
  }
  if (!object.Has("constant")) throw TypeProblem("must have a slot, constant, float, list or graph");
  return ReadConstant(object.Get("constant"), type);
}

Operand GraphReader::ReadConstant(napi_value value, const TypeSpec* type) {
  Operand operand;
  if (type) {
    if (FromJs(environment_, value, *type, /*numbers_as_tensors=*/true, &operand.constant)) return operand;
    throw TypeProblem("must be " + type->Name() + ", not " + Describe(environment_, value));
  }
  if (!ArgumentSource::Classify(environment_, value).IsJsArray(environment_)) {
    operand.constant = ReadUntyped(environment_, value);
    return operand;
  }
  operand.kind = Operand::Kind::kList;  // which an operator of graphs takes apart
  EachElement(environment_, value,
              [&](napi_value one) { operand.list.emplace_back().constant = ReadUntyped(environment_, one); });
  return operand;
}

// Where all elements are constants, the list is one, too, unless an operator of graphs takes it apart.
Operand GraphReader::ReadList(napi_value value, const TypeSpec* type, int depth) {
  if (depth >= kDeepestList) throw TypeProblem("lists are nested too deep");
  if (type && !type->list) throw TypeProblem("must be " + type->Name() + ", not a list");
  const TypeSpec element = type ? type->Element() : TypeSpec();
  Operand operand;
  operand.kind = Operand::Kind::kList;
  bool is_constant = type != nullptr;
  EachElement(environment_, value, [&](napi_value one) {
    operand.list.push_back(ReadOperand(one, type ? &element : nullptr, depth + 1));
    is_constant &= operand.list.back().kind == Operand::Kind::kConstant;
  });
  if (!is_constant) return operand;
  std::vector<IValue> values;
  for (Operand& one : operand.list) values.push_back(std::move(one.constant));
  Operand constant;
  if (!ListOfType(*type, std::move(values), &constant.constant)) throw TypeProblem("must be " + type->Name());
  return constant;
}

}  // namespace

std::shared_ptr<const Graph> ReadGraph(Environment& environment, napi_value description) {
  return GraphReader(environment, 0).Read(description);
}

}  // namespace nodetorch
