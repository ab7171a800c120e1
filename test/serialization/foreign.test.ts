// Files that are not what they are taken for: the message says what they are.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import torch, { safetensors } from 'nodetorch';
import { run } from '../cli/captured';
import { zip } from '../scripts/zip';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'foreign-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const pt = Buffer.from(torch.save({ w: torch.ones([1]) }));
const tensors = Buffer.from(safetensors.save({ w: torch.ones([1]) }));
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
const archive = (...names: string[]): Buffer => zip(names.map((name) => ({ name, data: Buffer.from('x') })));

function tarOf(name: string): Buffer {
  const tar = Buffer.alloc(1024);
  tar.write(name);
  tar.write('ustar', 257);
  return tar;
}

const files: [string, Buffer | string, RegExp][] = [
  ['nothing', '', /empty: it has 0 bytes/],
  ['a git-lfs pointer', lfs, /a git-lfs pointer.*git lfs pull/],
  ['HTML', ' \n<!DOCTYPE html><html></html>', /an HTML page/],
  ['HTML in another case', '<HTML>', /an HTML page/],
  ['JSON', '{"error": "not found"}', /text that begins with "\{\\"error/],
  ['text in UTF-8', 'Größe: 12 €, '.repeat(60), /text that begins with "Größe/],
  ['gzip', zlib.gzipSync(pt), /compressed with gzip/],
  ['zstd', Buffer.from('28b52ffd00000000000000', 'hex'), /compressed with zstd/],
  [
    'an array of NumPy',
    Buffer.from('\x93NUMPY\x01\0', 'latin1'),
    /an array of NumPy's \(.npy\): torch.io.loadNpy\(\) opens it/,
  ],
  ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /an HDF5 file.*: h5py of Python opens it/],
  ['GGUF', 'GGUF\x03\0\0\0', /a GGUF file.*the package gguf of Python/],
  ['ONNX', Buffer.from('080812077079746f7263681a05322e312e30', 'hex'), /an ONNX model.*onnxruntime-node/],
  [
    'a pickle of Python',
    Buffer.concat([
      Buffer.from('80049546000000000000007d94288c0161944b018c0162944b0275', 'hex'),
      Buffer.alloc(40, 0x2e),
    ]),
    /a pickle that torch.save\(\) did not write.*pickle.load\(\) of Python/,
  ],
  // pickle.dump({'a': 1, 'w': [1.5, None]}, file, protocol=0), then 1, then what joblib of before wrote.
  [
    'a pickle of protocol 0',
    '(dp0\nVa\np1\nI1\nsVw\np2\n(lp3\nF1.5\naNas.',
    /a pickle that torch.save\(\) did not write/,
  ],
  [
    'a pickle of protocol 0, of Python 2',
    `(lp0\nS'a'\np1\n${'aI7\n'.repeat(300)}a.`,
    /a pickle that torch.save\(\) did not write/,
  ],
  [
    'a pickle of protocol 1',
    Buffer.from(
      '7d7100285801000000617101 4b015801000000777102 5d710328473ff8000000000000 4e65752e'.replaceAll(' ', ''),
      'hex',
    ),
    /a pickle that torch.save\(\) did not write/,
  ],
  [
    'an object of protocol 0',
    'ccopy_reg\n_reconstructor\np0\n(csklearn.svm\nSVC\np1\nc__builtin__\nobject\np2\nNtRp3\n.',
    /a pickle that torch.save\(\) did not write/,
  ],
  [
    'torch.save of protocol 1',
    Buffer.from('4c3131393534373033373134363033383830313333333335364c0a2e4de9032e7d710028', 'hex'),
    /a file of torch.save\(pickle_protocol=1\) or 0: torch.load/,
  ],
  ['a tar archive', tarOf('readme.txt'), /a tar archive: unpack it first/],
  ['TensorFlow Lite', Buffer.from('1c00000054464c33140020001c001800', 'hex'), /a model of TensorFlow Lite/],
  [
    'SavedModel',
    Buffer.from('080112a5f4010a1f12', 'hex'),
    /a SavedModel of TensorFlow, which tf.saved_model.load\(\)/,
  ],
  // Its version, then its description.
  [
    'Core ML of today',
    Buffer.from('080412cb060abc060a0a', 'hex'),
    /a model of Core ML \(.mlmodel\): coremltools/,
  ],
  [
    'Core ML',
    Buffer.from('080112cb060abc060a0a', 'hex'),
    /or an old model of Core ML \(.mlmodel\), which coremltools/,
  ],
  [
    'the index of a checkpoint of TensorFlow',
    Buffer.concat([Buffer.from([0, 0, 1, 2]), Buffer.alloc(40), Buffer.from('57fb808b247547db', 'hex')]),
    /the index of a TensorFlow checkpoint: tf.train.load_checkpoint\(\)/,
  ],
];
const command =
  (name: string, ...rest: string[]) =>
  (file: string) => {
    const { code, out, err } = run(name, file, ...rest);
    expect([code, out, err.split('\n').length]).toEqual([2, '', 2]);
    throw new Error(err);
  };
const loaders: [string, (file: string) => unknown][] = [
  ['torch.load', (file) => torch.load(file)],
  ['torch.load of bytes', (file) => torch.load(fs.readFileSync(file))],
  ['torch.load with mmap', (file) => torch.load(file, { mmap: true })],
  ['torch.load of all that there is', (file) => torch.load(file, { weightsOnly: false })],
  ['loadFile', (file) => safetensors.loadFile(file)],
  ['loadFile with pread', (file) => safetensors.loadFile(file, { backend: 'pread' })],
  ['safetensors.load', (file) => safetensors.load(fs.readFileSync(file))],
  ['loadSharded', (file) => safetensors.loadSharded(file)],
  ['loadSharded of an index', (file) => safetensors.loadSharded(indexOf(file))],
  ['loadStateDictFromFile', (file) => torch.loadStateDictFromFile(file)],
  ['inspect', command('inspect')],
  ['convert', (file) => command('convert', path.join(folder, 'out.safetensors'))(file)],
  ['diff', (file) => command('diff', file)(file)],
];
function indexOf(file: string): string {
  const index = path.join(folder, 'x.safetensors.index.json');
  fs.writeFileSync(index, JSON.stringify({ weight_map: { w: path.basename(file) } }));
  return index;
}
// Whatever the file is called.
function expectNamed(
  content: Buffer | string,
  name: string,
  load: (file: string) => unknown,
  message: RegExp,
) {
  for (const end of ['pt', 'safetensors', 'dat']) {
    const file = path.join(folder, `${name}.${end}`);
    fs.writeFileSync(file, content);
    expect(() => load(file)).toThrow(message);
  }
}

describe.each(files)('%s', (name, content, message) => {
  it.each(loaders)('is named by %s', (_, load) => expectNamed(content, name, load, message));
});

describe('archives', () => {
  const load = (bytes: Buffer, weightsOnly: boolean) => () => torch.load(bytes, { weightsOnly });
  const kinds: [string, Buffer, RegExp][] = [
    ['TorchScript', archive('m/data.pkl', 'm/constants.pkl', 'm/code/x.py'), /TorchScript archive/],
    [
      'torch.export',
      archive('m/models/model.json', 'm/archive_format'),
      /a torch.export archive.*: torch.export.load\(\) opens it/,
    ],
    [
      'torch.export of before',
      archive('serialized_exported_program.json', 'version'),
      /a torch.export archive.*: torch.export.load\(\) opens it/,
    ],
    ['.npz', archive('arr_0.npy'), /arrays of NumPy's \(.npz\): torch.io.loadNpz\(\) opens them/],
    ['.keras', archive('metadata.json', 'model.weights.h5'), /a model of Keras.*load_model\(\) of Python/],
    ['another', archive('word/document.xml'), /a zip archive of "word\/document.xml"/],
  ];
  it.each(kinds)('%s', (name, bytes, message) => {
    expect(load(bytes, true)).toThrow(message);
    expect(load(bytes, false)).toThrow(message);
    expect(load(bytes, false)).not.toThrow(/weights_only=True/);
    if (name === 'TorchScript') expect(load(bytes, true)).toThrow(/Cannot use ``weights_only=True``/);
  });
  const others = ['loadFile', 'safetensors.load', 'loadSharded'];
  describe.each(kinds)('%s', (name, bytes, message) => {
    it.each(loaders.filter(([loader]) => others.includes(loader)))('is named by %s', (_, load) =>
      expectNamed(bytes, name, load, message),
    );
  });
});

test('what is cut short', () => {
  const cut = (bytes: Buffer, count: number): string => {
    const file = path.join(folder, 'cut.bin');
    fs.writeFileSync(file, bytes.subarray(0, bytes.length - count));
    return file;
  };
  for (const load of [(file: string) => torch.load(file), command('inspect')]) {
    expect(() => load(cut(pt, 200))).toThrow(/cut.bin': it is cut short, or no zip archive/);
  }
  for (const [, load] of loaders.slice(4)) {
    if (load !== loaders[6][1]) expect(() => load(cut(tensors, 1))).toThrow(/4 bytes of data, 3 are there: it is cut short/); // prettier-ignore
  }
});

test('a tar archive of before PyTorch 0.1.10', () => {
  const tar = tarOf('sys_info');
  const named =
    /a tar archive, as torch.save\(\) of before 0.1.10 wrote it: torch.load\(\) of Python opens such/;
  expect(() => torch.load(tar)).toThrow(
    /Cannot use ``weights_only=True`` with files saved in the legacy .tar format/,
  );
  expect(() => torch.load(tar, { weightsOnly: false })).toThrow(
    /in the .tar format of before PyTorch 0.1.10/,
  );
  for (const load of loaders.slice(4, 9)) expectNamed(tar, 'tar', load[1], named);
});

test('a folder', () => {
  const inside = (file: string): string => {
    const target = fs.mkdtempSync(path.join(folder, 'folder-'));
    fs.writeFileSync(path.join(target, file), '');
    return target;
  };
  const reads = /is not a file, but a folder, and torch.loadStateDictFromFile\(\) reads the checkpoint in it/;
  expect(() => torch.load(inside('model.safetensors.index.json'))).toThrow(reads);
  expect(() => safetensors.loadFile(inside('model.safetensors'))).toThrow(reads);
  expect(() => torch.load(inside('saved_model.pb'))).toThrow(
    /a folder, a SavedModel of TensorFlow: tf.saved_model/,
  );
  for (const load of [command('inspect'), torch.loadStateDictFromFile, safetensors.loadSharded]) {
    expect(() => load(inside('config.json'))).toThrow(/holds no checkpoint/);
  }
});

test('the data of a checkpoint of TensorFlow, by its name', () => {
  const file = path.join(folder, 'variables.data-00000-of-00001');
  fs.writeFileSync(file, new Float32Array(16).fill(1.5));
  for (const [name, load] of loaders) {
    if (!/of bytes|safetensors.load/.test(name))
      expect(() => load(file)).toThrow(/the data of a TensorFlow checkpoint.*load_checkpoint\(\)/);
  }
});

it('one for the other', () => {
  const write = (name: string, bytes: Buffer): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, bytes);
    return file;
  };
  expect(() => torch.load(write('a.bin', tensors))).toThrow(
    /a .safetensors file: read it with safetensors.loadFile\(\)/,
  );
  expect(() => safetensors.loadFile(write('a.safetensors', pt))).toThrow(
    /a zip archive, as torch.save\(\) writes it/,
  );
  const legacy = fs.readFileSync(path.join(__dirname, '../fixtures/state_files/legacy.pt'));
  expect(() => safetensors.load(legacy)).toThrow(/a pickle, as torch.save\(\) writes it/);
  // A damaged file of the right kind is damaged.
  expect(() => safetensors.load(tensors.subarray(0, 40))).toThrow(
    /^Error while deserializing header: invalid header length/,
  );
});
