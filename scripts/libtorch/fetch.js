'use strict';
// Brings libtorch into the cache: from LIBTORCH_URL, the official archive, or pip's wheel.
// What is fetched hashes to what sums.json or the user says, or is not used.
// A fetch works under a lock in `<folder>.tmp` and renames it when it is whole and checked.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const { fileURLToPath } = require('node:url');
const pinned = require('./pinned');
const { download } = require('./download');
const { inspect, inspectFitting } = require('./inspect');
const { withLock } = require('./lock');
const { progress } = require('./progress');
const { unzip } = require('./unzip');
const { downloadWheel, installWithDependencies } = require('./wheel');
const sums = require('./sums.json');

// lib/ and include/, what says the version, and the licences. Not the static libraries, Python's
// part and the test libraries, which nothing here links.
function wanted(name) {
  if (/^[^/]+\.dist-info\/licenses\//.test(name)) return true;
  if (/^([^/]+\/)?(build-version|build-hash|version\.py|LICENSE|NOTICE)$/.test(name)) return true;
  if (/^torch\.libs\//.test(name)) return true;
  const library = /^(?:[^/]+\/)?lib\/(.+)$/.exec(name)?.[1];
  if (library) {
    return !/\.a$|^(lib)?(torch_python|shm|jitbackend_test|torchbind_test|backend_with_compiler|aoti_custom_ops)/.test(
      library,
    );
  }
  return /^([^/]+\/)?include\//.test(name);
}

/** What the file called `name` must hash to: what the user said, else what is pinned; null for neither. */
const expectedSum = (name, job) => (job.checksum || sums.files[name] || null)?.toLowerCase();

async function checkSum(file, expected) {
  const hash = crypto.createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const actual = hash.digest('hex');
  if (actual !== expected) throw new Error(`its sha256 is ${actual}, and ${expected} was expected`);
}

// A file that the user has named on this machine is the user's choice, as a folder is: it may have no sum.
async function unpack(archive, expected, job) {
  if (expected) await checkSum(archive, expected);
  let bar;
  await unzip(archive, job.temporary, {
    wanted,
    onTotal: (total) => (bar = progress('unpacking  ', total, { quiet: job.quiet })),
    onBytes: (bytes) => bar.add(bytes),
  });
  bar.end();
}

const unpinned = `its sha256 is not among those in scripts/libtorch/sums.json, so it was not fetched: \
find out what it must be, from whom you trust, and give it by --checksum or LIBTORCH_SHA256`;

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

async function fromPip(variant, job) {
  // CUDA's wheels for Linux load the libraries of a dozen nvidia packages, so those must come too.
  if (variant !== 'cpu' && process.platform === 'linux') {
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

// Runs one source from an empty folder; on failure notes why and returns null.
async function trySource(name, job, bring) {
  try {
    clear(job);
    fs.mkdirSync(job.temporary, { recursive: true });
    if ((await bring()) === false) return null;
    return { ...publish(job), place: name };
  } catch (error) {
    job.tried.push(`${name}: ${error.message}`);
    return null;
  } finally {
    clear(job);
  }
}

async function trySources(job) {
  const named = process.env.LIBTORCH_URL;
  // What the user names by hand is used or refused, never passed over.
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
 * not work. `variant` null stands for cpu, and takes whatever LIBTORCH_URL holds.
 */
async function fetchLibtorch({ variant, checksum, tried, log, quiet = false, again = false }) {
  const folder = pinned.cacheFolder(variant || 'cpu');
  const job = { variant, checksum, tried, log, quiet, folder, temporary: `${folder}.tmp` };
  fs.mkdirSync(pinned.cacheRoot(), { recursive: true });
  const wait = () => log('another process is fetching libtorch: waiting for it');
  return withLock(
    `${folder}.lock`,
    async () => {
      const there = again ? { problem: 'to be fetched again' } : inspectFitting(folder, variant);
      if (!there.problem) return { ...there, place: `cache: ${folder}` };
      const forget = removeOnSignal(job);
      try {
        return await trySources(job);
      } finally {
        forget();
      }
    },
    wait,
  );
}

module.exports = { fetchLibtorch };
