// TypeScript makes `require` of `import()` in a CommonJS module, which cannot load all modules; here it stays as it is.
'use strict';
exports.importModule = (url) => import(url);
