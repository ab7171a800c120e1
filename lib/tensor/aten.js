// The run-time side of aten.d.ts: every operator of libtorch as a function, by its camelCase name.
'use strict';
const { functions } = require('./operators');
// Each of a hundred modules that import them would make a copy with a getter for each name otherwise.
module.exports = Object.defineProperty(functions, '__esModule', { value: true });
