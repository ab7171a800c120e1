// The operators again, under the type that shows no private names.
'use strict';
module.exports = require('./aten');
