import { TorchError } from '../../core/errors';
import { type DataType, util } from '@tensorflow/tfjs-core';
import * as aten from '../../tensor/aten';
import { defaultDevice } from '../device';
import { dtypeOf } from '../dtypes';
import type { Kernels } from '../kernel';
import { storedAs, toInt32 } from './support';

/** Elements of tfjs's range; the sign of a step of 1 may be left out. */
function range(start: number, stop: number, step: number): [count: number, step: number] {
  const none = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
  if (none) return [0, step];
  return [Math.abs(Math.ceil((stop - start) / step)), stop < start && step === 1 ? -1 : step];
}

export const creation: Kernels = {
  Cast: ({ x }, attributes) => {
    const dtype = attributes.dtype as DataType;
    if (dtype === 'complex64') return x.to({ dtype: 'complex64' });
    const real = x.isComplex() ? x.real : x;
    if (dtype === 'int32') return toInt32(real);
    if (dtype === 'bool') return real.ne(0);
    if (dtype === 'float32') return real.to({ dtype: 'float32' });
    throw new TorchError(`Error in Cast: failed to cast ${x.dtype.name} to ${dtype}`);
  },
  Complex: ({ real, imag }) => aten.complex(real.to({ dtype: 'float32' }), imag.to({ dtype: 'float32' })),
  ComplexAbs: ({ x }) => x.abs(),
  Fill: (_, { shape, value, dtype }) => {
    const own = (dtype as DataType | undefined) ?? util.inferDtype(value as number);
    const stored = storedAs(Number(value), own);
    return aten.full(shape as number[], stored, { dtype: dtypeOf(own), device: defaultDevice() });
  },
  Imag: ({ input }) => input.imag.clone(),
  LinSpace: (_, { start, stop, num }) =>
    aten.linspace(start as number, stop as number, num as number, {
      dtype: 'float64',
      device: defaultDevice(),
    }),
  Range: (_, { start, stop, step, dtype }) => {
    const [count, by] = range(start as number, stop as number, step as number);
    const steps = aten.arange(count, { dtype: 'float64', device: defaultDevice() });
    const values = steps.mul(by).add(start as number);
    return dtype === 'int32' ? toInt32(values) : values.to({ dtype: 'float32' });
  },
  Real: ({ input }) => input.real.clone(),
};
