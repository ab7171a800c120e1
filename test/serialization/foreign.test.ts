// Files that are not what they are taken for: the message says what they are.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import torch, { safetensors } from 'nodetorch';
import { zip } from '../scripts/zip';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(tmpdir(), 'foreign-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const pt = Buffer.from(torch.save({ w: torch.ones([1]) }));
const tensors = Buffer.from(safetensors.save({ w: torch.ones([1]) }));
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
const archive = (...names: string[]): Buffer => zip(names.map((name) => ({ name, data: Buffer.from('x') })));

const files: [string, Buffer | string, RegExp][] = [
  ['nothing', '', /empty: it has 0 bytes/],
  ['a git-lfs pointer', lfs, /a git-lfs pointer.*git lfs pull/],
  ['HTML', ' \n<!DOCTYPE html><html></html>', /an HTML page/],
  ['HTML in another case', '<HTML>', /an HTML page/],
  ['JSON', '{"error": "not found"}', /text that begins with "\{\\"error/],
  ['text in UTF-8', 'Größe: 12 €, '.repeat(60), /text that begins with "Größe/],
  ['gzip', zlib.gzipSync(pt), /compressed with gzip/],
  ['zstd', Buffer.from('28b52ffd00000000000000', 'hex'), /compressed with zstd/],
  ['an array of NumPy', Buffer.from('\x93NUMPY\x01\0', 'latin1'), /NumPy/],
  ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /HDF5/],
  ['GGUF', 'GGUF\x03\0\0\0', /GGUF/],
  ['ONNX', Buffer.from('080812077079746f7263681a05322e312e30', 'hex'), /an ONNX model.*onnxruntime-node/],
  ['TensorFlow Lite', Buffer.from('1c00000054464c33140020001c001800', 'hex'), /TensorFlow Lite/],
  ['SavedModel', Buffer.from('080112a5f4010a1f12', 'hex'), /a SavedModel of TensorFlow/],
];
const loaders: [string, (file: string) => unknown][] = [
  ['torch.load', (file) => torch.load(file)],
  ['torch.load of bytes', (file) => torch.load(fs.readFileSync(file))],
  ['torch.load with mmap', (file) => torch.load(file, { mmap: true })],
  ['loadFile', (file) => safetensors.loadFile(file)],
  ['loadFile with pread', (file) => safetensors.loadFile(file, { backend: 'pread' })],
  ['safetensors.load', (file) => safetensors.load(fs.readFileSync(file))],
  ['loadStateDictFromFile', (file) => torch.loadStateDictFromFile(file)],
];
describe.each(files)('%s', (name, content, message) => {
  it.each(loaders)('is named by %s', (_, load) => {
    for (const end of ['pt', 'safetensors', 'dat']) {
      const file = path.join(folder, `${name}.${end}`);
      fs.writeFileSync(file, content);
      expect(() => load(file)).toThrow(message);
    }
  });
});

test('the index of a checkpoint of TensorFlow', () => {
  const table = Buffer.concat([
    Buffer.from([0, 0, 1, 2]),
    Buffer.alloc(40),
    Buffer.from('57fb808b247547db', 'hex'),
  ]);
  expect(() => torch.load(table)).toThrow(/index of a TensorFlow checkpoint/);
});

describe('archives', () => {
  const load = (bytes: Buffer, weightsOnly: boolean) => () => torch.load(bytes, { weightsOnly });
  it.each([
    ['TorchScript', archive('m/data.pkl', 'm/constants.pkl', 'm/code/x.py'), /TorchScript archive/],
    ['torch.export', archive('m/models/model.json', 'm/archive_format'), /torch.export archive/],
    [
      'torch.export of before',
      archive('serialized_exported_program.json', 'version'),
      /torch.export archive/,
    ],
    ['.npz', archive('arr_0.npy'), /NumPy's \(.npz\)/],
    ['.keras', archive('metadata.json', 'model.weights.h5'), /Keras/],
    ['another', archive('word/document.xml'), /a zip archive of "word\/document.xml"/],
  ])('%s', (name, bytes, message) => {
    expect(load(bytes, true)).toThrow(message);
    expect(load(bytes, false)).toThrow(message);
    expect(load(bytes, false)).not.toThrow(/weights_only=True/);
    if (name === 'TorchScript') expect(load(bytes, true)).toThrow(/Cannot use ``weights_only=True``/);
  });
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
