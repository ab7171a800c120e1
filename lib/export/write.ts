// Writes a program's JSON: the mirror of schema.ts and signature.ts.
import type { Complex } from '../core/complex';
import type { DType } from '../core/dtype';
import type { Layout, MemoryFormat } from '../core/layout';
import { isMap } from '../core/realm';
import { writeDtype, writeLayout, writeMemoryFormat } from './codes';
import { damaged } from './errors';
import type { Argument, Graph, NamedArgument, Node, SymbolicNumber, TensorMeta, ValueType } from './graph';
import { writeExpression } from './expression_write';
import type { Json } from './json';
import { floatText } from './python_text';

/** A float of Python's, which keeps its point where it is whole. */
export class Float {
  constructor(readonly value: number) {}
}

/** What {@link jsonText} writes. */
export type Written =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | readonly Written[]
  | { readonly [key: string]: Written };

/** As Python's json writes it; infinities are texts. */
export function jsonText(value: Written): string {
  if (value instanceof Float) {
    if (Number.isFinite(value.value)) return floatText(value.value);
    return JSON.stringify(String(value.value));
  }
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as Record<string, Written>);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${jsonText(item)}`).join(', ')}}`;
}

/** What was read, as it is written again. */
export function asWritten(json: Json, key = ''): Written {
  if (Array.isArray(json)) return json.map((item) => asWritten(item));
  if (isMap(json)) {
    return Object.fromEntries([...json].map(([name, item]) => [name, asWritten(item, name)]));
  }
  return key === 'as_float' && typeof json === 'number' ? new Float(json) : json;
}

type Kind = [kind: string, value: Written];
const union = ([kind, value]: Kind): Written => ({ [kind]: value });
const symbolic = new Set<ValueType>(['int', 'float', 'bool']);

/** What is written of a device: `cuda:0`. */
export function writeDevice(device: string): Written {
  const [type, index] = device.split(':');
  return { type, index: index === undefined ? null : Number(index) };
}

function constantKind(argument: Argument & { form: 'constant' }): Kind {
  const { type, value } = argument;
  switch (type) {
    case 'none':
      return ['as_none', true];
    case 'float':
      return ['as_float', new Float(value as number)];
    case 'complex': {
      const { re, im } = value as Complex;
      return ['as_complex', { real: new Float(re), imag: new Float(im) }];
    }
    case 'dtype':
      return ['as_scalar_type', writeDtype(value as DType)];
    case 'layout':
      return ['as_layout', writeLayout(value as Layout)];
    case 'memoryFormat':
      return ['as_memory_format', writeMemoryFormat(value as MemoryFormat)];
    case 'device':
      return ['as_device', writeDevice(value as string)];
    default:
      return [`as_${type}`, value as Written];
  }
}

function listKind(items: readonly Argument[], type: string): Kind {
  const isTensor = (item: Argument): boolean => item.form === 'value' && item.type === 'tensor';
  if (items.length === 0) {
    const [element] = /^(?:float|int|boolean)/.exec(type) ?? ['tensor'];
    return [`as_${element === 'boolean' ? 'bool' : element}s`, []];
  }
  if (items.every((item) => item.form === 'list')) {
    const lists = items.map((item) => listKind(item.items, type));
    const [kind] = lists[0];
    const name = kind === 'as_tensors' ? 'as_nested_tensors' : kind.replace(/s$/, '_lists');
    return [name, lists.map(([, value]) => value)];
  }
  const kinds = items.map(argumentKind);
  if (items.every(isTensor)) return ['as_tensors', kinds.map(([, value]) => value)];
  if (items.some(isTensor)) return ['as_optional_tensors', kinds.map(union)];
  const symbols = kinds.find(([each]) => each.startsWith('as_sym_'));
  // Numbers by their names, or known.
  if (symbols) return [`${symbols[0]}s`, kinds.map((one) => (one[0] === symbols[0] ? one[1] : union(one)))];
  const [kind] = kinds.find(([each]) => each !== 'as_none') ?? kinds[0];
  if (kinds.some(([each]) => each !== kind)) throw damaged('a list has values of different kinds');
  return [`${kind}s`, kinds.map(([, value]) => value)];
}

function argumentKind(argument: Argument): Kind {
  switch (argument.form) {
    case 'value': {
      const { type, name } = argument;
      if (symbolic.has(type)) return [`as_sym_${type}`, { as_name: name }];
      if (type === 'tensor') return ['as_tensor', { name }];
      throw damaged(
        `'${name}' is ${type === 'token' ? 'a token' : 'an object of a class'}, which cannot be written`,
      );
    }
    case 'constant':
      return constantKind(argument);
    case 'list':
      return listKind(argument.items, '');
    case 'dict':
      return [
        'as_string_to_argument',
        Object.fromEntries(argument.items.map(([key, item]) => [key, writeArgument(item)])),
      ];
    case 'graph':
      return ['as_graph', { name: argument.name, graph: writeGraph(argument.graph) }];
  }
}

/** Any of the schema's kinds. `type` is the operator's type of it, which says of what an empty list is. */
export function writeArgument(argument: Argument, type = ''): Written {
  return union(argument.form === 'list' ? listKind(argument.items, type) : argumentKind(argument));
}

const writeInput = ({ name, argument, isKeyword, type }: NamedArgument): Written => ({
  name,
  arg: writeArgument(argument, type),
  kind: isKeyword ? 2 : 1,
});

const writeNode = (node: Node): Written => ({
  target: node.target,
  inputs: node.inputs.map(writeInput),
  outputs: node.outputs.map((output) => writeArgument(output, 'Tensor[]')),
  metadata: Object.fromEntries(node.metadata),
  is_hop_single_tensor_return: node.target.startsWith('torch.ops.higher_order.') ? node.isSingleReturn : null,
  name: node.name,
});

type NumberType = 'int' | 'float' | 'bool';
const written = (type: NumberType, value: unknown): Written => ({
  [`as_${type}`]: type === 'float' ? new Float(Number(value)) : (value as Written),
});

function writeNumber(value: SymbolicNumber, type: NumberType = 'int'): Written {
  if (typeof value !== 'object') return written(type, value);
  const { expression, hint } = value;
  return {
    as_expr: { expr_str: writeExpression(expression), hint: hint === null ? null : written(type, hint) },
  };
}

export const writeTensorMeta = (meta: TensorMeta): Written => ({
  dtype: writeDtype(meta.dtype),
  sizes: meta.sizes.map((size) => writeNumber(size)),
  requires_grad: meta.requiresGrad,
  device: writeDevice(meta.device),
  strides: meta.strides.map((stride) => writeNumber(stride)),
  storage_offset: writeNumber(meta.storageOffset),
  layout: writeLayout(meta.layout),
});

// Of each number, whether it is an int: what defines it says so.
function typesOf({ inputs, nodes }: Graph): (name: string) => NumberType {
  const found = new Map<string, NumberType>();
  const look = (argument: Argument): void => {
    if (argument.form === 'list') argument.items.forEach(look);
    else if (argument.form === 'value' && symbolic.has(argument.type)) {
      found.set(argument.name, argument.type as NumberType);
    }
  };
  for (const argument of [...inputs, ...nodes.flatMap(({ outputs }) => outputs)]) look(argument);
  return (name) => found.get(name) ?? 'int';
}

/** A graph, with those in it. */
export function writeGraph(graph: Graph): Written {
  const typeOf = typesOf(graph);
  const numbers = (type: NumberType): Written =>
    Object.fromEntries(
      [...graph.numbers].flatMap(([name, value]) =>
        typeOf(name) === type ? [[name, writeNumber(value, type)]] : [],
      ),
    );
  return {
    inputs: graph.inputs.map((input) => writeArgument(input)),
    outputs: graph.outputs.map((output) => writeArgument(output)),
    nodes: graph.nodes.map(writeNode),
    tensor_values: Object.fromEntries(
      [...graph.tensors].map(([name, meta]) => [name, writeTensorMeta(meta)]),
    ),
    sym_int_values: numbers('int'),
    sym_bool_values: numbers('bool'),
    is_single_tensor_return: graph.isSingleReturn,
    custom_obj_values: {},
    sym_float_values: numbers('float'),
  };
}
