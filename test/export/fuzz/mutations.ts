// Programs of torch.export with mutations in the structure of their JSON.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch from 'nodetorch';
import { bytesSource } from '../../../lib/serialization/io/source';
import { ZipReader } from '../../../lib/serialization/io/zip_reader';
import { zip } from '../../scripts/zip';
import { any, random } from './random';

const MODEL = 'models/model.json';
const names = [
  'mlp_dynamic',
  'cond',
  'map',
  'while',
  'scan',
  'symbols',
  'trees',
  'arguments',
  'cnn_decomposed',
];
const results = torch.load<Record<string, { args: unknown[] }>>(join(__dirname, '../programs.pt'), {
  objects: true,
});
export const programs = names.map((name) => {
  const reader = new ZipReader(bytesSource(readFileSync(join(__dirname, '../programs', `${name}.pt2`))));
  const records = new Map([...reader.names()].map((record) => [record, reader.read(record)]));
  return { name, records, args: results[name].args };
});

type Place = { of: Record<string, unknown>; key: string };
/** Every place in a tree of JSON. */
function places(tree: unknown, found: Place[] = []): Place[] {
  if (typeof tree !== 'object' || tree === null) return found;
  const of = tree as Record<string, unknown>;
  for (const key of Object.keys(of)) {
    found.push({ of, key });
    places(of[key], found);
  }
  return found;
}
const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
// What JSON.stringify cannot write stands in quotes with a sign, which go afterwards.
const values = [
  0,
  -1,
  3,
  1.5,
  true,
  null,
  '',
  'x',
  '__proto__',
  'constructor',
  '@9223372036854775807@',
  '@1e999@',
  {},
  [],
];
const words = [
  'torch.ops.aten.add.Tensor',
  'torch.ops.higher_order.cond',
  'torch.ops.higher_order.while_loop',
];
const more = [
  '_operator.add',
  'torch.ops.aten.resize_.default',
  'torch.ops.higher_order.auto_functionalized_v2',
];
const kinds = [
  'as_none',
  'as_tensor',
  'as_ints',
  'as_sym_int',
  'as_graph',
  'as_operator',
  'as_optional_tensors',
];

function placeOf(all: Place[], key: RegExp, change: (place: Place) => void): void {
  const found = all.filter((place) => key.test(place.key));
  if (found.length > 0) change(any(found));
}
const mutations: ((place: Place, all: Place[]) => void)[] = [
  ({ of, key }) => (of[key] = any(values)),
  ({ of, key }, all) => (of[key] = copy(at(any(all)))),
  ({ of, key }, all) => {
    const other = any(all);
    [of[key], other.of[other.key]] = [copy(at(other)), copy(of[key])];
  },
  ({ of, key }) => (Array.isArray(of) ? of.splice(Number(key), 1) : delete of[key]),
  ({ of, key }) => Array.isArray(of) && of.splice(random(of.length), 0, copy(of[Number(key)])),
  ({ of, key }) => Array.isArray(of) && of.push(...(of.splice(Number(key)) as unknown[]).reverse()),
  (_, all) => placeOf(all, /^target$/, ({ of, key }) => (of[key] = any([...words, ...more]))),
  (_, all) =>
    placeOf(all, /^as_/, ({ of, key }) => {
      const value = of[key];
      delete of[key];
      of[any(kinds)] = value;
    }),
  // A name that is another's.
  (_, all) =>
    placeOf(all, /^name$/, ({ of }) => placeOf(all, /^name$/, (other) => (of.name = other.of.name))),
  // A graph in itself.
  (_, all) =>
    placeOf(all, /^graph$/, (place) =>
      placeOf(all, /^arg$/, ({ of }) => {
        of.arg = { as_graph: { name: 'again', graph: copy(at(place)) } };
      }),
    ),
];
const at = ({ of, key }: Place): unknown => of[key];

/** An archive of it with mutations in its graph. */
export function mutated({ records }: (typeof programs)[number]): Buffer {
  const tree = { '': JSON.parse(records.get(MODEL)!.toString()) as unknown };
  for (let i = 1 + random(3); i > 0; i--) {
    const all = places(tree);
    if (all.length > 0) any(mutations)(any(all), all);
  }
  const text = JSON.stringify(tree[''] ?? null).replace(/"@([^@]*)@"/g, '$1');
  const changed = new Map([...records, [MODEL, Buffer.from(text)]]);
  if (random(20) === 0) changed.delete(any([...changed.keys()]));
  return zip([...changed].map(([name, data]) => ({ name: `m/${name}`, data, stored: true })));
}
