// What the passes know of operators.
import { camelCase } from '../core/names';
import { native } from '../native';
import type { ProgramArgument, ProgramNode } from '../../typings/native';

interface Facts {
  /** Names of the arguments, in their order. */
  readonly parameters: readonly string[];
  /** Those that it writes to. */
  readonly written: readonly string[];
  /** Whether it draws random numbers. */
  readonly isRandom: boolean;
}

// Operators whose results are new tensors, of which nobody else has the memory. Schemas do not say so: composite ones,
// such as dropout, may give back what they were given.
const fresh = new Set(
  (
    'conv1d conv2d conv3d convolution conv_transpose1d conv_transpose2d conv_transpose3d linear addmm mm bmm baddbmm ' +
    'matmul relu gelu silu sigmoid tanh hardswish hardsigmoid hardtanh relu6 leaky_relu elu mish softplus neg abs exp log ' +
    'sqrt rsqrt pow clamp erf add sub rsub mul div reciprocal maximum minimum where batch_norm native_batch_norm ' +
    '_native_batch_norm_legit _native_batch_norm_legit_no_training layer_norm native_layer_norm group_norm native_group_norm ' +
    'softmax _softmax log_softmax _log_softmax scaled_dot_product_attention mean sum amax amin max_pool1d max_pool2d ' +
    'max_pool2d_with_indices avg_pool1d avg_pool2d adaptive_avg_pool2d _adaptive_avg_pool2d embedding clone stack ' +
    'full zeros ones arange eq ne lt le gt ge logical_not triu tril'
  ).split(' '),
);

// Their schemas do not say that they write to the running statistics.
const norms = new Set(
  'batch_norm native_batch_norm cudnn_batch_norm miopen_batch_norm _batch_norm_impl_index instance_norm'.split(
    ' ',
  ),
);

/** 'torch.ops.aten.add.Tensor' and 'aten::add.Tensor' as 'aten.add.Tensor'; others as they are. */
export function operatorName(node: ProgramNode): string {
  const name = node.operator.replace(/^torch\.ops\./, '').replace('::', '.');
  return name === node.operator || /^\w+\.\w+\.\w+$/.test(name) ? name : `${name}.default`;
}

/** The name without namespace and overload, of operators of libtorch: 'add'. */
export function baseName(node: ProgramNode): string {
  return /^aten\.(\w+)\.\w+$/.exec(operatorName(node))?.[1] ?? '';
}

const known = new Map<string, Facts | null>();

/** Null for what the dispatcher does not know: numbers, operators of graphs. */
export function factsOf(node: ProgramNode): Facts | null {
  const name = operatorName(node);
  let facts = known.get(name);
  if (facts === undefined) known.set(name, (facts = findFacts(name)));
  return facts;
}

function findFacts(name: string): Facts | null {
  const [, space, base, ending] = /^(\w+)\.(\w+)\.(\w+)$/.exec(name) ?? [];
  if (space === undefined || space === 'higher_order') return null;
  const overload = ending === 'default' ? '' : ending;
  const found = native.signatures(`${space}::${base}`, null, false).find((one) => one.overload === overload);
  if (found === undefined) return null;
  const schema = found.schema.slice(0, found.schema.lastIndexOf(' -> '));
  const written = [...schema.matchAll(/Tensor\(\w+!(?: -> [^)]*)?\)[[\]\d?]* (\w+)/g)];
  return {
    parameters: found.parameters.map((one) => one.name),
    written: written.map(([, argument]) => camelCase(argument)),
    isRandom: found.random,
  };
}

/** The argument of that name, in camelCase; undefined where the schema's default holds. */
export function argumentOf(node: ProgramNode, name: string): ProgramArgument | undefined {
  const at = factsOf(node)?.parameters.indexOf(name) ?? -1;
  if (at < 0) return undefined;
  if (at < node.arguments.length) return node.arguments[at];
  const keyword = Object.keys(node.keywords ?? {}).find((key) => camelCase(key) === name);
  return keyword === undefined ? undefined : node.keywords![keyword];
}

/** The value of an argument that is a constant; undefined for others, and where it is left out. */
export function constantOf(node: ProgramNode, name: string): unknown {
  const argument = argumentOf(node, name);
  if (argument === undefined) return undefined;
  if ('float' in argument) return argument.float;
  return 'constant' in argument ? argument.constant : undefined;
}

/** All arguments of a node. */
export function argumentsOf(node: ProgramNode): ProgramArgument[] {
  return [...node.arguments, ...Object.values(node.keywords ?? {})];
}

/** Whether all results of a node are new tensors. */
export function isFresh(node: ProgramNode): boolean {
  return fresh.has(baseName(node)) && writtenBy(node).length === 0;
}

/** What a node writes to, or may write to. */
export function writtenBy(node: ProgramNode): ProgramArgument[] {
  const all = argumentsOf(node);
  const inner = all.flatMap((one) => ('graph' in one ? one.graph.nodes : []));
  if (inner.length > 0) return inner.some((one) => writtenBy(one).length > 0) ? all : [];
  const facts = factsOf(node);
  if (facts === null)
    return /^(_operator|math|builtins|torch|nodetorch)\.\w+$/.test(node.operator) ? [] : all;
  const isNorm = norms.has(baseName(node));
  if (isNorm) {
    const isTraining = constantOf(node, baseName(node) === 'instance_norm' ? 'useInputStats' : 'training');
    return isTraining === false ? [] : all;
  }
  return facts.written.flatMap((name) => argumentOf(node, name) ?? []);
}
