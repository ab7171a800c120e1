'use strict';

// Run by test/install/run.js, which prepares what these tests need.
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/../../tsconfig.json', diagnostics: false }] },
  testTimeout: 600_000,
  verbose: true,
  // One registry and one disk: side by side they would only wait for one another.
  maxWorkers: 1,
};
