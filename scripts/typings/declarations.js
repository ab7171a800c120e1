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

/** The overloads of an operator, as lines; `head` is what stands before the parentheses. */
function overloads(head, signatures, isMethod) {
  const lines = signatures.flatMap((signature) => {
    const result = isMethod && signature.inPlace ? 'this' : signature.returns;
    return parameterLists(signature, isMethod).map((list) => `${head}(${list}): ${result};`);
  });
  return [...new Set(lines)];
}

module.exports = { isReserved, overloads };
