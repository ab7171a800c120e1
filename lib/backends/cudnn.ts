/** `torch.backends.cudnn`: switches of cuDNN, NVIDIA's library of convolutions and recurrent networks. */
import { float16, float32, float64 } from '../core/dtype';
import { argumentError } from '../core/errors';
import { callable } from '../core/kinds';
import { type Call, signature } from '../core/signature';
import { native } from '../native';
import { settled } from '../native/scope';
import { isTensor } from '../native/tensor_base';
import type { Tensor } from '../tensor';
import { defineFlags } from './flag';
import { type Fp32Precision, type HasFp32Precision, definePrecision, setPrecision } from './fp32_precision';

/** What `setFlags` takes; null, or nothing, leaves a switch as it is. */
export interface CudnnFlags {
  enabled?: boolean | null;
  benchmark?: boolean | null;
  deterministic?: boolean | null;
  allowTf32?: boolean | null;
  /** Default: `'none'`. */
  fp32Precision?: Fp32Precision | null;
}
type AllFlags = Required<CudnnFlags>;
const SET = signature(
  'setFlags',
  [],
  { enabled: null, benchmark: null, deterministic: null, allowTf32: null, fp32Precision: 'none' } as AllFlags,
  [],
);
const WITHIN = signature('flags', [callable<() => unknown>()('body')], {
  enabled: false,
  benchmark: false,
  deterministic: false,
  allowTf32: true,
  fp32Precision: 'none',
} as AllFlags);

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
  /** Whether it may compute with the tensor: on a GPU, in float16, float32 or float64. */
  isAcceptable(tensor: Tensor): boolean;
  /** Sets what is given, and returns what was set before. */
  setFlags(...args: Call<typeof SET, []>): Readonly<Required<CudnnFlags>>;
  /** Runs `body` with the flags, by default with the library off, and puts back what was set. A promise is refused. */
  flags<T>(...args: Call<typeof WITHIN, [body: () => T]>): T;
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
  isAcceptable: { value: isAcceptable },
  setFlags: { value: setFlags },
  flags: { value: flags },
});

function isAcceptable(tensor: Tensor): boolean {
  if (!isTensor(tensor)) throw argumentError('isAcceptable', 'tensor', 'a Tensor', tensor);
  const dtypes: readonly unknown[] = [float16, float32, float64];
  return switches.enabled && tensor.isCuda && dtypes.includes(tensor.dtype) && switches.isAvailable();
}

function setFlags(...args: Call<typeof SET, []>): AllFlags {
  const [{ fp32Precision, ...wanted }] = SET.bind(args);
  const before = { ...switches } as AllFlags;
  for (const name of Object.keys(FLAGS) as (keyof typeof FLAGS)[]) {
    const value = wanted[name];
    if (value !== null) switches[name] = value;
  }
  if (fp32Precision !== null) setPrecision('setFlags', 'cuda', 'all', fp32Precision);
  return before;
}

/**
 * Differs from PyTorch: `torch.backends.cudnn.flags` takes the body of the `with` block as a function.
 */
function flags<T>(...args: Call<typeof WITHIN, [body: () => T]>): T {
  const [body, wanted] = WITHIN.bind(args);
  const before = { ...switches } as AllFlags;
  try {
    setFlags(wanted);
    return settled('flags', (body as () => T)());
  } finally {
    setFlags(before);
  }
}

/** `torch.backends.cudnn` */
export const cudnn: Cudnn = switches;
