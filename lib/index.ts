/** PyTorch for Node.js: `import torch from 'nodetorch'`, or its parts by name. */
import * as torch from './torch';

export * from './torch';
export default torch;
