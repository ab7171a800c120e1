// The package in one file for runner.process.test.ts: each of its parts runs when it is asked for, and there is one of each.
/* eslint-disable @typescript-eslint/no-require-imports */
export const parts = {
  nodetorch: (): unknown => require('nodetorch'),
  testing: (): unknown => require('nodetorch/testing'),
  jest: (): unknown => require('nodetorch/testing/jest'),
};
