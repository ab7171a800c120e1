// What reads and writes weights needs libtorch, which is loaded when something here is first asked for. Programs that
// look at the headers of .safetensors files go without.
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
  get keep(): typeof import('../tensor/memory').keep {
    return (require('../tensor/memory') as typeof import('../tensor/memory')).keep;
  },
};
/* eslint-enable @typescript-eslint/no-require-imports */
