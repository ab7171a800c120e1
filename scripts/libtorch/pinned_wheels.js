'use strict';
// The way to libtorch that needs nothing but Node: the wheels of sums.json by their sums, from their addresses or from
// the place that the user names. What is whole stays beside the cache's folder, as what is half does, until all are
// unpacked: an interrupted fetch of two gigabytes continues where it was.

const fs = require('node:fs');
const path = require('node:path');
const { fileURLToPath } = require('node:url');
const pinned = require('./pinned');
const { download } = require('./download');
const { checkSum, unpack } = require('./unpack');
const sums = require('./sums.json');

/** The wheels that make the libtorch of this platform and variant; null where none are pinned. */
const pinnedWheels = (variant) => sums.wheels[pinned.platform]?.[variant] ?? null;

/** Where a wheel is: a path of this machine, or an address. */
function placeOf({ file, url }, from) {
  if (!from) return /^file:/i.test(url) ? { local: fileURLToPath(url) } : { url };
  if (/^https?:/i.test(from)) return { url: `${from.replace(/\/+$/, '')}/${encodeURIComponent(file)}` };
  return { local: path.join(/^file:/i.test(from) ? fileURLToPath(from) : path.resolve(from), file) };
}

/** Makes `file` the wheel, whole and checked. */
async function bringWheel(wheel, file, url, job) {
  const check = (one) =>
    checkSum(one, wheel.sha256).catch((error) => {
      fs.rmSync(one, { force: true });
      throw new Error(`${wheel.file}: ${error.message}`);
    });
  if (fs.existsSync(file)) return check(file);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  try {
    await download(url, part, job);
  } catch (error) {
    error.message = `${wheel.file}: ${error.message}`;
    throw error;
  }
  fs.rmSync(`${part}.json`, { force: true });
  await check(part);
  fs.renameSync(part, file);
}

/** Fetches and unpacks `wheels` into the job's folder, where they lie as pip would lay them out. */
async function bringWheels(wheels, job) {
  const folder = keptIn(job);
  const files = [];
  try {
    for (const [i, wheel] of wheels.entries()) {
      const { local, url } = placeOf(wheel, job.from);
      job.log(`${i + 1} of ${wheels.length}: ${local ?? url}`);
      files.push(local ?? path.join(folder, wheel.file));
      if (local) await checkSum(local, wheel.sha256);
      else await bringWheel(wheel, files[i], url, job);
    }
  } catch (error) {
    if (fs.existsSync(folder) && fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
    throw error;
  }
  for (const file of files) await unpack(file, null, job);
}

const keptIn = (job) => `${job.folder}.wheels`;
const forgetWheels = (job) => fs.rmSync(keptIn(job), { recursive: true, force: true });

module.exports = { bringWheels, forgetWheels, pinnedWheels };
