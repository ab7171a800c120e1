// What reads and writes weights needs libtorch, which is loaded when something here is first asked for. Programs that
// look at the headers of .safetensors files, and `npx nodetorch inspect`, go without.
import type { Native } from '../../typings/native';

/* eslint-disable @typescript-eslint/no-require-imports -- on demand, and known to bundlers */
export const addon = {
  get native(): Native {
    return (require('../native') as typeof import('../native')).native;
  },
  get aten(): typeof import('../tensor/aten') {
    return require('../tensor/aten') as typeof import('../tensor/aten');
  },
  get wrap(): typeof import('../native/dispatch').wrap {
    return (require('../native/dispatch') as typeof import('../native/dispatch')).wrap;
  },
  get newResult(): typeof import('../native/dispatch').newResult {
    return (require('../native/dispatch') as typeof import('../native/dispatch')).newResult;
  },
  get noGrad(): typeof import('../autograd').noGrad {
    return (require('../autograd') as typeof import('../autograd')).noGrad;
  },
  get Parameter(): typeof import('../nn/parameter').Parameter {
    return (require('../nn/parameter') as typeof import('../nn/parameter')).Parameter;
  },
  get keep(): typeof import('../tensor/memory').keep {
    return (require('../tensor/memory') as typeof import('../tensor/memory')).keep;
  },
};
/* eslint-enable @typescript-eslint/no-require-imports */
