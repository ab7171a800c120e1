// Reads a program's JSON: torch/_export/serde/schema.py says what is in it.
import { Complex } from '../core/complex';
import { readDtype, readLayout, readMemoryFormat } from './codes';
import { damaged } from './errors';
import { readExpression } from './expression';
import * as fields from './fields';
import { asObject, asText, each } from './fields';
import type {
  Argument,
  ConstantType,
  Graph,
  NamedArgument,
  Node,
  SymbolicNumber,
  TensorMeta,
  ValueType,
} from './graph';
import type { Json } from './json';
import { operatorSchema } from './operators';

export function readDevice(value: Json | undefined, where: string): string {
  const device = asObject(value, where);
  const type = asText(device.get('type'), `${where}.type`);
  const index = device.get('index');
  return index == null ? type : `${type}:${fields.asCount(index, `${where}.index`)}`;
}

const reference = (type: ValueType, name: string): Argument => ({ form: 'value', type, name });
const constant = (type: ConstantType, value: unknown): Argument => ({ form: 'constant', type, value });
type Read = (value: Json, where: string) => Argument;

const readTensor: Read = (value, where) =>
  reference('tensor', asText(asObject(value, where).get('name'), `${where}.name`));
const none: Read = () => constant('none', null);
const readInt: Read = (value, where) => constant('int', fields.asInt(value, where));
const readFloat: Read = (value, where) => constant('float', fields.asFloat(value, where));
const readBool: Read = (value, where) => constant('bool', fields.asBool(value, where));
const readString: Read = (value, where) => constant('string', asText(value, where));
const listOf =
  (read: Read): Read =>
  (value, where) => ({ form: 'list', items: each(value, where, read) });

// A symbolic number: by its name, or known.
function numberOr(type: 'int' | 'float' | 'bool', known: Read): Read {
  return (value, where) => {
    const [kind, inner] = fields.asUnion(value, where);
    if (kind === 'as_name') return reference(type, asText(inner, where));
    if (kind !== `as_${type}`) throw damaged(`${where}: '${kind}' is not known`);
    return known(inner, where);
  };
}
const readSymInt = numberOr('int', readInt);
const readSymFloat = numberOr('float', readFloat);
const readSymBool = numberOr('bool', readBool);

const readOptionalTensor: Read = (value, where) => {
  const [kind, inner] = fields.asUnion(value, where);
  if (kind === 'as_none') return none(inner, where);
  if (kind !== 'as_tensor') throw damaged(`${where}: '${kind}' is not known`);
  return readTensor(inner, where);
};

const kinds = new Map<string, Read>([
  ['as_none', none],
  ['as_tensor', readTensor],
  ['as_tensors', listOf(readTensor)],
  ['as_optional_tensor', readOptionalTensor],
  ['as_optional_tensors', listOf(readOptionalTensor)],
  ['as_nested_tensors', listOf(listOf(readTensor))],
  ['as_int', readInt],
  ['as_ints', listOf(readInt)],
  ['as_int_lists', listOf(listOf(readInt))],
  ['as_float', readFloat],
  ['as_floats', listOf(readFloat)],
  ['as_float_lists', listOf(listOf(readFloat))],
  ['as_bool', readBool],
  ['as_bools', listOf(readBool)],
  ['as_string', readString],
  ['as_strings', listOf(readString)],
  ['as_sym_int', readSymInt],
  ['as_sym_ints', listOf(readSymInt)],
  ['as_sym_float', readSymFloat],
  ['as_sym_floats', listOf(readSymFloat)],
  ['as_sym_bool', readSymBool],
  ['as_sym_bools', listOf(readSymBool)],
  ['as_scalar_type', (value, where) => constant('dtype', readDtype(value, where))],
  ['as_layout', (value, where) => constant('layout', readLayout(value, where))],
  ['as_memory_format', (value, where) => constant('memoryFormat', readMemoryFormat(value, where))],
  ['as_device', (value, where) => constant('device', readDevice(value, where))],
  ['as_operator', (value, where) => constant('operator', asText(value, where))],
  ['as_complex', readComplex],
  ['as_custom_obj', (value, where) => reference('object', asText(asObject(value, where).get('name'), where))],
  ['as_graph', readGraphArgument],
  [
    'as_string_to_argument',
    (value, where) => ({ form: 'dict', items: [...fields.eachValue(value, where, readArgument)] }),
  ],
]);

function readComplex(value: Json, where: string): Argument {
  const object = asObject(value, where);
  const part = (name: string): number => fields.asFloat(object.get(name), `${where}.${name}`);
  return constant('complex', new Complex(part('real'), part('imag')));
}

function readGraphArgument(value: Json, where: string): Argument {
  const object = asObject(value, where);
  const name = asText(object.get('name'), `${where}.name`);
  return { form: 'graph', name, graph: readGraph(object.get('graph'), `${where}.graph`) };
}

/** Reads any of the schema's kinds. */
export function readArgument(value: Json | undefined, where: string): Argument {
  const [kind, inner] = fields.asUnion(value, where);
  const read = kinds.get(kind);
  if (!read) throw damaged(`${where}: arguments of kind '${kind.slice(0, 40)}' are not known`);
  return read(inner, where);
}

function readNamedArgument(
  value: Json,
  where: string,
): Omit<NamedArgument, 'isKeyword'> & { isKeyword: boolean | undefined } {
  const object = asObject(value, where);
  const name = asText(object.get('name'), `${where}.name`);
  const kind = object.get('kind');
  return {
    name,
    argument: readArgument(object.get('arg'), `${where}.arg`),
    // Undefined: the file does not say.
    isKeyword: kind == null ? undefined : kind === 2 && name !== '',
  };
}

// The first minor versions of the schema did not say which arguments are keywords.
function withKinds(target: string, inputs: ReturnType<typeof readNamedArgument>[]): NamedArgument[] {
  const isKnown = inputs.every(({ isKeyword }) => isKeyword !== undefined);
  const schema = isKnown ? null : operatorSchema(target);
  const isHigherOrder = target.startsWith('torch.ops.higher_order.');
  const isKeyword = (name: string): boolean =>
    name !== '' && (isHigherOrder || (schema?.isOptional(name) ?? false));
  return inputs.map((input) => ({ ...input, isKeyword: input.isKeyword ?? isKeyword(input.name) }));
}

function readNode(value: Json, where: string): Node {
  const object = asObject(value, where);
  const name = object.get('name');
  const target = asText(object.get('target'), `${where}.target`);
  const here = `${where} (${target.slice(0, 80)})`;
  return {
    target,
    name: name == null ? null : asText(name, `${where}.name`),
    inputs: withKinds(target, each(object.get('inputs'), `${here}.inputs`, readNamedArgument)),
    outputs: each(object.get('outputs'), `${here}.outputs`, readArgument),
    metadata: fields.eachValue(object.get('metadata'), `${here}.metadata`, asText),
    isSingleReturn: object.get('is_hop_single_tensor_return') !== false,
  };
}

const MAX_EXPRESSIONS = 1000;
const expressions = new Map<string, ReturnType<typeof readExpression>>();
function cachedExpression(text: string): ReturnType<typeof readExpression> {
  let found = expressions.get(text);
  if (!found) {
    if (expressions.size > MAX_EXPRESSIONS) expressions.clear();
    expressions.set(text, (found = readExpression(text)));
  }
  return found;
}

export function readNumber(value: Json | undefined, where: string): SymbolicNumber {
  const [kind, inner] = fields.asUnion(value, where);
  if (kind === 'as_int') return fields.asInt(inner, where);
  if (kind === 'as_float') return fields.asFloat(inner, where);
  if (kind === 'as_bool') return fields.asBool(inner, where);
  if (kind !== 'as_expr') throw damaged(`${where}: '${kind.slice(0, 40)}' is not known`);
  const object = asObject(inner, where);
  const hint = object.get('hint');
  const known = hint == null ? null : fields.asUnion(hint, `${where}.hint`)[1];
  return {
    expression: cachedExpression(asText(object.get('expr_str'), `${where}.expr_str`)),
    hint: typeof known === 'boolean' ? known : known === null ? null : fields.asFloat(known, `${where}.hint`),
  };
}

export function readTensorMeta(value: Json | undefined, where: string): TensorMeta {
  const object = asObject(value, where);
  return {
    dtype: readDtype(object.get('dtype'), `${where}.dtype`),
    sizes: each(object.get('sizes'), `${where}.sizes`, readNumber),
    strides: each(object.get('strides'), `${where}.strides`, readNumber),
    storageOffset: readNumber(object.get('storage_offset'), `${where}.storage_offset`),
    requiresGrad: fields.asBool(object.get('requires_grad'), `${where}.requires_grad`),
    device: readDevice(object.get('device'), `${where}.device`),
    layout: readLayout(object.get('layout'), `${where}.layout`),
  };
}

/** Reads a graph, with those in it. */
export function readGraph(value: Json | undefined, where: string): Graph {
  const object = asObject(value, where);
  const numbers = ['sym_int_values', 'sym_float_values', 'sym_bool_values'].flatMap((name) => [
    ...fields.eachValue(object.get(name), `${where}.${name}`, readNumber),
  ]);
  return {
    inputs: each(object.get('inputs'), `${where}.inputs`, readArgument),
    outputs: each(object.get('outputs'), `${where}.outputs`, readArgument),
    nodes: each(object.get('nodes'), `${where}.nodes`, readNode),
    tensors: fields.eachValue(object.get('tensor_values'), `${where}.tensor_values`, readTensorMeta),
    numbers: new Map(numbers),
    isSingleReturn: object.get('is_single_tensor_return') === true,
  };
}
