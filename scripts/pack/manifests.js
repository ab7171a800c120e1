'use strict';
// What the package.json of each published package says. `nodetorch` asks for the packages of all platforms; a package
// manager installs those whose `os`, `cpu` and `libc` fit.

const own = require('../../package.json');
const platforms = require('../libtorch/platforms.json');

const common = {
  license: own.license,
  author: own.author,
  engines: own.engines,
  ...(own.repository && { repository: own.repository }), // which npm compares with the provenance
};

/** Where in libtorch's package of a platform its libraries lie is where libtorch itself has them: lib/. */
const addonName = (platform) => `@nodetorch/${platform}`;
const libtorchName = (platform) => `@nodetorch/libtorch-${platform}`;

function platformOf(platform) {
  if (!platforms[platform]) {
    throw new Error(`there are packages for ${Object.keys(platforms).join(', ')}, not for ${platform}`);
  }
  return platforms[platform];
}

/** Of the package with the addon. Plug'n'Play may not leave a library in its archive: `preferUnplugged`. */
const addonManifest = (platform) => ({
  name: addonName(platform),
  version: own.version,
  description: `The native addon of nodetorch for ${platform}`,
  ...common,
  ...platformOf(platform),
  preferUnplugged: true,
});

/**
 * Of the package with libtorch's libraries. It has libtorch's version, not ours: a new version of nodetorch on the
 * same libtorch fetches nothing of it again.
 */
const libtorchManifest = (platform) => ({
  name: libtorchName(platform),
  version: own.libtorch.version,
  description: `The libraries of libtorch ${own.libtorch.version} (CPU) for ${platform}, as nodetorch uses them`,
  license: 'SEE LICENSE IN README.md',
  ...(own.repository && { repository: own.repository }),
  ...platformOf(platform),
  preferUnplugged: true,
});

/** Of nodetorch itself: without what only a checkout needs, and with the packages of every platform. */
function mainManifest() {
  const { scripts: _scripts, devDependencies: _development, ...published } = own;
  const optional = Object.keys(platforms).flatMap((platform) => [
    [addonName(platform), own.version],
    [libtorchName(platform), own.libtorch.version],
  ]);
  return { ...published, optionalDependencies: Object.fromEntries(optional) };
}

const tfjs = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
];

/** Of the package that takes the place of @tensorflow/tfjs-node. */
const tfjsNodeManifest = () => ({
  name: '@nodetorch/tfjs-node',
  version: own.version,
  description: 'Takes the place of @tensorflow/tfjs-node: TensorFlow.js on libtorch',
  ...common,
  main: './dist/index.js',
  types: './dist/index.d.ts',
  dependencies: {
    ...Object.fromEntries(tfjs.map((name) => [name, own.peerDependencies['@tensorflow/tfjs-core']])),
    ...Object.fromEntries(['@bufbuild/protobuf', 'crc-32'].map((name) => [name, own.devDependencies[name]])),
    nodetorch: own.version,
  },
  peerDependencies: { sharp: '>=0.35.0' },
  peerDependenciesMeta: { sharp: { optional: true } },
});

/** Of the one for @tensorflow/tfjs-node-gpu, which is the same: nodetorch finds the GPU by itself. */
const tfjsNodeGpuManifest = () => ({
  name: '@nodetorch/tfjs-node-gpu',
  version: own.version,
  description: 'Takes the place of @tensorflow/tfjs-node-gpu: TensorFlow.js on libtorch',
  ...common,
  main: './index.js',
  types: './index.d.ts',
  dependencies: { '@nodetorch/tfjs-node': own.version },
});

module.exports = { addonManifest, libtorchManifest, mainManifest, tfjsNodeManifest, tfjsNodeGpuManifest };
