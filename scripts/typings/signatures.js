'use strict';
// What the typings are made of: each operator's signatures, as the addon tells them, with those
// joined that differ in keywords only (`add.Tensor` and `add.out` are one function with `out?`).

const { camelCase } = require('./names');
const types = require('./types');
const { usualOrder } = require('./usual_order');

// The addon does not tell which arguments are written to; the schema's text does: `Tensor(a!) self`.
function writesFirst(schema) {
  return /^[^(]*\(\w+\([\w|]+! ?[^)]*\)/.test(schema);
}

// `x.view(2, 3)`: a list of ints that alone may follow `self` can be given one by one.
function canSpread(positional) {
  const last = positional.at(-1);
  if (!last || positional.length > 2 || !/^int\[/.test(last.type)) return false;
  return positional.length === 1 || positional[0].type === 'Tensor';
}

function outKeyword(outs) {
  const each = outs.map((out) => types.operand(out.type));
  return { name: 'out', text: each.length === 1 ? each[0] : `readonly [${each.join(', ')}]`, required: true };
}

function toSignature(raw) {
  const inPlace = writesFirst(raw.schema);
  const self = raw.parameters.some(({ name }) => name === 'input') ? 'self' : 'input';
  const describe = (parameter, i) => ({
    name: parameter.name === 'self' ? self : parameter.name,
    type: parameter.type,
    text: types.operand(parameter.type, raw.numbersAsTensors && !(inPlace && i === 0)),
    required: parameter.default === undefined,
    shown: types.defaultText(parameter),
  });
  const given = raw.parameters.filter((parameter) => !parameter.out);
  const positional = given.filter((parameter) => !parameter.keywordOnly).map(describe);
  const keywords = given
    .filter((parameter) => parameter.keywordOnly)
    .map((parameter) => describe(parameter, -1));
  if (raw.factory) keywords.push({ name: 'requiresGrad', text: 'boolean', required: false, shown: 'false' });
  const outs = raw.parameters.filter((parameter) => parameter.out);
  if (outs.length) keywords.push(outKeyword(outs));
  return {
    schemas: [raw.schema],
    isMethod: given[0]?.name === 'self' && given[0].type === 'Tensor',
    inPlace: inPlace && raw.returns.length === 1,
    positional,
    keywords,
    spread: canSpread(positional),
    returns: types.result(raw.returns, raw.schema),
  };
}

const positions = (signature) =>
  JSON.stringify([
    signature.positional.map((p) => [p.name, p.text, p.shown]),
    signature.returns,
    signature.inPlace,
  ]);

// `more` takes the keywords of `less` and one that it cannot do without: together, one that they can.
function extend(less, more) {
  if (positions(less) !== positions(more)) return null;
  const extra = more.keywords.filter(
    (keyword) => !less.keywords.some((other) => other.name === keyword.name),
  );
  const shared = less.keywords.every((keyword) =>
    more.keywords.some(
      (o) => o.name === keyword.name && o.text === keyword.text && o.required === keyword.required,
    ),
  );
  if (!shared || extra.filter((keyword) => keyword.required).length > 1) return null;
  const keywords = more.keywords.map((keyword) =>
    extra.includes(keyword) ? { ...keyword, required: false } : keyword,
  );
  return { ...less, keywords, schemas: [...less.schemas, ...more.schemas] };
}

function join(signatures) {
  const joined = [...signatures];
  for (let i = 0; i < joined.length; i++) {
    for (let j = i + 1; j < joined.length; j++) {
      const one = extend(joined[i], joined[j]) ?? extend(joined[j], joined[i]);
      if (!one) continue;
      joined[i] = one;
      joined.splice(j, 1);
      return join(joined);
    }
  }
  return joined;
}

/** `[{ name, camel, signatures }]` of all `aten::` operators that JavaScript can call, by name. */
function operators(native) {
  const names = new Set();
  for (const full of native.operatorNames()) {
    if (full.startsWith('aten::')) names.add(full.slice('aten::'.length).split('.', 1)[0]);
  }
  const all = [...names].sort().map((name) => ({
    name,
    camel: camelCase(name),
    signatures: usualOrder(name, join(native.signatures(`aten::${name}`, null, true).map(toSignature))),
  }));
  return all.filter((operator) => operator.signatures.length > 0);
}

module.exports = { operators };
