'use strict';
// Ranks of one group, each of its language: all mixtures print what ranks of Python's alone print.

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { differences, run } = require('../side_by_side');
const { compareLaunched } = require('./machines');

const MIXED = [
  ['Node', 'Node'],
  ['Python', 'Node'],
  ['Node', 'Python'],
];

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The lines of each rank. */
async function runRanks(program, languages, python, env = {}) {
  const port = await freePort();
  const file = path.join(__dirname, program);
  const commands = {
    Python: [python, ['-B', `${file}.py`]],
    Node: [process.execPath, [require.resolve('tsx/cli'), `${file}.ts`]],
  };
  const ranks = languages.map((language, rank) =>
    run(...commands[language], {
      PYTHONWARNINGS: 'ignore',
      OMP_NUM_THREADS: '1',
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(port),
      WORLD_SIZE: String(languages.length),
      RANK: String(rank),
      ...env,
    }),
  );
  return (await Promise.all(ranks)).map(({ lines }) => lines);
}

function compareLines(what, languages, expected, lines) {
  const found = lines.flatMap((one, rank) => differences(expected[rank], one));
  const result = found.length ? 'DIFFERENT' : 'equal';
  console.log(`parity: ${what}: ${languages.join(' and ')}: ${result} (${lines[0].length} lines)`);
  if (found.length) console.log(found.join('\n'));
  return found.length === 0;
}

// Collectives and DistributedDataParallel.
async function comparePrograms(python) {
  const expected = await runRanks('rank', ['Python', 'Python'], python);
  let equal = true;
  for (const languages of MIXED) {
    const lines = await runRanks('rank', languages, python);
    equal = compareLines('ddp', languages, expected, lines) && equal;
  }
  return equal;
}

// Every collective with every dtype, among 2, 3 and 4 ranks of both languages.
async function compareCollectives(python) {
  let equal = true;
  for (const world of [2, 3, 4]) {
    const of = (first, second) => Array.from({ length: world }, (_, i) => (i % 2 ? second : first));
    const expected = await runRanks('every_collective', of('Python', 'Python'), python);
    for (const languages of [of('Node', 'Python'), of('Python', 'Node')]) {
      const lines = await runRanks('every_collective', languages, python);
      equal = compareLines('collectives', languages, expected, lines) && equal;
    }
  }
  return equal;
}

// The records of an archive; its folder has another name here, of which an id is made.
const RECORDS = `
import hashlib, sys, zipfile
for path in sys.argv[1:]:
    archive = zipfile.ZipFile(path)
    names = [name for name in archive.namelist() if not name.endswith("serialization_id")]
    print([(name.split("/", 1)[1], hashlib.sha256(archive.read(name)).hexdigest()) for name in names])
`;

// Rank 0's file of a DistributedDataParallel and its optimizer: the same bytes in each mixture, and all go on from it.
async function compareStates(python) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-states-'));
  try {
    const files = {};
    const mixtures = [['Python', 'Python'], ...MIXED];
    for (const languages of mixtures) {
      const name = languages.join('');
      fs.mkdirSync(path.join(folder, name));
      files[name] = path.join(folder, name, 'state.pt');
      await runRanks('states', languages, python, { WRITE: files[name] });
    }
    const { lines: records } = await run(python, ['-c', RECORDS, ...Object.values(files)]);
    const different = Object.keys(files).filter((_, i) => records[i] !== records[0]);
    console.log(`parity: state files: ${different.length ? `DIFFERENT: ${different}` : 'equal'}`);
    const expected = await runRanks('states', ['Python', 'Python'], python, { READ: files.PythonPython });
    let equal = different.length === 0;
    for (const languages of mixtures) {
      const other = languages[0] === 'Python' ? files.NodeNode : files.PythonPython;
      const lines = await runRanks('states', languages, python, { READ: other });
      equal = compareLines('states, read', languages, expected, lines) && equal;
    }
    return equal;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

// The rank of Node's gets more than it expects, where gloo would end the process: it throws, names the other, and goes on.
async function compareMismatches(python) {
  let equal = true;
  for (const [small, languages] of [
    [0, ['Node', 'Python']],
    [1, ['Python', 'Node']],
  ]) {
    const lines = await runRanks('../../distributed/mismatch_child', languages, python, {
      SMALL: String(small),
    });
    const found = lines[small].map((line) => JSON.parse(line));
    const sentence = `; rank ${1 - small} has sent a tensor of another shape or dtype, and gloo has stopped`;
    const wrong = found.filter(({ what, message }) => what !== 'destroyed' && !message?.includes(sentence));
    if (found.at(-1).what !== 'destroyed') wrong.push('not destroyed');
    console.log(
      `parity: mismatches: ${languages.join(' and ')}: ${wrong.length ? 'DIFFERENT' : 'named'} (${found.length})`,
    );
    if (wrong.length) console.log(wrong);
    equal &&= wrong.length === 0;
  }
  return equal;
}

// What libtorch says where rank OTHER calls something else, without what Node's errors say before and behind it.
function detailsOf(line) {
  const { message = '', ...rest } = JSON.parse(line);
  const own = message.replace(/^\w.* on rank \d of \d: /, '').replace(/\n Original exception.*/s, '');
  return JSON.stringify({ ...rest, message: own });
}

// Under TORCH_DISTRIBUTED_DEBUG=DETAIL all ranks compare what they call, whatever their languages are.
async function compareDetails(python) {
  let equal = true;
  for (const [other, ...mixtures] of [
    [1, ['Node', 'Python'], ['Python', 'Node']],
    [2, ['Node', 'Python', 'Node']],
  ]) {
    const env = { TORCH_DISTRIBUTED_DEBUG: 'DETAIL', OTHER: String(other) };
    const found = async (languages) => {
      const lines = await runRanks('../../distributed/details_child', languages, python, env);
      return lines.map((one) => one.map(detailsOf));
    };
    const expected = await found(mixtures[0].map(() => 'Python'));
    for (const languages of mixtures)
      equal = compareLines('details', languages, expected, await found(languages)) && equal;
  }
  return equal;
}

const parts = {
  mismatches: compareMismatches,
  details: compareDetails,
  ddp: comparePrograms,
  collectives: compareCollectives,
  states: compareStates,
  torchrun: compareLaunched,
};

/** Those of `names`; all of them where 'distributed' is among them, or nothing. */
async function compareDistributed(python, names) {
  let equal = true;
  for (const [name, compare] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes('distributed') && !names.includes(name)) continue;
    equal = (await compare(python)) && equal;
  }
  return equal;
}

module.exports = { compareDistributed };
