'use strict';
// Signatures as TypeScript overloads.

// As parameter names these are syntax errors.
const reserved = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if import in instanceof new null return super switch this throw true try typeof var void while with ' +
    'arguments eval implements interface let package private protected public static yield await'
  ).split(' '),
);

const isReserved = (name) => reserved.has(name);
const label = (name) => (isReserved(name) ? `${name}_` : name);
const required = ({ name, text }) => `${label(name)}: ${text}`;
const optional = ({ name, text }) => `${label(name)}?: ${text}`;

// A tensor has these too, so that it would pass for keywords that demand nothing else.
const ofTensors = new Set(['dtype', 'device', 'layout', 'requiresGrad']);

function keywordsType(parameters) {
  const members = parameters.map(({ name, text, required }) => `${name}${required ? '' : '?'}: ${text}`);
  const isAmbiguous =
    parameters.some(({ name }) => ofTensors.has(name)) &&
    parameters.every(({ name, required }) => !required || ofTensors.has(name));
  return `{ ${members.join('; ')} }${isAmbiguous ? ' & NoTensor' : ''}`;
}

/**
 * The parameter lists of a signature, most usual first:
 * all by position; some by position and the others by keyword; a spread list of ints.
 * The first argument, where it is a tensor, always goes by position.
 */
function parameterLists(signature, isMethod) {
  const positional = isMethod ? signature.positional.slice(1) : signature.positional;
  const { keywords } = signature;
  const least = !isMethod && positional[0]?.type === 'Tensor' ? 1 : 0;
  const needed = positional.filter((parameter) => parameter.required).length;
  const demanding = keywords.some((keyword) => keyword.required);
  const lists = [];
  const byPosition = (count) => positional.slice(0, count).map(required);
  const byKeyword = (count) => `keywords: ${keywordsType([...positional.slice(count), ...keywords])}`;

  if (demanding) {
    lists.push([...byPosition(positional.length), byKeyword(positional.length)]);
  } else {
    const list = [...byPosition(needed), ...positional.slice(needed).map(optional)];
    if (keywords.length) list.push(`keywords?: ${keywordsType(keywords)}`);
    lists.push(list);
  }
  for (let count = positional.length - 1; count >= least; count--) {
    // Of long lists of required arguments: all of them by position, or none.
    if (count > least && count < needed && positional.length > 4) continue;
    lists.push([...byPosition(count), byKeyword(count)]);
  }
  if (signature.spread) {
    const before = positional.slice(0, -1).map(required);
    const rest = `...${label(positional.at(-1).name)}: Int[]`;
    if (!demanding) lists.push([...before, rest]);
    if (keywords.length)
      lists.push([`...args: [${[...before, rest, byKeyword(positional.length)].join(', ')}]`]);
  }
  return lists.map((list) => list.join(', '));
}

/** One doc comment: the ATen schema, and the default values as JavaScript spells them. */
function docComment(signature) {
  const [schema, ...others] = signature.schemas;
  const also = others.map((other) => `\`${/\.(\w+)\(/.exec(other)?.[1] ?? 'default'}\``);
  const defaults = [...signature.positional, ...signature.keywords]
    .filter(({ shown }) => shown !== undefined)
    .map(({ name, shown }) => `${name} = ${shown}`);
  let text = `\`${schema}\``;
  if (also.length) text += `, ${also.join(', ')}`;
  text += '.';
  if (defaults.length) text += ` Defaults: ${defaults.join(', ')}.`;
  return `/** ${text} */`;
}

/** The overloads of an operator as lines; `head` is what stands before the parentheses. */
function overloads(head, signatures, isMethod, indent = '') {
  const lines = [];
  const seen = new Set();
  for (const signature of signatures) {
    const result = isMethod && signature.inPlace ? 'this' : signature.returns;
    const texts = parameterLists(signature, isMethod).map((list) => `${head}(${list}): ${result};`);
    const fresh = texts.filter((text) => !seen.has(text));
    if (fresh.length === 0) continue;
    for (const text of fresh) seen.add(text);
    lines.push(docComment(signature), ...fresh);
  }
  return lines.map((line) => indent + line).join('\n');
}

module.exports = { isReserved, overloads };
