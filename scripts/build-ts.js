'use strict';
// Compiles lib/ into dist/: `npm run build:ts`, and `npm ci` in a checkout. tsc gives CommonJS and
// its types; this adds the hand-written .js and .d.ts, the typings, and an ESM face (.mjs, .d.mts)
// for every entry of package.json's "exports". Needs the built addon: the names are asked of it. Then packages/tfjs-node
// into its own dist/.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const root = path.join(__dirname, '..');
const lib = path.join(root, 'lib');
const dist = path.join(root, 'dist');
const { hashSources } = require('./libtorch/addons');
const { bundleDist } = require('./bundle-dist');
const { exports: entries } = require('../package.json');

function files(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath || entry.path, entry.name));
}

function compile(project, target) {
  fs.rmSync(target, { recursive: true, force: true });
  const tsc = require.resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the TypeScript does not compile');
}

function copy(source, target) {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.copyFileSync(source, target);
}

// typings/ lies beside lib/ in the sources, and in dist/ once published: the types' paths follow.
function copyHandWritten() {
  for (const file of files(lib).filter((name) => /\.js$|\.d\.ts$/.test(name))) {
    copy(file, path.join(dist, path.relative(lib, file)));
  }
  const typings = path.join(root, 'typings');
  for (const file of files(typings)) copy(file, path.join(dist, 'typings', path.relative(typings, file)));
  for (const file of files(dist).filter((name) => name.endsWith('.d.ts'))) {
    const text = fs.readFileSync(file, 'utf8');
    const moved = text
      .replace(/(['"])\.\.\/((?:\.\.\/)*)typings\//g, (_, quote, up) => `${quote}${up || './'}typings/`)
      .replace(/(['"])((?:\.\.\/)+)lib\//g, '$1$2');
    if (moved !== text) fs.writeFileSync(file, moved);
  }
}

// Under exactOptionalPropertyTypes `{ generator?: Generator }` refuses `{ generator: undefined }`, which is the default
// for every option here. So each optional property of the declarations takes undefined.
function allowUndefined(file) {
  const text = fs.readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  const places = []; // where text is put in, and the text
  const visit = (node) => {
    if (
      ts.isPropertySignature(node) &&
      node.questionToken &&
      node.type &&
      !/\bundefined$/.test(node.type.getText(source))
    ) {
      const isOperand = ts.isFunctionTypeNode(node.type) || ts.isConditionalTypeNode(node.type);
      if (isOperand) places.push([node.type.getStart(source), '(']);
      places.push([node.type.end, isOperand ? ') | undefined' : ' | undefined']);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (places.length === 0) return;
  let [result, last] = ['', 0];
  for (const [place, added] of places.sort(([a], [b]) => a - b)) {
    result += text.slice(last, place) + added;
    last = place;
  }
  fs.writeFileSync(file, result + text.slice(last));
}

const isIdentifier = (name) => /^[A-Za-z_$][\w$]*$/.test(name);

// What `import` of a CommonJS module gives depends on the runtime where that has `__esModule`: all its exports
// under Node, its `default` under Bun. So the ESM face imports one that has not.
function writeEsmFace(file) {
  const module = require(file);
  const source = `./${path.basename(file)}`;
  const inner = file.replace(/\.js$/, '.face.js');
  fs.writeFileSync(inner, `'use strict';\nmodule.exports = { all: require('${source}') };\n`);
  const names = Object.keys(module).filter((name) => name !== 'default' && isIdentifier(name));
  const hasDefault = module.default !== undefined;
  // The local names are numbered: an export may be called `delete`, a variable may not.
  const lines = [
    `import face from './${path.basename(inner)}';`,
    ...names.map((name, i) => `const e${i} = face.all.${name};`),
    `export { ${names.map((name, i) => `e${i} as ${name}`).join(', ')} };`,
    ...(hasDefault ? ['export default face.all.default;'] : []),
  ];
  fs.writeFileSync(file.replace(/\.js$/, '.mjs'), `${lines.join('\n')}\n`);
  // As a namespace, so that `torch.Generator` is a type, too.
  const face = [`import * as face from '${source}';`, 'export default face;'];
  const types = [`export * from '${source}';`, ...(hasDefault ? face : [])];
  fs.writeFileSync(file.replace(/\.js$/, '.d.mts'), `${types.join('\n')}\n`);
}

/** Of packages/tfjs-node, over the types in dist/. */
function buildTfjsNode() {
  const folder = path.join(root, 'packages/tfjs-node');
  compile(path.join(folder, 'tsconfig.json'), path.join(folder, 'dist'));
  copy(path.join(folder, 'src/decoder.js'), path.join(folder, 'dist/decoder.js'));
}

function buildTypeScript() {
  compile('tsconfig.build.json', dist);
  copyHandWritten();
  for (const file of files(dist).filter((name) => name.endsWith('.d.ts'))) allowUndefined(file);
  const sources = { sources: hashSources(root) };
  fs.writeFileSync(path.join(dist, 'sources.json'), `${JSON.stringify(sources)}\n`); // for lib/native/locate.ts
  // What `nodetorch` does not load itself stays as it is: those of tests, and what needs packages that few have.
  bundleDist(dist, 'index.js');
  for (const entry of Object.values(entries)) {
    if (entry.require) writeEsmFace(path.join(root, entry.require.default));
  }
  buildTfjsNode();
}

module.exports = { buildTypeScript };

if (require.main === module) buildTypeScript();
