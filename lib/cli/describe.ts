// What is in a file, without its weights. Needs no addon, but for programs and rare tensors.
import fs from 'node:fs';
import path from 'node:path';
import { findFormat } from '../serialization/format';
import { openRegular } from '../serialization/io/regular';
import { fileSource } from '../serialization/io/source';
import { type Header, headerLength, naming, parseHeader } from '../serialization/safetensors/header';
import { readCheckpoint, readIndex } from '../serialization/safetensors/sharded_index';
import { archiveKind } from './archive';
import type { Description, TensorRow } from './description';
import { describePickle } from './pickle';

/* eslint-disable @typescript-eslint/no-require-imports -- the addon, only where it is needed */
const programs = () => require('./program') as typeof import('./program');
const numpy = () => require('../io/npz') as typeof import('../io/npz');
/* eslint-enable @typescript-eslint/no-require-imports */

export function describe(target: string): Description {
  return readCheckpoint(target, describeFile);
}

function describeFile(target: string): Description {
  const { file, format } = findFormat(target);
  if (format === 'pt') {
    const kind = archiveKind(file);
    if (kind === 'pt2') {
      return { file, format: 'pt2', metadata: null, values: [], ...programs().describeProgram(file) };
    }
    if (kind === 'npz') return { file, format: 'npz', metadata: null, values: [], tensors: arrays(file) };
    return { file, format, metadata: null, ...describePickle(file) };
  }
  if (format === 'index') return describeIndex(file);
  const { metadata, entries } = naming(file, () => readHeader(file));
  return { file, format, metadata, tensors: rows(entries), values: [] };
}

function describeIndex(file: string): Description {
  const { folder, metadata, shards } = readIndex(file);
  const tensors = [...shards].flatMap(([shard, names]): readonly TensorRow[] => {
    const target = path.join(folder, shard);
    fs.closeSync(openRegular(target).fd); // a folder would be looked into
    const found = new Map(describeFile(target).tensors.map((row) => [row.name, row]));
    return names.map((name) => {
      const row = found.get(name);
      if (!row) throw new Error(`'${shard}' lacks what the index promises: ${name}`);
      return { ...row, file: shard };
    });
  });
  return { file, format: 'index', metadata, tensors, values: [] };
}

function arrays(file: string): readonly TensorRow[] {
  const source = fileSource(file, false);
  try {
    const npz = new (numpy().NpzFile)(source);
    return npz.names.map((name) => {
      const { dtype, shape } = npz.describe(name);
      return { name, dtype: dtype.name, shape, bytes: shape.reduce((n, size) => n * size, dtype.itemsize) };
    });
  } finally {
    source.close();
  }
}

const rows = (entries: Header['entries']): readonly TensorRow[] =>
  entries.map(({ name, label, dtype, shape, begin, end }) => ({
    name,
    dtype: dtype?.name ?? label,
    shape,
    bytes: end - begin,
  }));

function readHeader(file: string): Header {
  const { fd, stats } = openRegular(file);
  try {
    const length = headerLength(bytesOf(fd, 0, Math.min(8, stats.size)), stats.size);
    return parseHeader(bytesOf(fd, 8, length), stats.size - 8 - length);
  } finally {
    fs.closeSync(fd);
  }
}

function bytesOf(fd: number, position: number, count: number): Buffer {
  const buffer = Buffer.alloc(count);
  if (fs.readSync(fd, buffer, 0, count, position) < count)
    throw new Error('the file ended while it was read');
  return buffer;
}
