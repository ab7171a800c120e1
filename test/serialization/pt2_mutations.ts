// Programs of torch.export with mutations in them: half of them in the words and numbers of the graph.
import fs from 'node:fs';
import path from 'node:path';
import torch from 'nodetorch';
import { bytesSource } from '../../lib/serialization/io/source';
import { ZipReader } from '../../lib/serialization/io/zip_reader';
import { type Entry, zip } from '../scripts/zip';

type Random = (below: number) => number;

const folder = path.join(__dirname, '../export/programs');
const programs = ['mlp_dynamic', 'cond', 'trees', 'symbols', 'dtypes', 'no_grad'].map((name) => {
  const reader = new ZipReader(bytesSource(fs.readFileSync(path.join(folder, `${name}.pt2`))));
  const entries = [...reader.names()].map((record) => ({
    name: record,
    data: reader.read(record),
    stored: true,
  }));
  return { name, entries };
});

const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[{}[\]]/g;
const extremes = [
  '-1',
  '0',
  '9223372036854775807',
  '1e400',
  '"x"',
  '""',
  '"__proto__"',
  'null',
  '{}',
  '[]',
  '-0',
];

function mutateJson(text: string, random: Random): string {
  const tokens = [...text.matchAll(token)];
  let mutated = text;
  for (let i = 1 + random(3); i > 0; i--) {
    const { 0: old, index } = tokens[random(tokens.length)];
    const other = random(2) === 0 ? extremes[random(extremes.length)] : tokens[random(tokens.length)][0];
    if (mutated.slice(index, index + old.length) === old) {
      mutated = mutated.slice(0, index) + other + mutated.slice(index + old.length);
    }
  }
  return mutated;
}

/** A mutated archive, and its name. */
export function mutatedProgram(random: Random): { name: string; bytes: Buffer } {
  const { name, entries } = programs[random(programs.length)];
  const isJson = random(2) === 0;
  const place = random(entries.length);
  const changed = entries.map((entry, i): Entry => {
    const wanted = isJson ? entry.name.endsWith('.json') && (random(3) > 0 || i === place) : i === place;
    if (!wanted) return entry;
    if (entry.name.endsWith('.json')) return { ...entry, data: mutateJson(entry.data.toString(), random) };
    const data = Buffer.from(entry.data);
    if (data.length > 0) data[random(data.length)] = random(256);
    return { ...entry, data: random(3) === 0 ? data.subarray(0, random(data.length + 1)) : data };
  });
  const bytes = zip(changed.map((entry) => ({ ...entry, name: `m/${entry.name}` })));
  if (!isJson && random(2) === 0) bytes[random(bytes.length)] = random(256);
  return { name, bytes };
}

/** Reads it, makes a module of it and prints it; nothing in it is run. */
export function openProgram(bytes: Buffer): void {
  const program = torch.export.load(bytes);
  program.module();
  if (String(program).length + program.graphText.length > 1e6) throw new Error('it prints too much');
}
