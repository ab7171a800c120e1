// Loads TypeScript, and tfjs-core's ES modules, as the compiler of 2021 wrote them: what a module exports is a plain
// property that its importers read when they need it, and classes are functions whose methods a loop over keys finds.
// The specs of tfjs's packages put spies into the first and clone the second.
'use strict';
const fs = require('node:fs');
const ts = require('typescript');

const compilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES5,
  downlevelIteration: true,
  esModuleInterop: false,
  noEmitHelpers: true,
};

const GETTER =
  /Object\.defineProperty\(exports, ("[^"]+"), \{ enumerable: true, get: function \(\) \{ return ([^;]+); \} \}\);/g;

function compile(module, file) {
  const { outputText } = ts.transpileModule(fs.readFileSync(file, 'utf8'), {
    compilerOptions,
    fileName: file,
  });
  module._compile(outputText.replace(GETTER, 'exports[$1] = $2;'), file);
}

/** Of the files in a folder, and of tfjs-core; `tslib` has the functions that the compiled text calls. */
exports.install = (folder, tslib) => {
  Object.assign(globalThis, tslib, {
    __exportStar(source, exports) {
      for (const name of Object.keys(source)) if (!Object.hasOwn(exports, name)) exports[name] = source[name];
    },
  });
  const { '.js': plain, '.ts': before } = require.extensions;
  const load = (module, file) => {
    if (file.startsWith(folder)) compile(module, file);
    else before(module, file);
  };
  // Enumerable, unlike tsx's: Node tries the endings that it finds in a loop over the keys.
  Object.defineProperty(require.extensions, '.ts', {
    value: load,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  require.extensions['.js'] = (module, file) => {
    const ofCore = /tfjs-core[\\/]dist[\\/]/.test(file) && !file.endsWith('.node.js');
    if (ofCore) compile(module, file);
    else plain(module, file);
  };
};
