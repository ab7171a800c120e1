// The schema's own numbers of dtypes, layouts and memory formats.
import * as dtypes from '../core/dtype';
import * as layouts from '../core/layout';
import { damaged } from './errors';
import * as fields from './fields';
import type { Json } from './json';

const dtypeCodes = new Map<number, dtypes.DType>([
  [1, dtypes.uint8],
  [2, dtypes.int8],
  [3, dtypes.int16],
  [4, dtypes.int32],
  [5, dtypes.int64],
  [6, dtypes.float16],
  [7, dtypes.float32],
  [8, dtypes.float64],
  [9, dtypes.complex32],
  [10, dtypes.complex64],
  [11, dtypes.complex128],
  [12, dtypes.bool],
  [13, dtypes.bfloat16],
  [28, dtypes.uint16],
  [29, dtypes.float8_e4m3fn],
  [30, dtypes.float8_e5m2],
  [31, dtypes.float8_e4m3fnuz],
  [32, dtypes.float8_e5m2fnuz],
  [33, dtypes.float8_e8m0fnu],
  [34, dtypes.uint32],
  [35, dtypes.uint64],
]);
const layoutCodes = new Map<number, layouts.Layout>([
  [1, layouts.sparseCoo],
  [2, layouts.sparseCsr],
  [3, layouts.sparseCsc],
  [4, layouts.sparseBsr],
  [5, layouts.sparseBsc],
  [6, layouts.layoutOfCode(3)],
  [7, layouts.strided],
]);
const memoryFormatCodes = new Map<number, layouts.MemoryFormat>([
  [1, layouts.contiguousFormat],
  [2, layouts.channelsLast],
  [3, layouts.channelsLast3d],
  [4, layouts.preserveFormat],
]);

function coded<T>(codes: ReadonlyMap<number, T>, value: Json | undefined, where: string): T {
  const found = codes.get(fields.asCount(value, where));
  if (found === undefined) throw damaged(`${where}: ${String(value)} is not known`);
  return found;
}
export const readDtype = (value: Json | undefined, where: string): dtypes.DType =>
  coded(dtypeCodes, value, where);
export const readLayout = (value: Json | undefined, where: string): layouts.Layout =>
  coded(layoutCodes, value, where);
export const readMemoryFormat = (value: Json | undefined, where: string): layouts.MemoryFormat =>
  coded(memoryFormatCodes, value, where);

function codeOf<T>(codes: ReadonlyMap<number, T>, value: T): number {
  for (const [code, each] of codes) if (each === value) return code;
  throw damaged(`${String(value)} has no number in a program`);
}
export const writeDtype = (value: dtypes.DType): number => codeOf(dtypeCodes, value);
export const writeLayout = (value: layouts.Layout): number => codeOf(layoutCodes, value);
export const writeMemoryFormat = (value: layouts.MemoryFormat): number => codeOf(memoryFormatCodes, value);
