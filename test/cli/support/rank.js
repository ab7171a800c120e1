// What a rank does, by the name that it is given.
'use strict';
const net = require('node:net');
const { RANK, TORCHELASTIC_RESTART_COUNT: restarts } = process.env;
const stay = () => setInterval(() => undefined, 1000);

// Rank 0 acts when all others are prepared, which they tell it by connecting.
function whenReady(act) {
  let missing = process.env.WORLD_SIZE - 1;
  net.createServer(() => --missing === 0 && act()).listen(process.env.MASTER_PORT, '127.0.0.1');
}
function ready(prepare) {
  prepare();
  stay();
  const connect = () =>
    net.connect(process.env.MASTER_PORT, '127.0.0.1').on('error', () => setTimeout(connect, 20));
  connect();
}

const acts = {
  environment() {
    const names = Object.keys(process.env).filter((name) =>
      /RANK|WORLD_SIZE|^MASTER_|^TORCHELASTIC_|^OMP_NUM|ROLE_NAME/.test(name),
    );
    console.log(JSON.stringify(Object.fromEntries(names.sort().map((name) => [name, process.env[name]]))));
  },
  output() {
    process.stdout.write('one\nt');
    process.stdout.write('wo\n\nwithout an end');
    process.stderr.write(`error of ${process.argv.slice(3).join(' ')}\n`);
  },
  fail() {
    if (RANK === '0') whenReady(() => process.exit(7));
    else ready(() => process.on('SIGTERM', () => process.exit(0)));
  },
  failOnce() {
    if (RANK === '1' && restarts === '0') process.exit(3);
    if (restarts === '0') stay();
  },
  killed() {
    if (RANK === '0') process.kill(process.pid, 'SIGKILL');
    stay();
  },
  stubborn() {
    if (RANK === '0') whenReady(() => process.exit(5));
    else ready(() => process.on('SIGTERM', () => console.log('no')));
  },
  saves() {
    process.on('SIGTERM', () => {
      console.log('saved');
      process.exit(0);
    });
    console.log('ready');
    stay();
  },
  leavesBehind() {
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'inherit' });
    console.log(`child ${child.pid}`);
    child.unref();
    process.exit(0);
  },
};
acts[process.argv[2]]();
