// Packages of AOTInductor with mutations in their source, their directory and their bytes, as far as they are read here: no
// machine code is run. `npx tsx test/inductor/fuzz.ts COUNT SEED`; isolated.process.test.ts runs a few.
// With CODE as a third argument, mutations of machine code are run, each in a process of its own.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TorchError } from '../../lib/core/errors';
import { checkInputs } from '../../lib/inductor/input_spec';
import { readPackage, unpack } from '../../lib/inductor/package';
import torch from 'nodetorch';
import { any, random, setSeed } from '../export/fuzz/random';
import { bytesSource } from '../../lib/serialization/io/source';
import { ZipReader } from '../../lib/serialization/io/zip_reader';
import { zip } from '../scripts/zip';
import { fileOf } from './packages';

/** Where what is mutated comes from: a package of one input of two dimensions. */
export function sourceOf(type: string, dimensions: number): string {
  const spec = '{"type": null, "context": null, "children_spec": []}';
  const tuple = (...children: string[]): string =>
    `{"type": "builtins.tuple", "context": "null", "children_spec": [${children.join(', ')}]}`;
  const dict = '{"type": "builtins.dict", "context": "[]", "children_spec": []}';
  return [
    'inputs_info_[0].name = "x";',
    `in_spec_ = R"([1, ${tuple(tuple(spec), dict)}])";`,
    `out_spec_ = R"([1, ${spec}])";`,
    'ConstantHandle x = ConstantHandle(input_handles[0]);',
    `ss << "input_handles[0]: unmatched dtype, expected: " << "(at::k${type})";`,
    'int32_t x_expected_device_type = 0;',
    ...Array.from({ length: dimensions }, (_, i) => `int64_t s${i} = x_size[${i}];`),
  ].join('\n');
}

function garbled(bytes: Buffer): Buffer {
  const at = random(bytes.length);
  const copy = Buffer.from(bytes);
  return any([
    () => ((copy[at] ^= 1 << random(8)), copy),
    () => ((copy[at] = random(256)), copy),
    () => copy.subarray(0, at),
    () => Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random(8))]),
    () => Buffer.concat([copy.subarray(0, at), Buffer.alloc(1 + random(8), random(256)), copy.subarray(at)]),
    () => (copy.writeUInt32LE(any([0, 1, 0x7fffffff, 0xffffffff]), Math.min(at, copy.length - 4)), copy),
  ])();
}

export function mutate(count: number, seed: number): Record<'read' | 'refused', number> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'inductor-fuzz-'));
  const file = path.join(folder, 'model.pt2');
  const counts = { read: 0, refused: 0 };
  const names = [
    'm/data/aotinductor/model/x.wrapper.cpp',
    'm/data/aotinductor/model/x.wrapper_metadata.json',
  ];
  try {
    for (let i = 0; i < count; i++) {
      setSeed(seed * 1_000_003 + i);
      const contents: Buffer[] = [
        Buffer.from(sourceOf('Float', 2)),
        Buffer.from('{"AOTI_DEVICE_KEY": "cpu"}'),
      ];
      const which = random(3);
      if (which < 2) contents[which] = garbled(contents[which]);
      const name = random(10) === 0 ? any(['../../x', '/x', 'm\\x', 'm/../../x', 'm/\0x', '']) : names[0];
      let bytes = zip([{ name, data: contents[0], stored: true }, { name: names[1], data: contents[1], stored: true }]); // prettier-ignore
      if (which === 2) bytes = garbled(bytes);
      fs.writeFileSync(file, bytes);
      try {
        const info = readPackage(file, 'model');
        fs.rmSync(unpack(file), { recursive: true });
        checkInputs(info.inputs, [torch.ones([2, 3])]);
        counts.read++;
      } catch (error) {
        if (!(error instanceof TorchError)) throw new Error(`mutation ${i}`, { cause: error });
        counts.refused++;
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  return counts;
}

/** Bytes of the part of a library that is run, or of all of it. */
function garbledCode(library: Buffer): Buffer {
  const copy = Buffer.from(library);
  if (random(5) === 0) return garbled(copy);
  const [headers, count] = [Number(copy.readBigUInt64LE(0x20)), copy.readUInt16LE(0x38)];
  const all = Array.from({ length: count }, (_, i) => headers + i * 56);
  const at = all.find((each) => copy.readUInt32LE(each) === 1 && (copy.readUInt32LE(each + 4) & 1) === 1)!;
  const [start, size] = [8, 32].map((field) => Number(copy.readBigUInt64LE(at + field)));
  for (let i = 10 ** random(5); i > 0; i--) copy[start + random(size)] = random(256);
  return copy;
}

const MOST = 20_000; // milliseconds: what loops without end is closed then

/** Runs mutated machine code: what it does to its process is a rejected promise, and nothing stays behind. */
export async function mutateCode(count: number, seed: number): Promise<Record<string, number>> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'inductor-fuzz-'));
  const reader = new ZipReader(bytesSource(fs.readFileSync(fileOf('mlp'))));
  const entries = [...reader.names()].map((name) => ({ name, data: reader.read(name) }));
  const counts = { ran: 0, rejected: 0, refused: 0, closed: 0 };
  const left = () => fs.readdirSync(tmpdir()).filter((name) => /^nodetorch-inductor|^aotinductor/.test(name));
  const before = left();
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  for (let i = 0; i < count; i++) {
    setSeed(seed * 1_000_003 + i);
    const file = path.join(folder, 'model.pt2');
    const changed = entries.map(({ name, data }) => ({
      name: `m/${name}`,
      data: name.endsWith('.so') ? garbledCode(data) : data,
      stored: true,
    }));
    fs.writeFileSync(file, zip(changed));
    try {
      const model = torch.inductor.load(file, { trusted: true, isolate: { env: { ...process.env, OMP_NUM_THREADS: '1' } } }); // prettier-ignore
      const timer = setTimeout(() => (counts.closed++, model.close()), MOST);
      const outcome = await model.runAsync(torch.ones([4, 8])).then(() => null, (error: unknown) => error); // prettier-ignore
      clearTimeout(timer);
      model.close();
      if (outcome !== null && !(outcome instanceof TorchError)) throw new Error(`mutation ${i}`, { cause: outcome }); // prettier-ignore
      if (process.env.PRINT) console.error(i, String(outcome).slice(0, 150));
      counts[outcome === null ? 'ran' : 'rejected']++;
    } catch (error) {
      if (!(error instanceof TorchError)) throw error;
      counts.refused++;
    }
  }
  process.off('unhandledRejection', note);
  fs.rmSync(folder, { recursive: true });
  const children = (): string[] => fs.readdirSync('/proc').filter(isOurs);
  while (children().length > 0) await new Promise((done) => setTimeout(done, 20)); // who is killed needs a moment
  const stayed = left().filter((name) => !before.includes(name));
  if (stayed.length > 0 || unhandled.length > 0) throw new Error(`left behind: ${stayed.join()} ${unhandled.join()}`); // prettier-ignore
  return counts;
}
/** Whether a process runs a compiled model of this one, or did: a zombie. */
function isOurs(pid: string): boolean {
  try {
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))!;
    return name.startsWith('node') && Number(parent) === process.pid;
  } catch {
    return false; // no process, or none any more
  }
}

if (require.main === module) {
  const [count = 1000, seed = 1] = process.argv.slice(2, 4).map(Number);
  if (process.argv[4] === 'CODE') void mutateCode(count, seed).then(console.log);
  else console.log(mutate(count, seed));
}
