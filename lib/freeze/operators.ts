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
