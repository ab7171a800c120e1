/**
 * PyTorch for Node.js: `import torch from 'nodetorch'`, or its parts by name.
 *
 * @module nodetorch
 */
import * as torch from './torch';

export * from './torch';
export default torch;
