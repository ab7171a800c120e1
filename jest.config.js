'use strict';

Object.assign(process.env, require('./test/processor'));

// Tests import 'nodetorch' as a user does and get lib/. Types are checked by `npm run typecheck`,
// not here: that keeps a test file's start under a second.
const common = {
  testEnvironment: 'node',
  transform: { '\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.json', diagnostics: false }] },
  moduleNameMapper: {
    '^nodetorch$': '<rootDir>/lib/index.ts',
    '^nodetorch/(nn|functional|optim|distributed|eslint|export|testing|tfjs)$': '<rootDir>/lib/$1/index.ts',
    '^nodetorch/testing/(jest|vitest|assert)$': '<rootDir>/lib/testing/$1.ts',
    '^nodetorch/data$': '<rootDir>/lib/utils/data/index.ts',
    '^nodetorch/safetensors$': '<rootDir>/lib/serialization/safetensors/index.ts',
    '^nodetorch/package.json$': '<rootDir>/package.json',
    '^@nodetorch/tfjs-node$': '<rootDir>/packages/tfjs-node/src/index.ts',
  },
  // Jest looks for the imports of every file by a regular expression, which takes 13 seconds for the generated types
  // of the operators. Nothing imports those when it runs.
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/packages/.*/dist/',
    '<rootDir>/build/',
    '<rootDir>/build-gyp/',
    '<rootDir>/typings/aten.d.ts',
    '<rootDir>/typings/private.d.ts',
  ],
};

const elsewhere = ['/node_modules/', '<rootDir>/test/(accelerator|cuda|install|package)/'];

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: 'cpu',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [...elsewhere, '\\.process\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'processes',
      testMatch: ['<rootDir>/test/**/*.process.test.ts'],
      testPathIgnorePatterns: elsewhere,
    },
    { ...common, displayName: 'cuda', testMatch: ['<rootDir>/test/cuda/**/*.test.ts'] },
  ],
  // Files leave much behind in a process (a library of 2,000 operators each), and each full collection goes over it:
  // beyond this a worker is replaced between two files.
  workerIdleMemoryLimit: '512MB',
  testTimeout: 60_000,
};
