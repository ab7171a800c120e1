/**
 * Takes the place of `@tensorflow/tfjs-node`: TensorFlow.js on libtorch, as the backend `tensorflow`.
 *
 * @module @nodetorch/tfjs-node
 */
import * as tf from '@tensorflow/tfjs';
import { registerTorchBackend } from 'nodetorch/tfjs';
import * as nodeIo from './io';

export * from '@tensorflow/tfjs';
export { node } from './node';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a file of another package, outside of this one's sources
const own = require('nodetorch/package.json') as { version: string };

/** The versions of TensorFlow.js's packages, and of this one. */
export const version = { ...tf.version, 'tfjs-node': own.version };
/** `tf.io` with handlers for files and for HTTP. */
export const io = { ...tf.io, ...nodeIo };

registerTorchBackend(tf, { name: 'tensorflow' });
// Without waiting: the backend is there at once.
void tf.setBackend('tensorflow');
