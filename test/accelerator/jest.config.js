'use strict';

// Tests on the pretend device. It stays in a process for good, and threads of backward are made for it when the process
// has its first: so this is a run of its own, which test/accelerator.process.test.ts starts. Alone:
// `npm run test:accelerator`.
const { projects } = require('../../jest.config.js');

module.exports = {
  ...projects[0],
  rootDir: '../..',
  displayName: 'accelerator',
  testMatch: ['<rootDir>/test/accelerator/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/accelerator/build.js',
  setupFiles: ['<rootDir>/test/accelerator/load.ts'],
  testTimeout: 60_000,
};
