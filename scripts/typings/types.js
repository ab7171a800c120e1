'use strict';
// Schema types, default values and results, spelled in TypeScript.

// What an argument of a type may be. The aliases stand at the head of typings/aten.d.ts.
const operands = {
  Tensor: 'Tensor',
  int: 'Int',
  float: 'Float',
  boolean: 'boolean',
  Scalar: 'Scalar',
  string: 'string',
  DType: 'DTypeLike',
  Device: 'DeviceLike',
  Layout: 'Layout',
  MemoryFormat: 'MemoryFormat',
  Generator: 'Generator',
  ScriptObject: 'ScriptObject',
};

// `Tensor?[2]?`: element, its own `?`, brackets with the count that one value stands for, `?`.
const pattern = /^(\w+)(\?)?(?:\[(\d*)\])?(\?)?$/;
// Which class it is, TypeScript does not know.
const withoutClass = (type) => type.replace(/^torch\.classes[.\w]+/, 'ScriptObject');

/** The TypeScript type of an argument. With `number`, a number does for a Tensor. */
function operand(type, number = false) {
  const [, element, elementNull, count, isNull] = pattern.exec(withoutClass(type));
  const isList = count !== undefined;
  if (!operands[element]) throw new Error(`no TypeScript type for the schema type ${type}`);
  let text = operands[element];
  if (isList && text === 'Int' && !elementNull) {
    text = count ? 'Int | Ints' : 'Ints';
  } else if (isList) {
    const one = text;
    text = elementNull ? `readonly (${one} | null)[]` : `readonly ${one}[]`;
    if (count) text = `${one} | ${text}`;
  } else if (number && text === 'Tensor') {
    text = 'Tensor | Scalar';
  }
  return (isNull || elementNull) && !(elementNull && isList && !isNull) ? `${text} | null` : text;
}

const dtypeOfCode = { 4: 'int64' };
const memoryFormatOfCode = { 0: 'contiguousFormat' };

function scalarText(text) {
  if (text === 'None') return 'null';
  if (text === 'True' || text === 'False') return text.toLowerCase();
  return text !== '' && !Number.isNaN(Number(text)) ? String(Number(text)) : text;
}

/** A parameter's default value in JavaScript's spelling; undefined where it has none. */
function defaultText({ type, default: text }) {
  if (text === undefined) return undefined;
  if (type.startsWith('DType')) return dtypeOfCode[text] ?? scalarText(text);
  if (type.startsWith('MemoryFormat')) return memoryFormatOfCode[text] ?? scalarText(text);
  if (!text.startsWith('[')) return scalarText(text);
  return `[${text
    .slice(1, -1)
    .split(',')
    .map((item) => scalarText(item.trim()))
    .join(', ')}]`;
}

const results = { int: 'number', float: 'number', DType: 'DType' };

function resultType(type, schema) {
  if (type.startsWith('Map<')) return type;
  if (type !== 'unsupported') {
    const [, element, , list, isNull] = pattern.exec(type);
    if (element === 'Tensor' && list !== undefined) return isNull ? 'TensorList | null' : 'TensorList';
    const text = (results[element] ?? element) + (list === undefined ? '' : '[]');
    return isNull ? `${text} | null` : text;
  }
  if (schema.endsWith('SymBool')) return 'boolean';
  throw new Error(`no TypeScript type for the result of ${schema}`);
}

/** The type of a result: a tuple has labels and properties where the schema names its elements. */
function result(returns, schema) {
  if (returns.length === 0) return 'void';
  const each = returns.map(({ type }) => resultType(type, schema));
  if (each.length === 1) return each[0];
  const names = returns.map(({ name }) => name);
  const labels = names.every(Boolean) ? names.map((name) => `${name}: `) : names.map(() => '');
  const tuple = `[${each.map((text, i) => labels[i] + text).join(', ')}]`;
  const properties = names.map((name, i) => name && `readonly ${name}: ${each[i]}`).filter(Boolean);
  return properties.length ? `${tuple} & { ${properties.join('; ')} }` : tuple;
}

module.exports = { defaultText, operand, result };
