// Runs tfjs-core's own specs on the torch backend and prints what came of them as one line of JSON:
// `node -r tsx/cjs conformance.js [--filter TEXT] [--verbose]`. A leak check follows each spec. No other backend is
// imported: what runs on tfjs's cpu backend loads it.
'use strict';
const { parseArgs } = require('node:util');
const Jasmine = require('jasmine');
const tf = require('@tensorflow/tfjs-core');
const torch = require('../../../lib');
require('../../../lib/tfjs');

const { values } = parseArgs({
  options: { filter: { type: 'string', default: '' }, verbose: { type: 'boolean', default: false } },
});

const jasmine = new Jasmine({ projectBaseDir: __dirname });
jasmine.env.configure({ random: false, specFilter: (spec) => spec.getFullName().includes(values.filter) });

// The package's files are ES modules without "type", which tsx transpiles. They reach tfjs's engine through
// a global one, as any second copy does.
const { setTestEnvs } = require('@tensorflow/tfjs-core/dist/jasmine_util');
setTestEnvs([{ name: 'torch', backendName: 'torch', flags: {}, isDataSync: true }]);
require('@tensorflow/tfjs-core/dist/register_all_gradients');
require('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops');
require('@tensorflow/tfjs-core/dist/tests');

const failed = [];
const leaks = [];
const counts = { passed: 0, failed: 0, pending: 0, excluded: 0 };
let before = 0;
// Tensors that no data id of tfjs's stands for. (tf.memory() wants a backend, which not every spec leaves.)
const strays = () => torch.memory().tensors - tf.engine().state.numDataBuffers;

jasmine.clearReporters();
jasmine.addReporter({
  specStarted() {
    before = strays();
  },
  specDone({ fullName, status, failedExpectations }) {
    counts[status]++;
    if (status === 'failed') failed.push(fullName);
    if (status === 'failed' && values.verbose) {
      console.error([fullName, ...failedExpectations.map((e) => e.message.slice(0, 300))].join('\n  '));
    }
    if (strays() > before) leaks.push(fullName);
  },
});

jasmine.exitOnCompletion = false;
jasmine.execute().then(() => console.log(JSON.stringify({ counts, leaks, failed })));
