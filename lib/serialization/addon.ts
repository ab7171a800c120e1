// What reads and writes weights needs libtorch, which is loaded when something here is first asked for. Programs that
// look at the headers of .safetensors files, and `npx nodetorch inspect`, go without.
import type { Native } from '../../typings/native';

// Every tensor of a file asks several times, and each require would look for its module anew.
function once<T>(load: () => T): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load());
}

/* eslint-disable @typescript-eslint/no-require-imports -- on demand, and known to bundlers */
const native = once(() => require('../native') as typeof import('../native'));
const aten = once(() => require('../tensor/aten') as typeof import('../tensor/aten'));
const dispatch = once(() => require('../native/dispatch') as typeof import('../native/dispatch'));
const autograd = once(() => require('../autograd') as typeof import('../autograd'));
const creation = once(() => require('../tensor/creation') as typeof import('../tensor/creation'));
const parameter = once(() => require('../nn/parameter') as typeof import('../nn/parameter'));
const memory = once(() => require('../tensor/memory') as typeof import('../tensor/memory'));
/* eslint-enable @typescript-eslint/no-require-imports */

export const addon = {
  get native(): Native {
    return native().native;
  },
  get aten(): typeof import('../tensor/aten') {
    return aten();
  },
  get wrap(): typeof import('../native/dispatch').wrap {
    return dispatch().wrap;
  },
  get newResult(): typeof import('../native/dispatch').newResult {
    return dispatch().newResult;
  },
  get noGrad(): typeof import('../autograd').noGrad {
    return autograd().noGrad;
  },
  get tensor(): typeof import('../tensor/creation').tensor {
    return creation().tensor;
  },
  get Parameter(): typeof import('../nn/parameter').Parameter {
    return parameter().Parameter;
  },
  get keep(): typeof import('../tensor/memory').keep {
    return memory().keep;
  },
  get tidy(): typeof import('../tensor/memory').tidy {
    return memory().tidy;
  },
};
