/** Calls for the fuzzer: recorded ones with something changed, and others made from an operator's schema alone. */
import { modes, random } from '../native/support/bad_values';
import { functions, oddities } from './oddities';
import { type Call, isTensor, type TensorSpec, type Value } from './values';

export interface Parameter {
  name: string;
  type: string;
  keywordOnly: boolean;
  default?: unknown;
}

const DTYPES = [
  ...['float32', 'float32', 'float32', 'float64', 'float16', 'bfloat16', 'int64', 'int64', 'int32', 'int16'],
  ...['int8', 'uint8', 'bool', 'complex64', 'complex128', 'uint16', 'float8_e4m3fn'],
];
const INTS = ['0', '1', '2', '3', '4', '5', '7', '-1', '-2', '-3', '100', '-100', '1000'];
const LARGE = ['2147483647', '2147483648', '-2147483648', '4611686018427387904', '9223372036854775807'];
const LOWEST = '-9223372036854775808';
const FLOATS = ['0.0', '1.0', '0.5', '-1.0', '2.0', '1e-45', '1e308', '-1e308', 'nan', 'inf', '-inf'];
const LAYOUTS = ['sparse', 'csr', 'quantized', 'negative', 'meta', 'undefined'] as const;
const VALUES = [-1, 0, 1, 2, 100, -100, 2 ** 31, -(2 ** 53), 2 ** 53];

/**
 * Makes call `index` of a seed: the same one whatever was called before. Without names of operators it makes calls of the
 * TypeScript layer, which may be given any value.
 */
export class Mutator {
  private next: () => number = random(0);

  constructor(
    private readonly seed: number,
    private readonly corpus: readonly Call[],
    private readonly names: readonly string[] = [],
    private readonly parametersOf: (name: string) => readonly Parameter[] = () => [],
  ) {}

  make(index: number): Call {
    this.next = random((this.seed * 0x9e3779b1 + index * 0x85ebca6b) >>> 0);
    for (let i = 0; i < 4; i++) this.next();
    return this.names.length === 0 || (this.chance(0.65) && this.corpus.length > 0)
      ? this.mutate(this.pick(this.corpus))
      : this.fromSchema();
  }

  private chance(share: number): boolean {
    return this.next() < share;
  }
  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)];
  }

  private int(): Value {
    return { int: this.chance(0.9) ? this.pick(INTS) : this.pick([...LARGE, LOWEST]) };
  }

  private tensor(): TensorSpec {
    const rank = Math.floor(this.next() * 5.5);
    const shape = Array.from({ length: rank }, () => this.pick([0, 1, 2, 3, 3, 4, 5, 8]));
    const spec: TensorSpec = { tensor: shape, dtype: this.pick(DTYPES) };
    if (this.chance(0.3) && spec.dtype === 'int64') spec.values = this.values();
    if (this.chance(0.1)) spec.layout = this.pick(LAYOUTS);
    return spec;
  }
  private values(): number[] {
    return Array.from({ length: 5 }, () => this.pick(VALUES));
  }

  private typed(type: string): Value {
    if (type.endsWith('?')) return this.chance(0.4) ? null : this.typed(type.slice(0, -1));
    const list = /^(.*)\[(\d*)\]$/.exec(type);
    if (list) {
      const length = Number(list[2]) > 0 && this.chance(0.6) ? Number(list[2]) : Math.floor(this.next() * 5);
      return Array.from({ length }, () => this.typed(list[1]));
    }
    switch (type) {
      case 'Tensor':
        return this.tensor();
      case 'int':
        return this.int();
      case 'float':
        return { float: this.pick(FLOATS) };
      case 'Scalar':
        return this.chance(0.5) ? this.int() : { float: this.pick(FLOATS) };
      case 'boolean':
        return this.chance(0.5);
      case 'string':
        return this.pick(modes);
      case 'DType':
        return { dtype: this.pick(DTYPES) };
      case 'Device':
        return { device: this.pick(['cpu', 'cpu', 'meta']) };
      case 'Layout':
        return { layout: this.pick(['strided', 'sparse_coo', 'sparse_csr']) };
      case 'MemoryFormat':
        return { memoryFormat: this.pick(['contiguous_format', 'preserve_format', 'channels_last']) };
      default:
        return null;
    }
  }

  private fromSchema(): Call {
    const name = this.pick(this.names);
    const call: Call = { name, args: [], keywords: {} };
    const sharedDtype = this.pick(DTYPES);
    for (const parameter of this.parametersOf(name)) {
      const optional = parameter.default !== undefined;
      if (optional && this.chance(0.5) && (parameter.keywordOnly || this.chance(0.5))) {
        if (!parameter.keywordOnly) break;
        continue;
      }
      const value = this.typed(parameter.type);
      if (isTensor(value) && this.chance(0.6)) value.dtype = sharedDtype;
      if (parameter.keywordOnly) call.keywords[parameter.name] = value;
      else call.args.push(value);
    }
    return this.withGradients(call);
  }

  private mutate(recorded: Call): Call {
    const call = structuredClone(recorded);
    const changes = 1 + Math.floor(this.next() * 2.5);
    for (let i = 0; i < changes; i++) this.change(call);
    return this.withGradients(call);
  }

  private withGradients(call: Call): Call {
    const differentiate = this.chance(0.4);
    for (const spec of tensorsOf(call)) if (differentiate) spec.requiresGrad = this.chance(0.8);
    return call;
  }

  private change(call: Call): void {
    const places = placesOf(call);
    if (places.length === 0) return;
    const { get, set } = this.pick(places);
    const value = get();
    if (this.names.length === 0 && this.chance(0.15)) return set(this.odd());
    if (value === null || typeof value === 'boolean') {
      set(value === null ? this.pick<Value>([this.tensor(), this.int(), null]) : !value);
    } else if (typeof value === 'string') set(this.pick(modes));
    else if (Array.isArray(value)) set(this.changedList(value));
    else if ('tensor' in value) this.changeTensor(value, set);
    else if ('int' in value) set(this.int());
    else if ('float' in value) set({ float: this.pick(FLOATS) });
    else if ('dtype' in value) set({ dtype: this.pick(DTYPES) });
  }

  private odd(): Value {
    return this.pick<() => Value>([
      () => ({ odd: this.pick(Object.keys(oddities)) }),
      () => ({ function: this.pick(Object.keys(functions)) }),
      () =>
        this.typed(this.pick(['Tensor', 'int', 'float', 'boolean', 'string', 'int[]', 'Tensor[]', 'DType'])),
      () => null,
    ])();
  }

  private changedList(list: Value[]): Value[] {
    if (list.length === 0) return [this.int()];
    if (this.chance(0.3)) return [];
    return this.chance(0.5) ? list.slice(0, -1) : [...list, list[list.length - 1]];
  }

  private changeTensor(spec: TensorSpec, set: (value: Value) => void): void {
    const shape = spec.tensor;
    const at = Math.floor(this.next() * shape.length);
    const what = Math.floor(this.next() * 11);
    if (what < 6) delete spec.stride;
    if (what === 0) spec.tensor = [...shape, this.pick([0, 1, 2, 3])];
    else if (what === 1) spec.tensor = shape.slice(this.pick([0, 1]), shape.length - this.pick([0, 1]));
    else if (what === 2 && shape.length > 0) shape[at] = 0;
    else if (what === 3 && shape.length > 0) shape[at] = Math.max(0, shape[at] + this.pick([-1, 1, 2, -2]));
    else if (what === 4 && shape.length > 0) shape[at] = this.pick([1, 2, 16, 64]);
    else if (what === 5) spec.stride = shape.map(() => this.pick([0, 1, 1, 2, 3]));
    else if (what === 6) spec.dtype = this.pick(DTYPES);
    else if (what === 7) spec.values = this.values();
    else if (what === 8) spec.layout = this.pick(LAYOUTS);
    else if (what === 9) spec.alias = this.pick([0, 1, 2]);
    else set(this.chance(0.5) ? null : this.tensor());
  }
}

interface Place {
  get(): Value;
  set(value: Value): void;
}

/** Every value of a call that can be changed, those in lists, too. */
export function placesOf(call: Call): Place[] {
  const places: Place[] = [];
  const visit = (holder: Record<string | number, Value>, key: string | number) => {
    places.push({ get: () => holder[key], set: (value) => (holder[key] = value) });
    const value = holder[key];
    if (Array.isArray(value)) value.forEach((_, i) => visit(value as unknown as Record<number, Value>, i));
  };
  call.args.forEach((_, i) => visit(call.args as unknown as Record<number, Value>, i));
  for (const key in call.keywords) visit(call.keywords, key);
  call.inputs?.forEach((_, i) => visit(call.inputs as unknown as Record<number, Value>, i));
  return places;
}

export const tensorsOf = (call: Call): TensorSpec[] =>
  placesOf(call)
    .map(({ get }) => get())
    .filter(isTensor);
