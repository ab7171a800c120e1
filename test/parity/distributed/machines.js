'use strict';
// `torchrun` on two machines, two ranks on each. For root they are network namespaces with a cable between them; else both
// are this machine.

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { run } = require('../side_by_side');

const ip = (...args) => spawnSync('ip', args).status === 0;

/** Two machines: what stands before a command on each, and the address of the first. */
function withMachines(work) {
  const names = ['a', 'b'].map((letter) => `nodetorch-${process.pid}-${letter}`);
  const isMade =
    names.every((name) => ip('netns', 'add', name)) &&
    ip(
      'link',
      'add',
      'wire-a',
      'netns',
      names[0],
      'type',
      'veth',
      'peer',
      'name',
      'wire-b',
      'netns',
      names[1],
    );
  if (isMade) {
    names.forEach((name, i) => {
      const link = `wire-${'ab'[i]}`;
      ip('-n', name, 'address', 'add', `10.213.8.${i + 1}/24`, 'dev', link);
      for (const one of [link, 'lo']) ip('-n', name, 'link', 'set', one, 'up');
    });
  }
  const before = names.map((name) => (isMade ? ['ip', 'netns', 'exec', name] : []));
  return work(before, isMade ? '10.213.8.1' : '127.0.0.1').finally(() =>
    names.forEach((name) => ip('netns', 'del', name)),
  );
}

async function compareLaunched(python) {
  const file = path.join(__dirname, 'launched');
  const ranks = {
    Node: [process.execPath, require.resolve('tsx/cli'), `${file}.ts`],
    Python: [python, '-B', `${file}.py`],
  };
  let equal = true;
  for (const languages of [
    ['Node', 'Node'],
    ['Node', 'Python'],
    ['Python', 'Node'],
  ]) {
    const machines = await withMachines((before, address) =>
      Promise.all(
        languages.map((language, node) => {
          const place = [
            '--nnodes',
            '2',
            '--node-rank',
            node,
            '--master-addr',
            address,
            '--master-port',
            29533,
          ];
          const launcher = ['-m', 'torch.distributed.run', '--no-python', '--nproc-per-node', 2, ...place];
          const [command, ...args] = [...before[node], python, ...launcher, ...ranks[language]].map(String);
          return run(command, args, { OMP_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' });
        }),
      ),
    );
    // Two ranks may write into one line.
    const text = machines.flatMap((machine) => machine.lines).join('\n');
    const expected = [0, 1, 2, 3].map((rank) => `rank ${rank}, here ${rank % 2}, of 4: 1111`);
    const isEqual = expected.every((line) => text.includes(line));
    console.log(`parity: torchrun on two machines: ${languages.join(' and ')}: ${isEqual ? 'equal' : text}`);
    equal &&= isEqual;
  }
  return equal;
}

module.exports = { compareLaunched };
