// Values as Python's repr spells them: what a module prints must read as in PyTorch.
import { isTensor } from '../native/tensor_base';

/**
 * A number. Differs from PyTorch: `torch.nn.Module.toString` shows an option that is a whole float, such as
 * `eps=1.0`, without its `.0`, since JavaScript has one type of number.
 */
function reprNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    // toString() changes to exponents below 1e-6 only.
    return String(value);
  }
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A number that is a float in PyTorch: a whole one has its `.0`. */
export function reprFloat(value: number): string {
  const text = reprNumber(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function reprString(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = value
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
    .replaceAll(quote, quote === "'" ? "\\'" : quote);
  return quote + body + quote;
}

/** As Python's `repr`; an array prints as a tuple. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return reprNumber(value);
  if (typeof value === 'string') return reprString(value);
  if (Array.isArray(value)) return `(${value.map(repr).join(', ')}${value.length === 1 ? ',' : ''})`;
  return String(value);
}

/** Every line but the first moved to the right; blank lines stay empty. */
export function indent(text: string): string {
  const [first, ...rest] = text.split('\n');
  return [first, ...rest.map((line) => (line.trim() === '' ? '' : `  ${line}`))].join('\n');
}

const tensorTypes: Record<string, string> = {
  float32: 'Float',
  float64: 'Double',
  float16: 'Half',
  bfloat16: 'BFloat16',
  uint8: 'Byte',
  int8: 'Char',
  int16: 'Short',
  int32: 'Int',
  int64: 'Long',
  bool: 'Bool',
  complex64: 'ComplexFloat',
  complex128: 'ComplexDouble',
};

/** What a value is, for messages: a tensor's type as `torch.typename` gives it, else the class. */
export function typeName(value: unknown): string {
  if (isTensor(value)) {
    const place = value.device.type === 'cpu' ? '' : `${value.device.type}.`;
    return `torch.${place}${tensorTypes[value.dtype.name] ?? value.dtype.name}Tensor`;
  }
  if (value === null) return 'null';
  if (typeof value === 'object') return value.constructor?.name ?? 'object';
  return typeof value;
}
