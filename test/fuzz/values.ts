/** Calls as plain data: what the corpus holds, a log shows and a shorter repro is cut from. */
import * as torch from '../../lib';
import { camelCase } from '../../lib/core/names';
import { functions, oddities } from './oddities';

export interface TensorSpec {
  tensor: number[];
  stride?: number[];
  dtype: string;
  values?: (number | null)[];
  requiresGrad?: boolean;
  /** How it is stored, where that is no strided memory. */
  layout?: 'sparse' | 'csr' | 'quantized' | 'negative' | 'meta' | 'undefined';
  /** The same tensor as that of another argument with this number. */
  alias?: number;
}

export type Value =
  | null
  | boolean
  | string
  | Value[]
  | TensorSpec
  | { int: string }
  | { float: string }
  | { complex: [string, string] }
  | { dtype: string }
  | { layout: string }
  | { memoryFormat: string }
  | { device: string }
  | { odd: string }
  | { function: string };

export interface Call {
  name: string;
  args: Value[];
  keywords: Record<string, Value>;
  /** What is called with these afterwards: a module, or a function that a transform made. */
  inputs?: Value[];
}

export const isTensor = (value: Value): value is TensorSpec =>
  typeof value === 'object' && value !== null && 'tensor' in value;

const named = (name: string) => {
  const all = torch as unknown as Record<string, unknown>;
  return all[name] ?? all[camelCase(name)];
};
const float = (text: string) => (text === 'nan' ? NaN : Number(text.replace('inf', 'Infinity')));

// The same elements for the same sizes: a repro does not depend on the calls before it.
function elements(spec: TensorSpec, count: number): torch.Tensor {
  const dtype = named(spec.dtype) as torch.DType;
  if (spec.values && spec.values.length > 0) {
    const values = Array.from({ length: count }, (_, i) =>
      BigInt(spec.values![i % spec.values!.length] ?? 0),
    );
    return torch.tensor(values, { dtype: torch.int64 }).to(dtype);
  }
  const whole = !dtype.isFloatingPoint && !dtype.isComplex;
  const base = torch.arange(count, { dtype: torch.float64 });
  return (whole ? base.remainder(3) : base.remainder(7).sub(3).div(4)).to(dtype);
}

function makeTensor(spec: TensorSpec): torch.Tensor | null {
  if (spec.layout === 'undefined') return null;
  const { tensor: shape, stride } = spec;
  let made: torch.Tensor;
  if (stride?.length === shape.length) {
    const last = shape.reduce((sum, size, i) => sum + (size - 1) * stride[i], 0);
    made = elements(spec, shape.includes(0) ? 0 : last + 1).asStrided(shape, stride);
  } else {
    made = elements(
      spec,
      shape.reduce((product, size) => product * size, 1),
    ).reshape(shape);
  }
  if (spec.layout === 'sparse') made = made.toSparse();
  if (spec.layout === 'csr') made = made.toSparseCsr();
  if (spec.layout === 'quantized') {
    made = torch.quantizePerTensor(made.float(), 0.1, 0, torch.quint8);
  }
  if (spec.layout === 'negative') made = torch.ops.aten['_neg_view'](made) as torch.Tensor;
  if (spec.layout === 'meta') made = made.to('meta');
  return spec.requiresGrad ? made.detach().requiresGrad_() : made;
}

/** Makes the arguments of a call; its tensors are put into `tensors`. */
export function decode(value: Value, tensors: torch.Tensor[]): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => decode(item, tensors));
  if ('tensor' in value) {
    const same = value.alias === undefined ? undefined : tensors[value.alias % (tensors.length || 1)];
    const made = same ?? makeTensor(value);
    if (made) tensors.push(made);
    return made;
  }
  if ('int' in value) {
    const number = Number(value.int);
    return Number.isSafeInteger(number) ? number : BigInt(value.int);
  }
  if ('float' in value) return float(value.float);
  if ('complex' in value) return new torch.Complex(float(value.complex[0]), float(value.complex[1]));
  if ('dtype' in value) return named(value.dtype);
  if ('layout' in value) return named(value.layout);
  if ('odd' in value) return oddities[value.odd];
  if ('function' in value) return functions[value.function]();
  if ('memoryFormat' in value) return named(value.memoryFormat);
  return torch.device(value.device);
}
