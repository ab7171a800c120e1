// What a file is that is not what was expected, for messages. Needs no addon.
import { isOldPickle } from './old_pickle';

const starts: readonly (readonly [start: string, what: string])[] = [
  [
    'version https://git-lfs.github.com/spec/',
    'a git-lfs pointer, not the file that it stands for: run `git lfs pull`',
  ],
  ['\x1f\x8b', 'compressed with gzip: unpack it first'],
  ['BZh', 'compressed with bzip2: unpack it first'],
  ['\xfd7zXZ\0', 'compressed with xz: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd: unpack it first'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive: unpack it first'],
  ['\x93NUMPY', "an array of NumPy's (.npy): torch.io.loadNpy() opens it"],
  ['\x89HDF\r\n', 'an HDF5 file, such as Keras writes: h5py of Python opens it'],
  ['GGUF', 'a GGUF file, of llama.cpp: the package gguf of Python reads its tensors'],
  [
    '\x08\x01\x12',
    'a SavedModel of TensorFlow, which tf.saved_model.load() of Python opens and the converter of tfjs reads, or an old model of Core ML (.mlmodel), which coremltools of Python opens',
  ],
  ['%PDF', 'a PDF document'],
  ['\x89PNG', 'an image'],
  ['\xff\xd8\xff', 'an image'],
];

const FLATBUFFERS = 4; // where they name what they are
const TAR = 257;
const oldRecords = ['sys_info', 'pickle', 'storages', 'tensors'];
/** How an index of TensorFlow's checkpoints ends, which is a table of LevelDB. */
const TABLE_END = Buffer.from('57fb808b247547db', 'hex');

/** What a file begins with that is worth a look. */
export const HEAD = 512; // bytes

/**
 * What `head`, the first bytes of a file, and `tail`, the last eight, say that the file is; null where it may be what is
 * expected.
 */
export function foreign(
  head: Buffer,
  size: number,
  expected: 'pt' | 'safetensors',
  tail?: Buffer,
): string | null {
  if (size === 0) return 'empty: it has 0 bytes';
  if (tail?.equals(TABLE_END))
    return "the index of a TensorFlow checkpoint: tf.train.load_checkpoint() of Python's opens it";
  const text = head.toString('latin1');
  const known = starts.find(([start]) => text.startsWith(start));
  if (known) return known[1];
  if (text.startsWith('TFL3', FLATBUFFERS))
    return 'a model of TensorFlow Lite (.tflite): its own interpreter runs it';
  if (isOtherPickle(head)) return OTHER_PICKLE;
  if (text.startsWith(OLD_MAGIC)) {
    return 'a file of torch.save(pickle_protocol=1) or 0: torch.load(weights_only=False) of Python opens it where it can, save it again there';
  }
  if (isOldPickle(head, size)) return OTHER_PICKLE;
  if (isCoreMl(head)) return 'a model of Core ML (.mlmodel): coremltools of Python opens it';
  if (isOnnx(head)) return 'an ONNX model: the package onnxruntime-node runs it';
  if (text.startsWith('ustar', TAR)) {
    if (!oldRecords.some((name) => text.startsWith(`${name}\0`))) return 'a tar archive: unpack it first';
    if (expected === 'safetensors')
      return 'a tar archive, as torch.save() of before 0.1.10 wrote it: torch.load() of Python opens such';
  }
  if (expected === 'safetensors') {
    const byTorch = 'as torch.save() writes it: read it with torch.load()';
    if (text.startsWith('PK\x03\x04')) return `a zip archive, ${byTorch}`;
    if (head[0] === 0x80) return `a pickle, ${byTorch}`;
  } else if (isSafetensors(head)) {
    return 'a .safetensors file: read it with safetensors.loadFile() or loadStateDictFromFile()';
  }
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html)/i.test(text)) {
    return 'an HTML page, perhaps what a server said instead of sending the file';
  }
  // No control characters but white space; UTF-8 may be cut at the end.
  if (!/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text) || /\ufffd(?!$)/.test(head.toString('utf8'))) return null;
  return `text that begins with ${JSON.stringify(head.toString('utf8').slice(0, 40))}`;
}

/** What torch.save begins a pickle with, since it makes no archives of them. */
const MAGIC = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
const PROTO = 0x80;
/** The same as protocols 0 and 1 write it. */
const OLD_MAGIC = 'L119547037146038801333356L\n.';
const OTHER_PICKLE =
  'a pickle that torch.save() did not write, of joblib or scikit-learn perhaps: pickle.load() of Python opens it, and runs what is in it';
const isOtherPickle = (head: Buffer): boolean =>
  head[0] === PROTO &&
  head[1] >= 2 &&
  head[1] <= 5 &&
  head.length > 32 &&
  !head.subarray(0, 32).includes(MAGIC);

/** Its version, then who made it or the graph; pickles and zips begin with other bytes. */
const isOnnx = (head: Buffer): boolean =>
  head[0] === 0x08 && head[1] >= 3 && head[1] < 32 && [0x12, 0x1a, 0x3a].includes(head[2]);

/** Its version, then its description, which begins with an input; of ONNX a name lies there. */
function isCoreMl(head: Buffer): boolean {
  if (head[0] !== 0x08 || head[1] < 2 || head[1] >= 32 || head[2] !== 0x12) return false;
  let at = 3;
  while (head[at] >= 0x80) at++; // its length
  return head[at + 1] === 0x0a;
}

/** A header's length, then the header; neither a zip nor a pickle has a brace there. */
export const isSafetensors = (head: Buffer): boolean =>
  head.length >= 9 && head[8] === '{'.charCodeAt(0) && head.readUInt32LE(4) === 0;

/** What a zip archive is that torch.save did not make, and what opens it; null where it may have. */
export function foreignArchive(names: readonly string[]): string | null {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/(^|\/)constants\.pkl$/)) {
    return 'a TorchScript archive (torch.jit.save()), which is a program: torch.jit.load() runs it, { tensorsOnly: true } loads its weights';
  }
  if (has(/(^|\/)serialized_exported_program\.json$/)) {
    return 'a torch.export archive (.pt2) as older versions of PyTorch wrote it: torch.export.load() opens it';
  }
  if (has(/(^|\/)data\/aotinductor\//) && !has(/(^|\/)models\/[^/]+\.json$/)) {
    return `a package of AOTInductor (.pt2), which is compiled: torch.inductor.load() runs it`;
  }
  if (has(/(^|\/)archive_format$/)) {
    return 'a torch.export archive (.pt2), which is a program: torch.export.load() opens it';
  }
  if (has(/\.npy$/)) return "arrays of NumPy's (.npz): torch.io.loadNpz() opens them";
  if (has(/\.weights\.h5$/)) return 'a model of Keras (.keras): keras.saving.load_model() of Python opens it';
  if (has(/(^|\/)data\.pkl$/)) return null;
  return `a zip archive of ${JSON.stringify(names[0].slice(0, 40))}, not one of torch.save()`;
}
