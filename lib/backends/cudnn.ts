/** `torch.backends.cudnn`: switches of cuDNN, NVIDIA's library of convolutions and recurrent networks. */
import { native } from '../native';
import { defineFlags } from './flag';
import { type HasFp32Precision, definePrecision } from './fp32_precision';

/** The switches: `torch.backends.cudnn.benchmark = true`. */
export interface Cudnn extends HasFp32Precision {
  /** Whether it may be used at all. Default: `true`. */
  enabled: boolean;
  /** Whether each new shape is tried with several algorithms, and the fastest is kept. Default: `false`. */
  benchmark: boolean;
  /** Whether only algorithms that give the same bits each time are used. Default: `false`. */
  deterministic: boolean;
  /** Whether convolutions of float32 may compute in TF32, which is faster and less exact. Default: `true`. */
  allowTf32: boolean;
  /** Precision of convolutions, and of recurrent networks. */
  readonly conv: HasFp32Precision;
  readonly rnn: HasFp32Precision;
  /** Whether this libtorch has it. */
  isAvailable(): boolean;
  /** Such as 90100; null without it. */
  version(): number | null;
}

const FLAGS: Readonly<Record<'enabled' | 'benchmark' | 'deterministic' | 'allowTf32', string>> = {
  enabled: 'cudnn',
  benchmark: 'cudnnBenchmark',
  deterministic: 'cudnnDeterministic',
  allowTf32: 'cudnnTf32',
};
const switches = definePrecision({}, 'torch.backends.cudnn', 'cuda', 'all') as Cudnn;
defineFlags(switches, 'torch.backends.cudnn', FLAGS);
Object.defineProperties(switches, {
  conv: { value: definePrecision({}, 'torch.backends.cudnn.conv', 'cuda', 'conv') },
  rnn: { value: definePrecision({}, 'torch.backends.cudnn.rnn', 'cuda', 'rnn') },
  isAvailable: { value: () => native.processorFeatures().cudnn },
  version: { value: () => native.processorFeatures().cudnnVersion || null },
});

/** `torch.backends.cudnn` */
export const cudnn: Cudnn = switches;
