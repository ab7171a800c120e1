// A program's graph as this room works with it. schema.ts reads it from a file.
import type { DType } from '../core/dtype';
import type { Layout } from '../core/layout';
import type { Expression } from './expression';

/** What a name in a graph stands for. */
export type ValueType = 'tensor' | 'int' | 'float' | 'bool' | 'object' | 'token';

/** What a node is given, or gives. The about 31 kinds of the schema are these few. */
export type Argument =
  | { form: 'value'; type: ValueType; name: string }
  | { form: 'constant'; type: ConstantType; value: unknown }
  | { form: 'list'; items: Argument[] }
  | { form: 'dict'; items: [string, Argument][] }
  | { form: 'graph'; name: string; graph: Graph };

/** The kind of a constant: an int and a float may be the same number of JavaScript. */
export type ConstantType =
  | 'none'
  | 'int'
  | 'float'
  | 'bool'
  | 'string'
  | 'complex'
  | 'dtype'
  | 'layout'
  | 'memoryFormat'
  | 'device'
  | 'operator';

/** An argument of a node, with its name in the schema of the operator. */
export interface NamedArgument {
  name: string;
  argument: Argument;
  isKeyword: boolean;
  /** The operator's type of it, where it is known. */
  type?: string;
}

/** A call of an operator. */
export interface Node {
  target: string;
  name: string | null;
  inputs: NamedArgument[];
  outputs: Argument[];
  metadata: ReadonlyMap<string, string>;
  /** Of a higher-order operator: whether its one result is in no tuple. */
  isSingleReturn: boolean;
}

/** A symbolic or known number. */
export type SymbolicNumber =
  number | bigint | boolean | { expression: Expression; hint: number | boolean | null };

/** What the file says of a tensor. */
export interface TensorMeta {
  dtype: DType;
  sizes: SymbolicNumber[];
  strides: SymbolicNumber[];
  storageOffset: SymbolicNumber;
  requiresGrad: boolean;
  device: string;
  layout: Layout;
}

/** A graph: what goes in, the calls in their order, what comes out, and what is known of the values. */
export interface Graph {
  inputs: Argument[];
  outputs: Argument[];
  nodes: Node[];
  tensors: ReadonlyMap<string, TensorMeta>;
  numbers: ReadonlyMap<string, SymbolicNumber>;
  /** Of a sub-graph: whether its one result is in no tuple. */
  isSingleReturn: boolean;
}

/** Names that an argument uses, with those in lists. */
export function* namesIn(argument: Argument): IterableIterator<string> {
  if (argument.form === 'value') yield argument.name;
  else if (argument.form === 'list') for (const item of argument.items) yield* namesIn(item);
  else if (argument.form === 'dict') for (const [, item] of argument.items) yield* namesIn(item);
}
