/** Element types. One object each; PyTorch's names, verbatim. */
import { TorchTypeError } from './errors';

/** What the elements of a typed array of this dtype hold; see {@link Tensor.toTypedArray}. */
export type DTypeKind = 'bool' | 'int' | 'uint' | 'float' | 'complex' | 'quantized' | 'bits';

/** The type of a tensor's elements, for example `torch.float32`. */
export class DType {
  /** @internal c10::ScalarType, read by the addon. */
  readonly dtypeCode: number;

  /** @internal */
  constructor(
    /** PyTorch's name without the module, `'float32'`. */
    readonly name: string,
    code: number,
    readonly kind: DTypeKind,
    /** Bytes of one element. */
    readonly itemsize: number,
  ) {
    this.dtypeCode = code;
    Object.freeze(this);
  }

  get isFloatingPoint(): boolean {
    return this.kind === 'float';
  }
  get isComplex(): boolean {
    return this.kind === 'complex';
  }
  get isSigned(): boolean {
    return this.kind === 'int' || this.kind === 'float' || this.kind === 'complex';
  }

  toString(): string {
    return `torch.${this.name}`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

const byCode: DType[] = [];
const byName = new Map<string, DType>();

function define(name: string, code: number, kind: DTypeKind, itemsize: number): DType {
  const dtype = new DType(name, code, kind, itemsize);
  byCode[code] = dtype;
  byName.set(name, dtype);
  return dtype;
}

export const uint8 = define('uint8', 0, 'uint', 1);
export const int8 = define('int8', 1, 'int', 1);
export const int16 = define('int16', 2, 'int', 2);
export const int32 = define('int32', 3, 'int', 4);
export const int64 = define('int64', 4, 'int', 8);
export const float16 = define('float16', 5, 'float', 2);
export const float32 = define('float32', 6, 'float', 4);
export const float64 = define('float64', 7, 'float', 8);
export const complex32 = define('complex32', 8, 'complex', 4);
export const complex64 = define('complex64', 9, 'complex', 8);
export const complex128 = define('complex128', 10, 'complex', 16);
export const bool = define('bool', 11, 'bool', 1);
export const qint8 = define('qint8', 12, 'quantized', 1);
export const quint8 = define('quint8', 13, 'quantized', 1);
export const qint32 = define('qint32', 14, 'quantized', 4);
export const bfloat16 = define('bfloat16', 15, 'float', 2);
export const quint4x2 = define('quint4x2', 16, 'quantized', 1);
export const quint2x4 = define('quint2x4', 17, 'quantized', 1);
export const bits1x8 = define('bits1x8', 18, 'bits', 1);
export const bits2x4 = define('bits2x4', 19, 'bits', 1);
export const bits4x2 = define('bits4x2', 20, 'bits', 1);
export const bits8 = define('bits8', 21, 'bits', 1);
export const bits16 = define('bits16', 22, 'bits', 2);
export const float8_e5m2 = define('float8_e5m2', 23, 'float', 1);
export const float8_e4m3fn = define('float8_e4m3fn', 24, 'float', 1);
export const float8_e5m2fnuz = define('float8_e5m2fnuz', 25, 'float', 1);
export const float8_e4m3fnuz = define('float8_e4m3fnuz', 26, 'float', 1);
export const uint16 = define('uint16', 27, 'uint', 2);
export const uint32 = define('uint32', 28, 'uint', 4);
export const uint64 = define('uint64', 29, 'uint', 8);
export const float8_e8m0fnu = define('float8_e8m0fnu', 44, 'float', 1);
export const float4_e2m1fn_x2 = define('float4_e2m1fn_x2', 45, 'float', 1);

// PyTorch's second names.
export {
  float32 as float,
  float64 as double,
  float16 as half,
  uint8 as byte,
  int8 as char,
  int16 as short,
  int32 as int,
  int64 as long,
  complex64 as cfloat,
  complex128 as cdouble,
  complex32 as chalf,
};

/** A dtype, or its name. */
export type DTypeLike = DType | DTypeName;

export type DTypeName =
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'float8_e5m2'
  | 'float8_e4m3fn'
  | 'float8_e5m2fnuz'
  | 'float8_e4m3fnuz'
  | 'float8_e8m0fnu'
  | 'complex32'
  | 'complex64'
  | 'complex128'
  | 'bool';

/** @internal */
export function dtypeOfCode(code: number): DType {
  const dtype = byCode[code];
  if (!dtype) throw new TorchTypeError(`unknown dtype code ${code}`);
  return dtype;
}

/** The dtype that `value` is or names; undefined when it is neither. */
export function asDType(value: unknown): DType | undefined {
  if (value instanceof DType) return value;
  if (typeof value === 'string') return byName.get(value.replace(/^torch\./, ''));
  // A DType of another copy of the package in this process.
  const code = (value as DType | null | undefined)?.dtypeCode;
  return typeof code === 'number' ? byCode[code] : undefined;
}
