'use strict';
// Puts the modules of dist/ that `import 'nodetorch'` loads into one file, which takes Node half the time that it takes
// to find, read and compile 300. Each of them becomes a line that takes its module from there, so that whoever requires
// one gets the same as the others. Part of `npm run build:ts`. The text of the modules stays as it is: bundlers rename
// classes, and their names are what a printed model shows.

const fs = require('node:fs');
const path = require('node:path').posix;
const { encodedMap, FlattenMap } = require('@jridgewell/trace-mapping');

// In a folder of its own: what modules say of __dirname and of places outside of dist/ is as true there.
const FOLDER = 'bundle';
const NAME = 'nodetorch.js';

const head = `'use strict';
const loaded = {};
function fromBundle(name) {
  if (loaded[name]) return loaded[name].exports;
  const module = (loaded[name] = { exports: {} });
  try {
    modules[name](module, module.exports);
  } catch (error) {
    delete loaded[name]; // as Node does: the next who asks gets an error again
    throw error;
  }
  return module.exports;
}
module.exports = fromBundle;
const modules = {
`;

const RELATIVE = /\brequire\((["'])(\.\.?(?:\/[^"']*)?)\1\)/g;

/** Reads modules of dist/: each by its name, with those of its kind that it requires. */
class Modules {
  constructor(dist) {
    this.dist = dist;
    this.texts = new Map();
  }

  /** The name, such as `nn/index.js`, of what `request` in a module is; null for what is none of dist/'s modules. */
  resolve(from, request) {
    const base = path.join(path.dirname(from), request);
    const names = base.endsWith('.json') ? [] : [base, `${base}.js`, `${base}/index.js`];
    const isThere = (name) => fs.statSync(path.join(this.dist, name), { throwIfNoEntry: false })?.isFile();
    return (!base.startsWith('..') && names.find(isThere)) || null;
  }

  add(name) {
    if (this.texts.has(name)) return;
    const text = fs.readFileSync(path.join(this.dist, name), 'utf8');
    this.texts.set(name, text);
    for (const [, , request] of text.matchAll(RELATIVE)) {
      const required = this.resolve(name, request);
      if (required) this.add(required);
    }
  }

  /** A module's text, in which others come from the bundle, and the rest from where it lies. */
  rewritten(name) {
    const text = this.texts.get(name).replace(/\/\/# sourceMappingURL=.*\n?$/, '');
    return text.replace(RELATIVE, (_, quote, request) => {
      const required = this.resolve(name, request);
      if (required) return `fromBundle('${required}')`;
      return `require('${path.relative(FOLDER, path.join(path.dirname(name), request))}')`;
    });
  }

  /** The source map of a module, as seen from the bundle. */
  map(name) {
    const file = path.join(this.dist, `${name}.map`);
    if (!fs.existsSync(file)) return null;
    const map = JSON.parse(fs.readFileSync(file, 'utf8'));
    const sources = map.sources.map((source) => path.relative(FOLDER, path.join(path.dirname(name), source)));
    return { ...map, sources };
  }
}

/** Bundles what `entry`, a file of dist/, loads. */
function bundleDist(dist, entry) {
  const modules = new Modules(dist.replaceAll('\\', '/'));
  modules.add(entry);
  const names = [...modules.texts.keys()].sort();
  const parts = [head];
  let line = head.split('\n').length;
  const sections = [];
  for (const name of names) {
    const map = modules.map(name);
    if (map) sections.push({ offset: { line, column: 0 }, map });
    // In brackets: V8 compiles such a function at once, others in two goes.
    const part = `'${name}': (function (module, exports) {\n${modules.rewritten(name)}\n}),\n`;
    parts.push(part);
    line += part.split('\n').length - 1;
  }
  parts.push(`};\n//# sourceMappingURL=${NAME}.map\n`);
  const folder = path.join(modules.dist, FOLDER);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, NAME), parts.join(''));
  // Node reads no map of sections.
  const map = encodedMap(new FlattenMap({ version: 3, file: NAME, sections }));
  fs.writeFileSync(path.join(folder, `${NAME}.map`), JSON.stringify({ ...map, sourcesContent: undefined }));
  for (const name of names) {
    const bundle = path.relative(path.dirname(name), path.join(FOLDER, NAME));
    const request = bundle.startsWith('.') ? bundle : `./${bundle}`;
    fs.writeFileSync(
      path.join(modules.dist, name),
      `'use strict';\nmodule.exports = require('${request}')('${name}');\n`,
    );
    fs.rmSync(path.join(modules.dist, `${name}.map`), { force: true });
  }
}

module.exports = { bundleDist };
