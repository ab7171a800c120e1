// npx nodetorch doctor
import fs from 'node:fs';
import os from 'node:os';
import {
  builtFor,
  findLibtorch,
  findLibtorchBeyond,
  type Libtorch,
  minorFor,
  otherVersion,
  places,
  versionFor,
} from '../native/locate';
import { type Command, parse } from './arguments';
import { cudaFacts } from './cuda_facts';
import { json, print, size, table } from './text';

const usage = `Usage: npx nodetorch doctor [--json]

Says what is installed, which libtorch is found where, what there is to build the addon with, whether it
loads and why not, and what the machine offers. Looks only; works where nothing is built yet.

  --json   the same as one JSON object
  --help

Exit code: 0 when the addon loads, 1 when it does not.
`;

type Facts = Record<string, string>;

function run(argv: readonly string[]): number {
  const { values } = parse(argv, { json: { type: 'boolean' } }, []);
  const addon = loadAddon();
  const facts = { ...machine(), ...libtorch(), ...toolchain(), ...addon.facts };
  if (values.json) print(json({ ok: addon.loads, ...facts }));
  else print(table(Object.entries(facts).flatMap(([name, text]) => lines(name, text))));
  return addon.loads ? 0 : 1;
}

const lines = (name: string, text: string): [string, string][] =>
  text.split('\n').map((line, i) => [i === 0 ? name : '', line]);

/* eslint-disable @typescript-eslint/no-require-imports -- what may be missing is a finding here */
function machine(): Facts {
  const { version, libtorch: wanted } = require('../../package.json') as {
    version: string;
    libtorch: { version: string; minimum: string };
  };
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  const glibc = report.header.glibcVersionRuntime;
  const [cpu] = os.cpus();
  return {
    nodetorch: `${version}, for libtorch ${wanted.version} (${wanted.minimum} or later)`,
    'Node.js': `${process.version}, ${process.platform}-${process.arch}`,
    system: `${os.type()} ${os.release()}${glibc ? `, glibc ${glibc}` : ''}`,
    CPU: `${os.cpus().length} x ${cpu?.model.trim() ?? 'unknown'}`,
    memory: `${size(os.totalmem())}, ${size(os.freemem())} free`,
  };
}

interface Found extends Libtorch {
  place: string;
}

/** The addon that a program loads, or would load. */
const foundAddon = () => places().find(({ file, problem }) => !problem && fs.existsSync(file))?.file;

/** The version of libtorch that it wants; without an addon nodetorch's own. */
function wantedVersion(): string | undefined {
  const addon = foundAddon();
  return addon && versionFor(addon);
}

/** What an addon that was not built here would load. */
function libtorchAtRunTime(): string {
  try {
    const version = wantedVersion();
    const found = findLibtorch(version) ?? findLibtorchBeyond(version);
    return found ? `${found.version} (${found.variant}) at ${found.path}\nfrom ${found.place}` : 'none found';
  } catch (error) {
    return (error as Error).message;
  }
}

function libtorch(): Facts {
  const { search } = require('../../scripts/libtorch/search') as {
    search(variant: string | null): { found: Found | null; tried: string[] };
  };
  const variables = [
    'LIBTORCH',
    'LIBTORCH_VARIANT',
    'LIBTORCH_USE_PYTORCH',
    'NODETORCH_ADDON',
    'OMP_NUM_THREADS',
  ];
  const set = variables.filter((name) => process.env[name] !== undefined);
  const { found, tried } = search(process.env.LIBTORCH_VARIANT || null);
  const passed = tried.map((line) => `  not ${line}`);
  return {
    ...(set.length > 0 ? { environment: set.map((name) => `${name}=${process.env[name]}`).join('\n') } : {}),
    libtorch: libtorchAtRunTime(),
    'to build with': found
      ? [`${found.version} (${found.variant}) at ${found.path}`, `from ${found.place}`, ...passed].join('\n')
      : ['none found; npx nodetorch build fetches it', ...passed].join('\n'),
  };
}

function toolchain(): Facts {
  const { toolchain: look, howToInstall } = require('../../scripts/toolchain') as {
    toolchain(): { name: string; found?: string; problem?: string }[];
    howToInstall(): string;
  };
  const all = look();
  const missing = all.filter(({ problem }) => problem);
  const found = all.flatMap(({ found: text }) => text ?? []).join(', ');
  const lacks = missing.map(({ name, problem }) => `lacks ${name}: ${problem}`);
  const advice = missing.length > 0 ? [`the addon cannot be built without: ${howToInstall()}`] : [];
  return { 'build tools': [...(found ? [found] : []), ...lacks, ...advice].join('\n') };
}

function loadAddon(): { loads: boolean; facts: Facts } {
  const built = noteOfBuild();
  const addon: Facts = built ? { 'built for': built } : {};
  try {
    const torch = (require('../index') as typeof import('../index')).default;
    return { loads: true, facts: { ...addon, addon: 'loads', ...runtime(torch) } };
  } catch (error) {
    const facts = { ...addon, addon: `does not load\n${(error as Error).message.trim()}` };
    return { loads: false, facts: { ...facts, CUDA: cudaFacts(libtorchFolder()) } };
  }
}
/* eslint-enable @typescript-eslint/no-require-imports */

/** The folder of the libtorch that a program uses, or would use; null where none is found. */
function libtorchFolder(): string | null {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- on demand, and known to bundlers
  const { inspect } = require('../../scripts/libtorch/inspect') as {
    inspect(folder: string, options: { headers: boolean }): { path?: string };
  };
  const addon = foundAddon();
  const note = addon ? builtFor(addon) : null;
  try {
    if (note && !process.env.LIBTORCH) return note.path;
    const version = wantedVersion();
    return (findLibtorch(version) ?? findLibtorchBeyond(version))?.path ?? null;
  } catch {
    // Refused, and what it lacks may still be of use.
    const refused = process.env.LIBTORCH;
    return refused ? (inspect(refused, { headers: false }).path ?? refused) : null;
  }
}

function noteOfBuild(): string | null {
  const addon = foundAddon();
  if (!addon) return null;
  const note = builtFor(addon);
  if (!note) return `any libtorch ${minorFor(addon)}\n${addon}`;
  const now = otherVersion(note.path, addon);
  const there = now ? `, where ${now} is now` : fs.existsSync(note.path) ? '' : ', which is gone';
  return `libtorch ${note.version} (${note.variant}) at ${note.path}${there}\n${addon}`;
}

function runtime(torch: typeof import('../torch')): Facts {
  const config = torch.showConfig();
  const capability = /CPU capability usage: (\S+)/.exec(config)?.[1] ?? 'unknown';
  return {
    'libtorch in use': torch.version,
    'CPU capability': capability,
    threads: `${torch.getNumThreads()} within an operator, ${torch.getNumInteropThreads()} between operators`,
    CUDA: torch.cuda.isAvailable()
      ? `${torch.cuda.deviceCount()} device(s), CUDA ${/CUDA Runtime ([\d.]+)/.exec(config)?.[1] ?? 'of unknown version'}`
      : cudaFacts(libtorchFolder()),
  };
}

export const doctor: Command = { usage, run };
