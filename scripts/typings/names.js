'use strict';

/** PyTorch's name in camelCase, as lib/core/names.ts makes it. */
function camelCase(name) {
  return name.replace(/(?<=[^_])_([^_])/g, (_, letter) => letter.toUpperCase());
}

module.exports = { camelCase };
