'use strict';
// What the build of the addon needs of this machine: `npx nodetorch` looks before it fetches anything, and
// `npx nodetorch doctor` tells. Looks only.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { compareVersions } = require('./libtorch/pinned');
const { peerDependencies } = require('../package.json');

const CMAKE = '3.25';
const LEAST = { GCC: 11, Clang: 14, 'Apple Clang': 15 };
const windows = process.platform === 'win32';

function run(command, args, input) {
  const options = { encoding: 'utf8', timeout: 60_000, windowsHide: true, input, maxBuffer: 1 << 26 };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  // Who answers without having read all is no trouble.
  const failed = error && error.code !== 'EPIPE';
  return {
    ok: !failed && status === 0,
    out: stdout || '',
    problem: (failed && error.code) || (stderr || '').trim(),
  };
}

function cmake() {
  const name = `CMake ${CMAKE} or later`;
  const { ok, out } = run('cmake', ['--version']);
  const version = /version ([\d.]+)/.exec(out)?.[1];
  if (!ok || !version) return { name, problem: 'cmake is not in the PATH' };
  if (compareVersions(version, CMAKE) < 0) return { name, problem: `cmake is version ${version}` };
  return { name, found: `CMake ${version}` };
}

// Asks the preprocessor: it knows its version, and fails where the C++20 headers are missing.
function probe(command) {
  const [program, ...args] = command.split(/\s+/).filter(Boolean);
  const source = '#include <concepts>\n#include <span>\n';
  const { ok, out, problem } = run(program, [...args, '-std=c++20', '-dM', '-E', '-x', 'c++', '-'], source);
  if (!ok) {
    const why = problem === 'ENOENT' ? 'not found' : problem.split('\n').find((line) => /error/i.test(line));
    return { problem: `${command}: ${why || problem.split('\n')[0]}` };
  }
  const value = (macro) => Number(new RegExp(`^#define ${macro} (\\d+)`, 'm').exec(out)?.[1]) || 0;
  const clang = value('__clang_major__');
  const kind = clang ? (value('__apple_build_version__') ? 'Apple Clang' : 'Clang') : 'GCC';
  const version = clang || value('__GNUC__');
  if (version < LEAST[kind]) return { problem: `${command} is ${kind} ${version}` };
  return { found: `${kind} ${version} (${command})` };
}

function visualStudio() {
  const name = 'Visual Studio 2022 with "Desktop development with C++"';
  const folder = process.env['ProgramFiles(x86)'] || 'C:\\Program Files (x86)';
  const vswhere = path.join(folder, 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
  const needs = 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64';
  const args = ['-latest', '-products', '*', '-requires', needs, '-property', 'installationVersion'];
  const version = run(vswhere, args).out.trim();
  if (parseInt(version, 10) >= 17) return { name, found: `Visual Studio ${version}` };
  return { name, problem: version ? `Visual Studio is version ${version}` : 'it is not installed' };
}

function compiler() {
  if (windows) return visualStudio();
  const wanted = process.platform === 'darwin' ? 'Xcode 15' : 'GCC 11 or Clang 14';
  const name = `a C++20 compiler (${wanted}, or later)`;
  const tried = (process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++']).map(probe);
  // CMake takes the first that is there, so one that is too old hides those behind it.
  const first = tried.find(({ problem }) => !problem?.endsWith(': not found'));
  if (first?.found) return { name, found: first.found };
  return { name, problem: first ? first.problem : tried.map(({ problem }) => problem).join(', ') };
}

function maker() {
  const name = 'Ninja or make';
  const ninja = run('ninja', ['--version']);
  if (ninja.ok) return { name, found: `Ninja ${ninja.out.trim()}` };
  if (windows) return { name, found: 'MSBuild' };
  const make = run('make', ['--version']);
  if (make.ok) return { name, found: make.out.split('\n')[0] };
  return { name, problem: 'neither is in the PATH' };
}

function headers() {
  const names = ['node-api-headers', 'node-addon-api', 'cmake-js'];
  const name = `the packages ${names.join(', ')}`;
  try {
    const versionOf = (one) => `${one} ${require(`${one}/package.json`).version}`;
    return { name, found: names.map(versionOf).join(', ') };
  } catch {
    const wanted = names.map((one) => `${one}@${peerDependencies[one].replace('^', '')}`).join(' ');
    return { name, problem: `not all are installed: npm install --save-dev ${wanted}` };
  }
}

function howToInstall() {
  if (windows)
    return 'winget install Kitware.CMake Microsoft.VisualStudio.2022.BuildTools, with the C++ workload';
  if (process.platform === 'darwin') return 'xcode-select --install && brew install cmake ninja';
  let system = '';
  try {
    system = fs.readFileSync('/etc/os-release', 'utf8');
  } catch {
    // A system that does not say which it is.
  }
  const is = (...names) => new RegExp(`^ID(_LIKE)?=.*\\b(${names.join('|')})\\b`, 'm').test(system);
  if (is('debian', 'ubuntu')) return 'apt-get install g++ cmake ninja-build';
  if (is('fedora', 'rhel', 'centos')) return 'dnf install gcc-c++ cmake ninja-build';
  if (is('suse', 'opensuse')) return 'zypper install gcc-c++ cmake ninja';
  if (is('arch')) return 'pacman -S gcc cmake ninja';
  return "g++, cmake and ninja, by this system's package manager";
}

/** Everything the build needs: `{ name, found }`, or `{ name, problem }` where it is missing. */
const toolchain = () => [cmake(), compiler(), maker(), headers()];

/** Throws an error that lists what is missing, and says how to get it. */
function requireToolchain() {
  const missing = toolchain().filter(({ problem }) => problem);
  if (missing.length === 0) return;
  const lines = missing.map(({ name, problem }) => `  - ${name}: ${problem}`);
  throw new Error(`the addon cannot be built on this machine. It lacks:
${lines.join('\n')}

To get it: ${howToInstall()}
A newer CMake, and Ninja, also by: python3 -m pip install cmake ninja
Then run this again. Nothing was fetched or changed.`);
}

module.exports = { toolchain, requireToolchain, howToInstall };
