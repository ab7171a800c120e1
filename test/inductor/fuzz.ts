// Packages of AOTInductor with mutations in their source, their directory and their bytes, as far as they are read here: no
// machine code is run. `npx tsx test/inductor/fuzz.ts COUNT SEED`; isolated.process.test.ts runs a few.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TorchError } from '../../lib/core/errors';
import { checkInputs } from '../../lib/inductor/input_spec';
import { readPackage, unpack } from '../../lib/inductor/package';
import torch from 'nodetorch';
import { any, random, setSeed } from '../export/fuzz/random';
import { zip } from '../scripts/zip';

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

if (require.main === module)
  console.log(mutate(Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 1)));
