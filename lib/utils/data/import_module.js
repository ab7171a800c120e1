// TypeScript makes `require` of `import()` in a CommonJS module, which cannot load all modules; here it stays as it is.
'use strict';
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');

// What loads TypeScript in this process, where that is tsx: the module of its functions.
function findTsx(url) {
  const loaders = process.execArgv.map((arg) => arg.replace(/^--(import|loader)=/, ''));
  const loader = loaders.find((arg) => /(^tsx$|[\\/]tsx[\\/]dist[\\/]loader\.mjs$)/.test(arg));
  if (loader === undefined) return null;
  if (loader !== 'tsx') return new URL('./esm/api/index.mjs', loader).href;
  return pathToFileURL(createRequire(url).resolve('tsx/esm/api')).href;
}

exports.importModule = async (url) => {
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ url);
  } catch (error) {
    // On Node 20 tsx does its work in the main thread alone.
    const tsx = error.code === 'ERR_UNKNOWN_FILE_EXTENSION' ? findTsx(url) : null;
    if (tsx === null) throw error;
    (await import(/* webpackIgnore: true */ /* @vite-ignore */ tsx)).register();
    return import(/* webpackIgnore: true */ /* @vite-ignore */ `${url}?tsx`); // Node knows the file by its name as one that it cannot load
  }
};
