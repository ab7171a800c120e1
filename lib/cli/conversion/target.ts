// What a conversion writes: by the name of the file, each format in its own way, and nothing that was not read back.
import fs from 'node:fs';
import path from 'node:path';
import { valueError } from '../../core/errors';
import { isTensor } from '../../native/tensor_base';
import { writeHeader } from '../../io/npy_header';
import { writeNpz } from '../../io/npz';
import { type AtomicFile, openAtomically } from '../../serialization/io/atomic';
import { fileSink } from '../../serialization/io/sink';
import { PlannedTensor } from '../../serialization/planned';
import { compareNames } from '../../serialization/safetensors/header';
import { layOut, writePlanned } from '../../serialization/safetensors/save';
import { namesOf, parseSize, shardsOf, writeShards } from '../../serialization/safetensors/sharded';
import { writePickled } from '../../serialization/save';
import { UsageError } from '../arguments';
import type { Plan } from './plan';

export type Kind = 'safetensors' | 'sharded' | 'pt' | 'npz';

export interface Target {
  readonly kind: Kind;
  /** Of a sharded checkpoint its folder. */
  readonly path: string;
  /** Of the files in a folder. */
  readonly pattern: string;
}

const INDEX = /^(.+)\.safetensors\.index\.json$/;

/** What `to` names; throws where it is something else, or there already. */
export function targetOf(to: string, isForced: boolean): Target {
  const found = fs.statSync(to, { throwIfNoEntry: false });
  const target = parseTarget(to, found?.isDirectory() ?? false);
  if (target.kind === 'sharded') {
    const names = fs.statSync(target.path, { throwIfNoEntry: false }) ? fs.readdirSync(target.path) : [];
    const old = names.find(namesOf(target.pattern));
    if (old !== undefined && !isForced) refuse(path.join(target.path, old));
  } else if (found && !found.isFile()) throw new UsageError(`'${to}' is there, and is no file`);
  else if (found && !isForced) refuse(to);
  return target;
}

function refuse(file: string): never {
  throw new UsageError(`'${file}' is there already: --force replaces it`);
}

function parseTarget(to: string, isFolder: boolean): Target {
  const pattern = 'model{suffix}.safetensors';
  if (isFolder || /[\\/]$/.test(to)) return { kind: 'sharded', path: to, pattern };
  const [, base] = INDEX.exec(path.basename(to)) ?? [];
  if (base !== undefined) {
    return { kind: 'sharded', path: path.dirname(to), pattern: `${base}{suffix}.safetensors` };
  }
  if (/\.(pt|pth|bin)$/i.test(to)) return { kind: 'pt', path: to, pattern };
  if (/\.npz$/i.test(to)) return { kind: 'npz', path: to, pattern };
  if (/\.safetensors$/i.test(to)) return { kind: 'safetensors', path: to, pattern };
  throw new UsageError(`'${to}' ends with neither .safetensors, .pt, .pth, .bin, .npz nor /`);
}

/** What is written, laid out: refused before anything is. */
export interface Layout {
  /** Tensors by name; in .pt files also what is none. */
  readonly tensors: ReadonlyMap<string, PlannedTensor>;
  /** Names that are left out, by the name that stands for them. */
  readonly shared: ReadonlyMap<string, string>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The names in each file of a sharded checkpoint. */
  readonly shards: readonly (readonly string[])[];
  readonly limit: number;
}

export function lay(
  plan: Plan,
  { kind }: Target,
  metadata: Readonly<Record<string, string>>,
  maxShardSize: string,
): Layout {
  const tensors = new Map<string, PlannedTensor>();
  for (const [name, { value }] of plan) {
    if (value instanceof PlannedTensor) tensors.set(name, value);
    else if (kind !== 'pt')
      throw new UsageError(`'${name}' is ${whatIs(value)}: .${kind} cannot hold it; see --exclude`);
  }
  const shared =
    kind === 'safetensors' || kind === 'sharded' ? sharedNames(tensors) : new Map<string, string>();
  for (const name of shared.keys()) tensors.delete(name);
  const limit = parseSize(/^\d+$/.test(maxShardSize) ? Number(maxShardSize) : maxShardSize);
  const notes = { ...metadata, ...Object.fromEntries(shared) };
  if (kind === 'npz')
    for (const [name, { dtype, shape }] of tensors) checkArray(name, () => writeHeader(dtype, false, shape));
  if (kind === 'safetensors' || kind === 'sharded') layOut(tensors, { metadata: notes });
  const shards = kind === 'sharded' ? shardsOf(tensors, limit) : [];
  return { tensors, shared, metadata: notes, shards, limit };
}

function checkArray(name: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw valueError(`'${name}': ${(error as Error).message}: cast it, such as by --dtype float32`);
  }
}

function whatIs(value: unknown): string {
  if (!isTensor(value)) return 'no tensor';
  return `a ${String(value.layout)} tensor of ${value.dtype}`;
}

// As Python's safetensors does it: the first of the alphabet stays.
function sharedNames(tensors: ReadonlyMap<string, PlannedTensor>): Map<string, string> {
  const first = new Map<PlannedTensor, string>();
  const shared = new Map<string, string>();
  for (const name of [...tensors.keys()].sort(compareNames)) {
    const tensor = tensors.get(name)!;
    const kept = first.get(tensor);
    if (kept === undefined || tensor.nbytes === 0) first.set(tensor, name);
    else shared.set(name, kept);
  }
  return shared;
}

/** Writes; `check` looks at each file before it takes its place. Returns the files. */
export function write(
  plan: Plan,
  target: Target,
  { tensors, metadata, limit }: Layout,
  check: (file: string, names: readonly string[]) => void,
): string[] {
  const { kind, path: to, pattern } = target;
  if (kind === 'sharded') {
    return writeShards(tensors, to, { pattern, limit, metadata, check }).map((name) => path.join(to, name));
  }
  writeChecked(
    to,
    (file) => {
      if (kind === 'safetensors') writePlanned(file, tensors, { metadata: { format: 'pt', ...metadata } });
      else if (kind === 'npz') writeNpz(fileSink(file.fd), tensors);
      else writePickled(fileSink(file.fd), stateOf(plan));
    },
    (file) => check(file, [...tensors.keys()]),
  );
  return [to];
}

/** Writes a file that takes its place only when `check` is content with it. */
export function writeChecked(
  to: string,
  writeTo: (file: AtomicFile) => void,
  check: (file: string) => void,
): void {
  const file = openAtomically(to);
  try {
    writeTo(file);
    file.finish();
    check(file.path);
    file.commit();
  } finally {
    file.abort();
  }
}

// The dict of Python's that is pickled: an OrderedDict where it was one.
function stateOf(plan: Plan): Map<string, unknown> {
  const state = new Map([...plan].map(([name, { value }]) => [name, value]));
  if (!plan._metadata) return state;
  return Object.defineProperty(state, '_metadata', {
    value: plan._metadata,
    writable: true,
    configurable: true,
  });
}
