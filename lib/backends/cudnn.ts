/** `torch.backends.cudnn`: switches of cuDNN, NVIDIA's library of convolutions and recurrent networks. */
import { getFlag, setFlag } from './flag';

/** The switches: `torch.backends.cudnn.benchmark = true`. */
export interface Cudnn {
  /** Whether it may be used at all. Default: `true`. */
  enabled: boolean;
  /** Whether each new shape is tried with several algorithms, and the fastest is kept. Default: `false`. */
  benchmark: boolean;
  /** Whether only algorithms that give the same bits each time are used. Default: `false`. */
  deterministic: boolean;
  /** Whether convolutions of float32 may compute in TF32, which is faster and less exact. Default: `true`. */
  allowTf32: boolean;
}

const FLAGS: Readonly<Record<keyof Cudnn, string>> = {
  enabled: 'cudnn',
  benchmark: 'cudnnBenchmark',
  deterministic: 'cudnnDeterministic',
  allowTf32: 'cudnnTf32',
};
const switches = {} as Cudnn;
for (const [name, flag] of Object.entries(FLAGS)) {
  Object.defineProperty(switches, name, {
    enumerable: true,
    get: () => getFlag(flag),
    set: (enabled: boolean) => setFlag(`torch.backends.cudnn.${name}`, flag, enabled),
  });
}

/** `torch.backends.cudnn` */
export const cudnn: Cudnn = switches;
