'use strict';
// One fetch at a time for each cache folder: a lock file that its holder keeps fresh.

const fs = require('node:fs');
const os = require('node:os');
const { setTimeout: sleep } = require('node:timers/promises');

const BEAT = 2_000;
const STALE = 30_000; // ms without a beat: the holder is dead, wherever it ran

function holderIsGone(lock) {
  try {
    if (Date.now() - fs.statSync(lock).mtimeMs > STALE) return true;
    const [pid, host] = fs.readFileSync(lock, 'utf8').split(' ');
    if (host === os.hostname()) process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function take(lock) {
  try {
    fs.writeFileSync(lock, `${process.pid} ${os.hostname()}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

// Of several that find a dead holder's lock, one removes it: without the second lock a slow one
// would remove the lock that a quick one has just taken.
function breakLock(lock) {
  const breaking = `${lock}.break`;
  if (!take(breaking)) {
    if (holderIsGone(breaking)) fs.rmSync(breaking, { force: true });
    return;
  }
  if (holderIsGone(lock)) fs.rmSync(lock, { force: true });
  fs.rmSync(breaking, { force: true });
}

/** Runs `work` while holding `lock`; `onWait` is called once if another process holds it. */
async function withLock(lock, work, onWait = () => {}) {
  let waited = false;
  while (!take(lock)) {
    if (holderIsGone(lock)) {
      breakLock(lock);
      continue;
    }
    if (!waited) onWait();
    waited = true;
    await sleep(250);
  }
  const beat = setInterval(() => fs.utimes(lock, new Date(), new Date(), () => {}), BEAT);
  const release = () => fs.rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}

module.exports = { withLock };
