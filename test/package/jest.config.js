'use strict';

// Tests of the packed package with other programs of the registry: `npm run test:package`. Minutes, and the
// network: not among those of `npm test`.
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/../../tsconfig.json', diagnostics: false }] },
  globalSetup: '<rootDir>/pack.js',
  globalTeardown: '<rootDir>/forget.js',
  testTimeout: 600_000,
};
