// A program's graph as Python prints it.
import { Complex } from '../core/complex';
import type { ConstantType, SymbolicNumber, TensorMeta } from './graph';
import { expressionText } from './expression';
import { type FxArgument, type FxGraph, type FxNode, GETITEM, inputsOf } from './fx';
import { boolText, floatText, noteText, stringText } from './python_text';

const infix = new Map([
  ['eq', '=='],
  ['ne', '!='],
  ['lt', '<'],
  ['gt', '>'],
  ['le', '<='],
  ['ge', '>='],
  ['add', '+'],
  ['sub', '-'],
  ['mul', '*'],
  ['floordiv', '//'],
  ['truediv', '/'],
  ['mod', '%'],
  ['pow', '**'],
  ['lshift', '<<'],
  ['rshift', '>>'],
  ['and_', '&'],
  ['or_', '|'],
]);
const prefix = new Map([
  ['pos', '+'],
  ['neg', '-'],
]);

const abbreviations = new Map([
  ['bool', 'b8'],
  ['bfloat16', 'bf16'],
]);
const short = (name: string): string =>
  abbreviations.get(name) ??
  name
    .replace('float', 'f')
    .replace('complex', 'c')
    .replace('uint', 'u')
    .replace('int', 'i')
    .replace(/^f8_/, 'f8');

function deviceText(device: string): string {
  const [type, index] = device.split(':');
  return index === undefined ? `device(type='${type}')` : `device(type='${type}', index=${index})`;
}

function constantText(value: unknown, type: ConstantType): string {
  if (type === 'none') return 'None';
  if (type === 'bool') return boolText(value as boolean);
  if (type === 'float') return floatText(value as number);
  if (type === 'string') return stringText(value as string);
  if (type === 'device') return deviceText(value as string);
  if (!(value instanceof Complex)) return String(value);
  const part = (number: number): string => floatText(number).replace(/\.0$/, '');
  const imaginary = `${part(value.im)}j`;
  if (Object.is(value.re, 0)) return imaginary;
  return `(${part(value.re)}${imaginary.startsWith('-') ? '' : '+'}${imaginary})`;
}

type NameOf = (node: FxNode) => string;
const ownName: NameOf = ({ name }) => name;

function argumentText(argument: FxArgument, nameOf = ownName): string {
  if ('node' in argument) return nameOf(argument.node);
  if ('constant' in argument) return constantText(argument.constant, argument.type);
  if ('dict' in argument) {
    return `{${argument.dict.map(([key, item]) => `${stringText(key)}: ${argumentText(item, nameOf)}`).join(', ')}}`;
  }
  const items = argument.list.map((item) => argumentText(item, nameOf));
  if (!argument.isTuple) return `[${items.join(', ')}]`;
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
}

/** A known or symbolic number, as Python prints it. */
export function numberText(value: SymbolicNumber): string {
  if (typeof value === 'object') return expressionText(value.expression);
  return typeof value === 'boolean' ? boolText(value) : String(value);
}

function annotation(meta: TensorMeta | SymbolicNumber | undefined): string {
  if (typeof meta !== 'object') return '';
  if ('expression' in meta) return `: "Sym(${numberText(meta)})"`;
  return `: "${short(meta.dtype.name)}[${meta.sizes.map(numberText).join(', ')}]"`;
}

function callText({ target, args, kwargs }: FxNode, nameOf: NameOf): string {
  const given = args.map((arg) => argumentText(arg, nameOf));
  const name = target.startsWith('_operator.') ? target.slice('_operator.'.length) : '';
  if (target === GETITEM) return `${given[0]}[${given[1]}]`;
  const operator = infix.get(name);
  if (operator !== undefined) return `${given[0]} ${operator} ${given[1]}`;
  const sign = prefix.get(name);
  if (sign !== undefined) return sign + given[0];
  const fn = target.startsWith('math.') ? target.replace('.', '_') : target;
  return `${fn}(${[...given, ...kwargs.map(([key, value]) => `${key} = ${argumentText(value, nameOf)}`)].join(', ')})`;
}

const attribute = (target: string): string =>
  /^[A-Za-z_]\w*$/.test(target) ? `self.${target}` : `getattr(self, "${target}")`;

// Which values each node is the last to use, in the order in which Python finds them.
function lastUses(nodes: readonly FxNode[]): Map<FxNode, FxNode[]> {
  const seen = new Set<FxNode>();
  const uses = new Map<FxNode, FxNode[]>();
  for (const user of [...nodes].reverse()) {
    const last = [...inputsOf(user)].filter((input) => !seen.has(input));
    for (const input of last) seen.add(input);
    uses.set(user, last);
  }
  return uses;
}

// Names that code must not hide get a number, as torch.fx gives it.
const taken = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if ' +
    'import in is lambda nonlocal not or pass raise return try while with yield abs aiter all anext any ascii bin bool ' +
    'breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir divmod ' +
    'enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int ' +
    'isinstance issubclass iter len license list locals map max memoryview min next object oct open ord pow print ' +
    'property quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip ' +
    'inf nan NoneType torch device fx_pytree pytree'
  ).split(' '),
);

class Names {
  readonly #names = new Map<FxNode, string>();
  readonly #used = new Set<string>();
  readonly #counts = new Map<string, number>();

  of(node: FxNode): string {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const [, base, digits] = /^([a-zA-Z_]\w*?)(?:_(\d+))?$/.exec(node.name) ?? ['', node.name, undefined];
    let name = node.name;
    let number = Number(digits ?? 0);
    if (digits === undefined || this.#used.has(name)) {
      number = this.#counts.get(base) ?? 0;
      if (taken.has(name)) name = `${base}_${++number}`;
    }
    while (this.#used.has(name)) name = `${base}_${++number}`;
    this.#used.add(name);
    this.#counts.set(base, number);
    this.#names.set(node, name);
    return name;
  }
}

/** `graph_module.code`; with `isVerbose` the types of values, and where in the model they come from. */
export function codeText({ nodes }: FxGraph, isVerbose = false): string {
  const uses = lastUses(nodes);
  const typed = (node: FxNode): string => (isVerbose ? annotation(node.meta) : '');
  const parameters = ['self'];
  const names = new Names();
  const nameOf = (node: FxNode): string => names.of(node);
  let body = '';
  let previous = '';
  for (const node of nodes) {
    if (node.op === 'placeholder') {
      parameters.push(node.target + typed(node));
      if (nameOf(node) !== node.target) body += `${nameOf(node)} = ${node.target}\n`;
      continue;
    }
    if (node.op === 'output') {
      body += `return ${argumentText(node.args[0], nameOf)}\n`;
      continue;
    }
    const summary = `\n#${noteText(node.custom)} ${placeOf(node.trace)}\n`;
    if (isVerbose && summary !== previous) body += previous = summary;
    const value = node.op === 'get_attr' ? attribute(node.target) : callText(node, nameOf);
    const freed = [...(uses.get(node) ?? []), ...(node.users.size === 0 ? [node] : [])];
    const free = freed.length === 0 ? '' : `;  ${[...freed.map(nameOf), 'None'].join(' = ')}`;
    body += `${nameOf(node)}${typed(node)} = ${value}${free}\n`;
  }
  const lines = body.replace(/^\n+/, '').split('\n');
  return `\n\n\ndef forward(${parameters.join(', ')}):\n${lines.map((line) => `    ${line}`).join('\n')}`;
}

// The innermost frame of a stack that says what stands there.
function placeOf(trace: string | undefined): string {
  const lines = (trace ?? '').trim().split('\n');
  for (let i = lines.length - 2; i >= 0; i--) {
    const match = /^File "(.+)", line (\d+), in (.+)$/.exec(lines[i].trim());
    if (match) return `File: ${match[1]}:${match[2]} in ${match[3]}, code: ${lines[i + 1].trim()}`;
  }
  return 'No stacktrace found for following nodes';
}

function indented(text: string): string {
  const [first, ...rest] = text.split('\n');
  return [first, ...rest.map((line) => (line.trim() === '' ? '' : `    ${line}`))].join('\n');
}

/** `graph_module.print_readable()`: classes in classes. */
export function readableText(graph: FxGraph, name = 'GraphModule'): string {
  const own = indented(`class ${name}(torch.nn.Module):\n${codeText(graph, true).replace(/^\n+/, '')}`);
  const children = [...graph.children].map(([child, inner]) => readableText(inner, child));
  return own + indented(['', ...children].join('\n'));
}

// `str` of arguments, as in `str(graph)`.
function plainText(argument: FxArgument): string {
  if ('node' in argument) return `%${argument.node.name}`;
  if ('dict' in argument)
    return `{${argument.dict.map(([key, item]) => `${key}: ${plainText(item)}`).join(', ')}}`;
  if ('list' in argument) {
    const items = argument.list.map(plainText).join(', ');
    if (!argument.isTuple) return `[${items}]`;
    return `(${items}${argument.list.length === 1 ? ',' : ''})`;
  }
  const { constant, type } = argument;
  if (type === 'operator') return String(constant).replace(/^torch\.ops\./, '');
  return type === 'string' || type === 'device' ? String(constant) : constantText(constant, type);
}

/** `str(graph)`. */
export function graphText({ nodes }: FxGraph): string {
  const lines = nodes.map((node) => {
    const { name, op, args, kwargs, users } = node;
    const target = node.target.replace(/^_operator\./, 'operator.');
    if (op === 'output') return `return ${argumentText(args[0])}`;
    const head = `%${name} : [num_users=${users.size}] = ${op}[target=${target}]`;
    if (op !== 'call_function') return head;
    const given = plainText({ list: args, isTuple: true });
    return `${head}(args = ${given}, kwargs = ${plainText({ dict: kwargs })})`;
  });
  return `graph():\n    ${lines.join('\n    ')}`;
}
