'use strict';
// Brings libtorch into the cache: from LIBTORCH_URL, the official archive, the pinned wheels, or pip.
// What is fetched hashes to what sums.json or the user says, or is not used.
// A fetch works under a lock in `<folder>.tmp` and renames it when it is whole and checked.

const fs = require('node:fs');
const path = require('node:path');
const { fileURLToPath } = require('node:url');
const pinned = require('./pinned');
const { download } = require('./download');
const { inspect, inspectFitting } = require('./inspect');
const { withLock } = require('./lock');
const { bringWheels, forgetWheels, pinnedWheels } = require('./pinned_wheels');
const { checkSum, unpack, wanted } = require('./unpack');
const { downloadWheel, findAddresses, installWithDependencies } = require('./wheel');
const sums = require('./sums.json');

const unpinned = `its sha256 is not among those in scripts/libtorch/sums.json, so it was not fetched: \
find out what it must be, from whom you trust, and give it by --checksum or LIBTORCH_SHA256`;

/** What the file called `name` must hash to: what the user said, else what is pinned; null for neither. */
const expectedSum = (name, job) => (job.checksum || sums.files[name] || null)?.toLowerCase();

async function fromAddress(address, job) {
  const part = `${job.folder}.part`;
  const expected = expectedSum(decodeURIComponent(path.posix.basename(new URL(address).pathname)), job);
  if (!expected) throw new Error(unpinned);
  job.log(`fetching ${address}`);
  await download(address, part, job);
  try {
    await unpack(part, expected, job);
  } finally {
    // Whole, but perhaps damaged: either way there is nothing left to continue.
    for (const file of [part, `${part}.json`]) fs.rmSync(file, { force: true });
  }
}

async function copyFolder(root, job) {
  job.log(`copying ${root}`);
  for (const name of ['lib', 'include', 'build-version', 'build-hash', 'version.py', 'LICENSE', 'NOTICE']) {
    const source = path.join(root, name);
    if (!fs.existsSync(source)) continue;
    await fs.promises.cp(source, path.join(job.temporary, name), {
      recursive: true,
      dereference: true,
      filter: (file) =>
        fs.statSync(file).isDirectory() || wanted(path.relative(root, file).replaceAll('\\', '/')),
    });
  }
}

// A folder is a libtorch, or holds the archive or the wheel.
async function fromFolder(folder, job) {
  const found = inspect(folder);
  if (!found.problem) return copyFolder(found.path, job);
  const encoded = pinned.archiveName(job.variant || 'cpu');
  const names = encoded ? [decodeURIComponent(encoded), encoded] : [];
  const wheel = new RegExp(`^torch-${pinned.version.replaceAll('.', '\\.')}[+-].*\\.whl$`);
  const name = fs.readdirSync(folder).find((entry) => names.includes(entry) || wheel.test(entry));
  if (!name) throw new Error(`it holds no lib/ and include/, no ${names[0] || 'archive'} and no wheel`);
  job.log(`unpacking ${path.join(folder, name)}`);
  return unpack(path.join(folder, name), expectedSum(name, job), job);
}

async function fromVariable(place, job) {
  if (/^https?:/i.test(place)) {
    if (/\.(zip|whl)$/i.test(new URL(place).pathname)) return fromAddress(place, job);
    const variant = job.variant || 'cpu';
    const name = pinned.archiveName(variant);
    if (!name) throw new Error(`for ${pinned.platform} name the file itself: it has no official archive`);
    return fromAddress(`${place.replace(/\/+$/, '')}/${variant}/${name}`, job);
  }
  const local = /^file:/i.test(place) ? fileURLToPath(place) : path.resolve(place);
  if (!fs.existsSync(local)) throw new Error('there is no such file');
  if (fs.statSync(local).isDirectory()) return fromFolder(local, job);
  job.log(`unpacking ${local}`);
  return unpack(local, expectedSum(path.basename(local), job), job);
}

async function fromWheels(variant, job) {
  const wheels = pinnedWheels(variant);
  if (!wheels) throw new Error(`no wheels are pinned for ${pinned.platform} (${variant})`);
  await bringWheels(wheels, job);
}

async function fromPip(variant, job) {
  // CUDA's wheels for Linux load the libraries of a dozen nvidia packages, so those must come too.
  if (variant !== 'cpu' && process.platform === 'linux') {
    const wheels = await findAddresses(variant, job);
    try {
      if (wheels) return await bringWheels(wheels, job);
    } catch (error) {
      if (!error.final) throw error;
      job.tried.push(error.message); // such as 401: pip may know a password
    }
    return installWithDependencies(variant, job.temporary, job.tried, job.log);
  }
  const pip = `${job.temporary}.pip`;
  const accept = async (wheel) => {
    const expected = expectedSum(path.basename(wheel), job);
    if (!expected) throw new Error(unpinned.replace('fetched', 'used'));
    await checkSum(wheel, expected);
  };
  try {
    const wheel = await downloadWheel(variant, pip, { ...job, accept });
    if (wheel) await unpack(wheel, null, job);
    return Boolean(wheel);
  } finally {
    fs.rmSync(pip, { recursive: true, force: true });
  }
}

// What was unpacked must be what was wanted before it takes its place.
function publish(job) {
  const fresh = inspectFitting(job.temporary, job.variant);
  if (fresh.problem) throw new Error(`what it holds is no use: ${fresh.problem}`);
  if (pinned.compareVersions(fresh.version, pinned.version) !== 0) {
    throw new Error(
      `it holds version ${fresh.version}, and the cache is for ${pinned.version}; unpack it and set LIBTORCH`,
    );
  }
  const folder = pinned.cacheFolder(fresh.variant);
  if (fs.existsSync(folder)) {
    const old = `${job.temporary}.old`;
    fs.rmSync(old, { recursive: true, force: true });
    fs.renameSync(folder, old);
    fs.renameSync(job.temporary, folder);
    fs.rmSync(old, { recursive: true, force: true });
  } else {
    fs.renameSync(job.temporary, folder);
  }
  return inspect(folder);
}

const clear = (job) => {
  for (const suffix of ['', '.pip', '.old'])
    fs.rmSync(job.temporary + suffix, { recursive: true, force: true });
};

const diskProblems = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its quota is used up',
  EROFS: 'its disk is read-only',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  ENOTDIR: 'a part of it is a file',
};

function explain({ code, message }) {
  const problem = diskProblems[code];
  if (!problem) return message;
  return `the cache ${pinned.cacheRoot()}: ${problem} (${message}); XDG_CACHE_HOME can name another place`;
}

// Runs one source from an empty folder; on failure notes why and returns null.
async function trySource(name, job, bring) {
  try {
    clear(job);
    fs.mkdirSync(job.temporary, { recursive: true });
    if ((await bring()) === false) return null;
    return { ...publish(job), place: name };
  } catch (error) {
    job.tried.push(`${name}: ${explain(error)}`);
    return null;
  } finally {
    clear(job);
  }
}

async function trySources(job) {
  // What the user names by hand is used or refused, never passed over.
  if (job.from) return trySource(`the wheels in ${job.from}`, job, () => fromWheels(job.variant, job));
  const named = process.env.LIBTORCH_URL;
  if (named) return trySource(`LIBTORCH_URL=${named}`, job, () => fromVariable(named, job));
  const variant = job.variant || 'cpu';
  const archive = pinned.archiveName(variant);
  if (archive) {
    const address = `${pinned.archiveHost}/${variant}/${archive}`;
    const found = await trySource(address, job, () => fromAddress(address, job));
    if (found) return found;
    job.log(`not to be had: ${job.tried.at(-1)}`);
  } else {
    job.tried.push(`the official archive: there is none for ${pinned.platform} (${variant})`);
  }
  // Those without an address are on Python's package index, which pip knows on each machine.
  const wheels = pinnedWheels(variant);
  if (wheels?.every(({ url }) => url) && !job.checksum) {
    const place = `the wheels of ${new URL(wheels[0].url).host}`;
    const found = await trySource(place, { ...job, variant }, () => fromWheels(variant, job));
    if (found) return found;
    job.log(`not to be had: ${job.tried.at(-1)}`);
  }
  // Without a wish for CUDA, two gigabytes of it are not fetched: a CUDA wheel is refused.
  return trySource('the wheel from pip', { ...job, variant }, () => fromPip(variant, job));
}

// Ctrl-C leaves a partial download to continue from, and nothing else.
function removeOnSignal(job) {
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => {
      clear(job);
      process.exit(130);
    };
    process.once(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}

/**
 * Fetches libtorch into the cache. Returns it as `inspect` does, or null; adds to `tried` what did
 * not work. `variant` null stands for cpu, and takes whatever LIBTORCH_URL holds. `from`: an address or a folder
 * that has the pinned wheels, in place of where they are published.
 */
async function fetchLibtorch({ again = false, ...options }) {
  const { variant, tried } = options;
  const folder = pinned.cacheFolder(variant || 'cpu');
  const job = { ...options, folder, temporary: `${folder}.tmp` };
  try {
    fs.mkdirSync(pinned.cacheRoot(), { recursive: true });
    return await fetchLocked(job, again);
  } catch (error) {
    if (!diskProblems[error.code]) throw error;
    tried.push(explain(error));
    return null;
  }
}

function fetchLocked(job, again) {
  const { variant, folder, log } = job;
  const wait = () => log('another process is fetching libtorch: waiting for it');
  return withLock(
    `${folder}.lock`,
    async () => {
      const there = again ? { problem: 'to be fetched again' } : inspectFitting(folder, variant);
      if (!there.problem) return { ...there, place: `cache: ${folder}` };
      const forget = removeOnSignal(job);
      try {
        const found = await trySources(job);
        if (found) forgetWheels(job);
        return found;
      } finally {
        forget();
      }
    },
    wait,
  );
}

module.exports = { fetchLibtorch };
