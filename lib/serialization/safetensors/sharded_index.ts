// The index of a checkpoint in several files, `model.safetensors.index.json`: which file holds which
// tensor. Needs no addon.
import { checkText } from '../../core/errors';
import fs from 'node:fs';
import path from 'node:path';
import { readSet } from '../io/file_set';
import { readText } from '../io/regular';
import { SafetensorError } from './header';
import { parseObject, scan } from './json';

export interface ShardedIndex {
  /** The folder that the index lies in. */
  readonly folder: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The names of the tensors of each file, in the index's order. */
  readonly shards: ReadonlyMap<string, readonly string[]>;
}

const MAX_INDEX = 2 ** 25; // bytes

export const isIndex = (file: string): boolean => file.endsWith('.index.json');

/** Where a checkpoint is: `target` itself, or what lies in the folder `target`. */
export function findCheckpoint(target: string): string {
  checkText('loadSharded', 'target', target);
  if (!fs.statSync(target).isDirectory()) return target;
  let found = lookInto(target);
  // A save may put an index there and take a single file away while the names are read.
  if (found.length === 0) found = lookInto(target);
  if (found.length === 1) return path.join(target, found[0]);
  const why = found.length > 1 ? 'several checkpoints: name one of them' : 'no checkpoint';
  throw new SafetensorError(`'${target}' holds ${why}`);
}

// One of several files is none by itself: it was left by a save that was cut off before its index.
const isPart = (name: string): boolean => /-\d{5,}-of-(?!0*1\b)\d{5,}/.test(name);

function lookInto(folder: string): readonly string[] {
  const names = fs.readdirSync(folder).sort();
  const known = ['model.safetensors.index.json', 'model.safetensors'].find((name) => names.includes(name));
  if (known) return [known];
  const indices = names.filter(isIndex);
  const files = names.filter((name) => name.endsWith('.safetensors'));
  const whole = files.filter((name) => !isPart(name));
  return [indices, whole].find((list) => list.length === 1) ?? [...indices, ...whole];
}

/** Reads the checkpoint that `target` names, by `read`: all of one save, also where another replaces it meanwhile. */
export const readCheckpoint = <T>(target: string, read: (file: string) => T): T =>
  readSet(() => findCheckpoint(target), read, isIndex);

/** Reads an index; the files that it names must lie in or below its folder. */
export function readIndex(file: string): ShardedIndex {
  const invalid = (why: string): never => {
    throw new SafetensorError(`invalid index '${file}': ${why}`);
  };
  const { size } = fs.statSync(file);
  if (size > MAX_INDEX) return invalid(`${size} bytes, at most ${MAX_INDEX}`);
  const { metadata, weight_map: weightMap } = parse(
    readText(file, (message) => new SafetensorError(message)),
    invalid,
  );
  if (metadata !== undefined && !isRecord(metadata)) return invalid('metadata must be an object');
  if (!isRecord(weightMap)) return invalid('weight_map must map names to files');
  const shards = new Map<string, string[]>();
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string') return invalid(`weight_map['${name}'] must be the name of a file`);
    if (isIndex(shard)) return invalid(`weight_map['${name}'] names an index, not a file: '${shard}'`);
    if (!staysInside(shard)) return invalid(`weight_map['${name}'] leads out of the folder: '${shard}'`);
    if (!shards.has(shard)) shards.set(shard, []);
    shards.get(shard)!.push(name);
  }
  return { folder: path.dirname(file), metadata: metadata ?? {}, shards };
}

function parse(text: string, invalid: (why: string) => never): Record<string, unknown> {
  if (scan(text, invalid) > 1000) return invalid('it is not an index');
  return parseObject(text, invalid) as Record<string, unknown>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// The platform's own separators, too: on Windows a name may hold either.
const staysInside = (name: string): boolean =>
  name !== '' && !path.isAbsolute(name) && !name.includes('\0') && !name.split(/[\\/]/).includes('..');

/** The text of an index, as Python's `json.dump(..., indent=2)` writes it. */
export function writeIndex(
  metadata: ReadonlyMap<string, number | string>,
  files: ReadonlyMap<string, string>,
): string {
  return `{\n  "metadata": ${block(metadata)},\n  "weight_map": ${block(files)}\n}`;
}

// By hand: an object would put names like '10' first.
function block(map: ReadonlyMap<string, number | string>): string {
  if (map.size === 0) return '{}';
  const lines = [...map].map(([key, value]) => `    ${ascii(key)}: ${ascii(value)}`);
  return `{\n${lines.join(',\n')}\n  }`;
}

const ascii = (value: number | string): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
