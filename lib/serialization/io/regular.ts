// Opening what a caller says is a file.
import fs from 'node:fs';
import { TorchTypeError } from '../../core/errors';

// Without it, opening a FIFO waits for somebody who writes to it. Windows has neither.
const AT_ONCE = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

const notAFile = (message: string): Error => new TorchTypeError(message);

/**
 * Opens a file to read it: its descriptor, and what is known of it.
 *
 * @throws `refuse(message)` for a folder, a FIFO, a socket or a device.
 */
export function openRegular(path: string, refuse = notAFile): { fd: number; stats: fs.Stats } {
  let fd: number;
  try {
    fd = fs.openSync(path, AT_ONCE);
  } catch (error) {
    // What a socket answers.
    const isSocket = fs.statSync(path, { throwIfNoEntry: false })?.isSocket();
    throw isSocket ? refuse(`'${path}' is not a file, but a socket`) : error;
  }
  const stats = fs.fstatSync(fd);
  if (stats.isFile()) return { fd, stats };
  fs.closeSync(fd);
  throw refuse(`'${path}' is not a file${kindOf(stats)}${contentOf(path, stats)}`);
}

function kindOf(stats: fs.Stats): string {
  if (stats.isDirectory()) return ', but a folder';
  if (stats.isFIFO()) return ', but a FIFO';
  return stats.isCharacterDevice() || stats.isBlockDevice() ? ', but a device' : '';
}

// What reads a folder of weights.
function contentOf(path: string, stats: fs.Stats): string {
  if (!stats.isDirectory()) return '';
  const names = fs.readdirSync(path);
  if (names.some((name) => /\.safetensors(\.index\.json)?$|\.bin\.index\.json$/.test(name))) {
    return ', and torch.loadStateDictFromFile() reads the checkpoint in it';
  }
  return names.includes('saved_model.pb')
    ? ', a SavedModel of TensorFlow: tf.saved_model.load() of Python opens it'
    : '';
}

/** The text of a file. */
export function readText(path: string, refuse?: (message: string) => Error): string {
  const { fd } = openRegular(path, refuse);
  try {
    return fs.readFileSync(fd, 'utf8');
  } finally {
    fs.closeSync(fd);
  }
}
