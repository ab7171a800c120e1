'use strict';
// The members that class Tensor in lib/tensor/index.ts defines itself: operators do not replace them.

const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const file = path.join(__dirname, '..', '..', 'lib', 'tensor', 'index.ts');

function handWritten() {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  const isTensor = (node) => ts.isClassDeclaration(node) && node.name?.text === 'Tensor';
  const tensor = source.statements.find(isTensor);
  // Fields are the objects' own and not on the prototype, where operators become methods.
  const members = tensor.members.filter((member) => !ts.isPropertyDeclaration(member));
  const names = members.map((member) => member.name).filter((name) => name && ts.isIdentifier(name));
  return new Set(names.map((name) => name.text));
}

module.exports = { handWritten };
