// The run-time side of aten.d.ts: every operator of libtorch as a function, by its camelCase name.
'use strict';
module.exports = require('./ops').functions;
