'use strict';
// What pip would install, without installing it: the addresses and sums of wheels, on the index that pip is set up for.

const path = require('node:path');

const ARGUMENTS = ['install', '--dry-run', '--quiet', '--ignore-installed', '--report', '-'];

/** The arguments of pip for wheels of that Python and those platforms; without one, of this machine. */
const reportArguments = (what, python, platforms = []) => [
  ...ARGUMENTS,
  ...['--python-version', python, '--only-binary=:all:', '--target', 'none'],
  ...platforms.flatMap((platform) => ['--platform', platform]),
  ...what,
];

/** `{ name, version, file, sha256, url }` of each wheel in pip's report. */
function readReport(text) {
  return JSON.parse(text).install.map(({ metadata, download_info: { url, archive_info: info } }) => ({
    name: metadata.name,
    version: metadata.version,
    file: decodeURIComponent(path.posix.basename(new URL(url).pathname)),
    sha256: info.hashes.sha256,
    url,
  }));
}

module.exports = { readReport, reportArguments };
