/** Element types. One object each; PyTorch's names, verbatim. */
import { TorchTypeError } from './errors';
import { checkMethods } from './calls';

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

  /** Whether it is a dtype of real floats. */
  get isFloatingPoint(): boolean {
    return this.kind === 'float';
  }
  /** Whether it is a dtype of complex numbers. */
  get isComplex(): boolean {
    return this.kind === 'complex';
  }
  /** Whether it has negative numbers. */
  get isSigned(): boolean {
    return this.kind === 'int' || this.kind === 'float' || this.kind === 'complex';
  }

  /** As Python writes it: `torch.float32`. */
  toString(): string {
    return `torch.${this.name}`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
checkMethods('dtype', DType, 'toString()');

const byCode: DType[] = [];
const byName = new Map<string, DType>();

function define(name: string, code: number, kind: DTypeKind, itemsize: number): DType {
  const dtype = new DType(name, code, kind, itemsize);
  byCode[code] = dtype;
  byName.set(name, dtype);
  return dtype;
}

/** Another name of `uint8`. */
export const uint8 = define('uint8', 0, 'uint', 1);
/** Another name of `int8`. */
export const int8 = define('int8', 1, 'int', 1);
/** Whole numbers of 16 bits. */
export const int16 = define('int16', 2, 'int', 2);
/** Another name of `int32`. */
export const int32 = define('int32', 3, 'int', 4);
/** Whole numbers of 64 bits, which are bigints in JavaScript where they are large. */
export const int64 = define('int64', 4, 'int', 8);
/** Floats of 16 bits: 11 bits of precision, up to 65504. */
export const float16 = define('float16', 5, 'float', 2);
/** Another name of `float32`. */
export const float32 = define('float32', 6, 'float', 4);
/** Another name of `float64`. */
export const float64 = define('float64', 7, 'float', 8);
/** Another name of `complex32`. */
export const complex32 = define('complex32', 8, 'complex', 4);
/** Another name of `complex64`. */
export const complex64 = define('complex64', 9, 'complex', 8);
/** Another name of `complex128`. */
export const complex128 = define('complex128', 10, 'complex', 16);
/** Booleans, of one byte. */
export const bool = define('bool', 11, 'bool', 1);
/** Quantized numbers in int8. */
export const qint8 = define('qint8', 12, 'quantized', 1);
/** Quantized numbers in uint8. */
export const quint8 = define('quint8', 13, 'quantized', 1);
/** Quantized numbers in int32. */
export const qint32 = define('qint32', 14, 'quantized', 4);
/** Floats of 16 bits with the range of float32: 8 bits of precision. */
export const bfloat16 = define('bfloat16', 15, 'float', 2);
export const quint4x2 = define('quint4x2', 16, 'quantized', 1);
export const quint2x4 = define('quint2x4', 17, 'quantized', 1);
export const bits1x8 = define('bits1x8', 18, 'bits', 1);
export const bits2x4 = define('bits2x4', 19, 'bits', 1);
export const bits4x2 = define('bits4x2', 20, 'bits', 1);
export const bits8 = define('bits8', 21, 'bits', 1);
export const bits16 = define('bits16', 22, 'bits', 2);
/** Floats of 8 bits: 5 of exponent, 2 of mantissa. */
export const float8_e5m2 = define('float8_e5m2', 23, 'float', 1);
/** Floats of 8 bits: 4 of exponent, 3 of mantissa, no infinities. */
export const float8_e4m3fn = define('float8_e4m3fn', 24, 'float', 1);
/** Floats of 8 bits: 5 of exponent, 2 of mantissa, no infinities and no negative zero. */
export const float8_e5m2fnuz = define('float8_e5m2fnuz', 25, 'float', 1);
/** Floats of 8 bits: 4 of exponent, 3 of mantissa, no infinities and no negative zero. */
export const float8_e4m3fnuz = define('float8_e4m3fnuz', 26, 'float', 1);
/** Whole numbers from 0 to 65535. Few operators take them. */
export const uint16 = define('uint16', 27, 'uint', 2);
/** Whole numbers of 32 bits without a sign. Few operators take them. */
export const uint32 = define('uint32', 28, 'uint', 4);
/** Whole numbers of 64 bits without a sign. Few operators take them. */
export const uint64 = define('uint64', 29, 'uint', 8);
/** Powers of 2 in 8 bits. */
export const float8_e8m0fnu = define('float8_e8m0fnu', 44, 'float', 1);
/** Two floats of 4 bits in a byte. */
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

/** A dtype by its name: `'float32'`. */
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

/** @internal libtorch knows a few more. */
export const isDtypeCode = (code: number): boolean => byCode[code] !== undefined;
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
