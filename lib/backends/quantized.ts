/** `torch.backends.quantized`: what computes with quantized tensors. */
import { TorchError } from '../core/errors';
import { native } from '../native';

// By libtorch's numbers (c10/core/QEngine.h).
const ENGINES = ['none', 'fbgemm', 'qnnpack', 'onednn', 'x86'] as const;
/** The libraries of quantized kernels. */
export type QuantizedEngine = (typeof ENGINES)[number];

/** The switches: `torch.backends.quantized.engine = 'onednn'`. */
export interface Quantized {
  /** The library in use. Throws a RuntimeError for one that is not there. */
  engine: QuantizedEngine;
  /** Those that this libtorch has. */
  readonly supportedEngines: QuantizedEngine[];
}

/** `torch.backends.quantized` */
export const quantized: Quantized = {
  get engine() {
    return ENGINES[native.quantizedEngine()[0]];
  },
  set engine(engine) {
    const number = ENGINES.indexOf(engine);
    if (number < 0) throw new TorchError(`${String(engine)} is not a valid value for quantized engine`);
    native.quantizedEngine(number);
  },
  get supportedEngines() {
    return native.quantizedEngine()[1].map((engine) => ENGINES[engine]);
  },
};
