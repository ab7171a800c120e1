// Runs the specs in a folder on one of tfjs's backends and prints what came of them as one line of JSON:
// `node suite.js FOLDER torch|cpu [--verbose]`. The folder has the node_modules that the specs were written for.
'use strict';
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
});
const [folder, backendName] = positionals;
const requireThere = createRequire(path.join(folder, 'program.js'));

require('@tensorflow/tfjs-backend-cpu'); // some specs set it
if (backendName === 'torch') require('tsx/cjs/api').require('../../../lib/tfjs', __filename);
require('./plain_exports').install(folder, requireThere('tslib'));

const Jasmine = requireThere('jasmine');
const jasmine = new Jasmine({ projectBaseDir: folder });
jasmine.env.configure({ random: false });
jasmine.jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;

const { setTestEnvs } = require('@tensorflow/tfjs-core/dist/jasmine_util');
setTestEnvs([{ name: 'tested', backendName, flags: {}, isDataSync: true }]);
require('@tensorflow/tfjs-core/dist/register_all_gradients');
require('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops');

const counts = { passed: 0, failed: 0, pending: 0, excluded: 0, disabled: 0 };
const failed = [];
function note(fullName, failures) {
  if (failures.length === 0) return;
  failed.push(fullName);
  if (values.verbose)
    console.error([fullName, ...failures.map(({ message }) => message.slice(0, 300))].join('\n  '));
}
jasmine.env.clearReporters();
jasmine.env.addReporter({
  specDone({ fullName, status, failedExpectations }) {
    counts[status]++;
    note(fullName, failedExpectations);
  },
  suiteDone: ({ fullName, failedExpectations }) => note(fullName, failedExpectations),
});

const sources = path.join(folder, 'src');
for (const file of fs.readdirSync(sources, { recursive: true }).sort())
  if (file.endsWith('_test.ts')) require(path.join(sources, file));
jasmine.exitOnCompletion = false;
void jasmine.execute().then(() => console.log(JSON.stringify({ counts, failed })));
