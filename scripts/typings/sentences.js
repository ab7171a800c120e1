'use strict';
// One sentence for each operator, made from its name and schema: what kind of function it is, what it takes, and what
// comes back. Operators with a text in scripts/typings/docs do not need one.

const { camelCase } = require('./names');
const tags = require('./tags.json');

const pointwise = new Set(tags.pointwise);
const random = new Set(tags.random);

const code = (name) => `\`${name}\``;
const label = (name) =>
  code(name.replace(/^(special|linalg|fft)_(.*)/, '$1.$2').replace(/[^.]+$/, camelCase));

function listText(items, word = 'and') {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}

// Prefixes of kernels that belong to a library or a device.
const libraries = [
  [/^_?cudnn_/, "cuDNN's kernel"],
  [/^_?miopen_/, "MIOpen's kernel"],
  [/^_?(mkldnn|onednn)_/, "oneDNN's kernel"],
  [/^_?mps_/, "The kernel of Apple's GPUs"],
  [/^_?fbgemm_/, "FBGEMM's kernel"],
  [/^_?(cuda|cublas|cufft|cslt)_/, "CUDA's kernel"],
  [/^_?nnpack_/, "NNPACK's kernel"],
  [/^_?thnn_/, 'The kernel'],
  [/^quantized_/, 'The form for quantized tensors'],
];

/** What is said of names that are made from another operator's; null where there is none. */
function fromName(name, known, written, sentenceOf) {
  const base = (text) => (text !== '' && known.has(text) ? text : null);
  const foreach = /^_foreach_(.+?)(_)?$/.exec(name);
  if (foreach)
    return `${label(foreach[1])} of each tensor of a list, in one call${foreach[2] ? ', in place' : ''}.`;
  const fused = /^_fused_(\w+?)_?$/.exec(name);
  if (fused) return `${label(fused[1])} in one kernel.`;
  const inPlace = /[^_]_$/.test(name) && base(name.slice(0, -1));
  if (inPlace) return `${sentenceOf(inPlace)} In place: ${code('input')} is changed and given back.`;
  // `torch.uniform(x)`, which nothing but libtorch itself has: the method gives the text.
  if (written.has(`${name}_`)) return `What ${label(`${name}_`)} makes of ${code('input')}, as a new tensor.`;
  const copy = /^(\w+)_copy$/.exec(name);
  if (copy && base(copy[1])) return `What ${label(copy[1])} gives, as a copy and not as a view.`;
  const backward = /^(\w+?)_(?:double_)?backward(?:_\w+)?$/.exec(name);
  if (backward) return `A step of the backward pass of ${label(backward[1])}: computes its gradients.`;
  const library = libraries.find(([prefix]) => prefix.test(name));
  if (library) return `${library[1]} for ${label(name.replace(library[0], ''))}.`;
  const special = /^special_(\w+)$/.exec(name);
  if (special && base(special[1])) return `The same function as \`torch.${camelCase(special[1])}\`.`;
  return null;
}

// `Tensor(a)` is a view of the argument that is marked so, `Tensor(a!)` is written to.
const isView = (schema) =>
  /\(Tensor\(\w+(?: -> \*)?\)/.test(schema) && /-> Tensor\(\w\)(\[\])?$/.test(schema);

const returned = (schema) => /-> (.*)$/.exec(schema)[1];

function resultsText(schema) {
  const each = returned(schema).split(', ');
  const names = each.map((text) => / (\w+)\)?$/.exec(text)?.[1]).filter(Boolean);
  return names.length > 1 && names.length === each.length ? ` Gives ${listText(names.map(code))}.` : '';
}

const isTensors = ({ type }) => /^Tensor\b/.test(type);

/** `input`, `weight` and `bias`: the tensors that are taken; without any, all arguments that must be given. */
function taken({ positional, keywords }) {
  const all = [...positional, ...keywords.filter(({ name }) => name !== 'out')];
  const tensors = all.filter(isTensors);
  const chosen = tensors.length ? tensors : positional.filter(({ required }) => required);
  return chosen.length ? ` of ${listText(chosen.map(({ name }) => code(name)))}` : '';
}

function fromSchema(name, signatures) {
  const first = signatures.find(({ positional }) => positional.some(isTensors)) ?? signatures[0];
  const [schema] = first.schemas;
  const parameters = signatures.flatMap(({ positional, keywords }) => [...positional, ...keywords]);
  const has = (wanted) => parameters.some((parameter) => parameter.name === wanted);
  const result = returned(schema);
  const isFactory = !parameters.some(isTensors) && has('dtype') && has('device');
  const results = resultsText(schema);
  if (/^is_/.test(name) && /bool$/i.test(result) && first.positional.length === 1) {
    return `Whether ${code('input')} ${name.replaceAll('_', ' ')}.`;
  }
  if (isFactory) return `Makes a new tensor: ${label(name)}${taken(first)}.`;
  if (random.has(name)) return `Draws random numbers: ${label(name)}${taken(first)}.${results}`;
  if (has('dim') && has('keepdim')) {
    const over = `over ${code('dim')}${signatures.length > 1 ? ' or over everything' : ''}`;
    return `Reduces ${over}: ${label(name)}${taken(first)}.${results}`;
  }
  if (pointwise.has(name)) {
    const several = first.positional.filter(isTensors).length > 1 ? ' The tensors broadcast.' : '';
    return `Element by element: ${label(name)}${taken(first)}.${several}${results}`;
  }
  if (isView(schema)) {
    const what = result.endsWith('[]') ? 'Views' : 'A view';
    return `${what}${taken(first)}, in the same memory: ${label(name)}.`;
  }
  if (/^-?(Sym)?(bool|int|float|Scalar)/i.test(result)) {
    return `The value of ${label(name)}${taken(first)}.`;
  }
  if (result === '()')
    return `Runs ${label(name)}${taken(first).replace(' of ', ' with ')} for its effect alone.`;
  return `Computes ${label(name)}${taken(first)}.${results}`;
}

/**
 * A function of an operator's name that gives its sentence. `all`: the operators as `signatures.js` makes them;
 * `written`: the texts by hand, by name.
 */
function sentences(all, written) {
  const known = new Map(all.map((operator) => [operator.name, operator]));
  function sentenceOf(name) {
    const own = written.get(name)?.summary;
    if (own) return own;
    return fromName(name, known, written, sentenceOf) ?? fromSchema(name, known.get(name).signatures);
  }
  return sentenceOf;
}

module.exports = { sentences };
