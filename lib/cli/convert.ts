// npx nodetorch convert
import fs from 'node:fs';
import type { StateDict } from '../nn/module/state_dict';
import type { Tensor } from '../tensor';
import { findFormat } from '../serialization/format';
import { type Command, UsageError, parse } from './arguments';
import { describe } from './describe';
import { plural, print, printable, size } from './text';

const usage = `Usage: npx nodetorch convert FROM TO [--key NAME] [--prefix PREFIX] [--max-shard-size SIZE]

Writes the tensors of one file into another, in the format that the other's name says: .safetensors;
.pt, .pth or .bin; or a folder, for a sharded checkpoint. FROM may be any of them, a .index.json too.

  --key NAME              which entry of a whole .pt checkpoint: model, state_dict
  --prefix PREFIX         only what is below it, without it: module.
  --max-shard-size SIZE   of the files in a folder: 500MB (default 5GB)
  --help

Weights that share memory are written once into .safetensors; its metadata names them. TO is replaced
only when the new file is whole.
`;

const options = {
  key: { type: 'string' },
  prefix: { type: 'string' },
  'max-shard-size': { type: 'string' },
} as const;

function run(argv: readonly string[]): number {
  const { values, positionals } = parse(argv, options, ['FROM', 'TO']);
  const [from, to] = positionals;
  const write = writerFor(to, values['max-shard-size']);
  const dropped = write(from, read(from, to, values), metadataOf(from));
  for (const [name, kept] of dropped) print(`${printable(name)}: shares memory with ${printable(kept)}`);
  const { tensors } = describe(to);
  const bytes = tensors.reduce((sum, row) => sum + row.bytes, 0);
  print(`${printable(to)}: ${plural(tensors.length, 'tensor')}, ${size(bytes)}`);
  return 0;
}

type Writer = (from: string, state: unknown, metadata: Record<string, string>) => Map<string, string>;

const shardSize = (text: string): number | '5GB' => (/^\d+$/.test(text) ? Number(text) : (text as '5GB'));
const isPickleName = (file: string): boolean => /\.(pt|pth|bin)$/i.test(file);
const isFolder = (file: string): boolean =>
  /[\\/]$/.test(file) || (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false);

/* eslint-disable @typescript-eslint/no-require-imports -- the addon, only where it is needed */
function writerFor(to: string, maxShardSize: string | undefined): Writer {
  if (!isFolder(to) && maxShardSize !== undefined) {
    throw new UsageError('--max-shard-size is for a folder; end its name with /');
  }
  if (isFolder(to)) {
    return (_, state, metadata) => {
      const { saveSharded } =
        require('../serialization/safetensors/sharded') as typeof import('../serialization/safetensors/sharded');
      const { tensors, metadata: notes, dropped } = plain(state as StateDict, metadata);
      saveSharded(tensors, to, { metadata: notes, maxShardSize: shardSize(maxShardSize ?? '5GB') });
      return dropped;
    };
  }
  if (isPickleName(to)) {
    return (_, state) => {
      (require('../serialization/save') as typeof import('../serialization/save')).save(state, to);
      return new Map();
    };
  }
  if (!to.endsWith('.safetensors')) {
    throw new UsageError(`'${to}' ends with neither .safetensors, .pt, .pth, .bin nor /`);
  }
  return (_, state, metadata) => {
    const { writeFile } =
      require('../serialization/safetensors/save') as typeof import('../serialization/safetensors/save');
    const { tensors, metadata: notes, dropped } = plain(state as StateDict, metadata);
    writeFile(tensors, to, { metadata: { format: 'pt', ...notes } }).commit();
    return dropped;
  };
}

function read(from: string, to: string, { key, prefix }: { key?: string; prefix?: string }): unknown {
  const { format, file } = findFormat(from);
  if (format === 'pt' && isPickleName(to) && key === undefined && prefix === undefined) {
    return (require('../serialization/load') as typeof import('../serialization/load')).load(file, {
      mapLocation: 'cpu',
    });
  }
  const { loadStateDictFromFile } =
    require('../serialization/state_dict_file') as typeof import('../serialization/state_dict_file');
  return loadStateDictFromFile(file, { key, prefix });
}

// Each memory once; what only overlaps gets memory of its own.
function plain(state: StateDict, metadata: Record<string, string>) {
  const { findSharedTensors, isComplete } =
    require('../serialization/safetensors/shared') as typeof import('../serialization/safetensors/shared');
  const { Tensor } = require('../tensor') as typeof import('../tensor');
  for (const [name, value] of state) {
    if (!(value instanceof Tensor)) throw new Error(`'${name}' is no tensor: .safetensors cannot hold it`);
  }
  const tensors = new Map(state);
  const dropped = new Map<string, string>();
  for (const [kept, ...others] of findSharedTensors(state)) {
    for (const name of others) {
      if (sameView(state.get(name)!, state.get(kept)!)) dropped.set(name, kept);
      else tensors.set(name, state.get(name)!.clone());
    }
  }
  for (const name of dropped.keys()) tensors.delete(name);
  for (const [name, tensor] of tensors) if (!isComplete(tensor)) tensors.set(name, tensor.clone());
  return { tensors, metadata: { ...metadata, ...Object.fromEntries(dropped) }, dropped };
}

const sameView = (a: Tensor, b: Tensor): boolean =>
  a.dtype === b.dtype &&
  a.dataPtr() === b.dataPtr() &&
  String(a.shape) === String(b.shape) &&
  String(a.stride()) === String(b.stride());
/* eslint-enable @typescript-eslint/no-require-imports */

function metadataOf(from: string): Record<string, string> {
  const { file, format } = findFormat(from);
  if (format === 'pt') return {};
  const entries = Object.entries(describe(file).metadata ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export const convert: Command = { usage, run };
