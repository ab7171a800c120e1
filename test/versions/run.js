'use strict';
// Tries the project with other versions of libtorch than the pinned one; docs/versions.md has what came out. Leaves what
// it fetched and built in the user's cache, in versions/, and changes nothing here, but wheels.json with --pin.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const pinned = require('../../scripts/libtorch/pinned');
const { buildFor, compileDifferences } = require('./compile');
const { environment, imports } = require('./python');
const { loads, makeFixtures, makeTree, test } = require('./tree');
const wheels = require('./wheels');

const usage = `Usage: npm run test:versions -- [options] VERSION...

For each version: fetches its wheel by its pinned sum, builds the addon with it, and loads it. Where its Python can
import torch, makes the fixtures with that Python in a copy of this checkout, and runs the tests there.

  --headers     only compile the one file of what differs, against the headers; without a version, for
                the oldest and the newest of wheels.json
  --cached      with --headers: leave out what would have to be fetched
  --complete    install what the wheel asks for, too: NVIDIA's packages, gigabytes, without which wheels
                for CUDA load nowhere
  --tests FILE  run these tests alone, by Jest's patterns (again for each); --tests none runs none
  --pin         write the sums of the wheels into wheels.json first, as pip has them
`;

const options = {
  headers: { type: 'boolean' },
  cached: { type: 'boolean' },
  complete: { type: 'boolean' },
  tests: { type: 'string', multiple: true, default: [] },
  pin: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

const say = (version, text) => console.log(`versions: ${version}: ${text}`);

/** What the headers of a version say of the file of differences; whether it compiles. */
async function tryHeaders(version, cached) {
  const include = await wheels.headers(version, { look: cached });
  if (!include) {
    say(version, 'skipped: its headers are not in the cache');
    return true;
  }
  const problem = compileDifferences(include);
  say(version, problem ? `test/versions/compat.cc does not compile\n${problem}` : 'what differs compiles');
  return problem === null;
}

/** Builds, loads and tests with a version; whether all of it went well. */
function tryWhole(version, { complete, tests }) {
  const { python, libtorch } = environment(version, { complete });
  const addon = buildFor(version, libtorch);
  say(version, 'it compiles');
  const tree = makeTree(version, addon);
  const problem = loads(tree);
  say(version, problem ? `it does not load\n${problem}` : 'it loads');
  if (problem || tests.includes('none')) return problem === null;
  if (!imports(python)) {
    say(version, `no tests: ${python} cannot import torch; --complete installs what it needs`);
    return true;
  }
  const missing = makeFixtures(tree, python);
  for (const name of missing) say(version, `its ${name} could not all be made`);
  const { passed, failed, skipped, failures } = test(tree, tests, python);
  const list = path.join(wheels.folderOf(version), 'failures.txt');
  fs.writeFileSync(list, failures.map((line) => `${line}\n`).join(''));
  say(version, `${passed} passed, ${failed} failed, ${skipped} skipped${failed ? `: ${list}` : ''}`);
  return failed === 0 && missing.length === 0;
}

async function main(args) {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.help || (positionals.length === 0 && !values.headers)) {
    process.stdout.write(usage);
    return true;
  }
  const known = wheels.known();
  const chosen = positionals.length > 0 ? positionals : [known[0], known.at(-1)];
  let well = true;
  for (const version of chosen) {
    if (pinned.compareVersions(version, pinned.minimum) < 0)
      throw new Error(`${version} is older than ${pinned.minimum}, which package.json asks for`);
    if (values.pin) wheels.pin(version);
    well = (values.headers ? await tryHeaders(version, values.cached) : tryWhole(version, values)) && well;
  }
  return well;
}

main(process.argv.slice(2)).then(
  (well) => (process.exitCode = well ? 0 : 1),
  (error) => {
    console.error(`versions: ${error.message}`);
    process.exitCode = 1;
  },
);
