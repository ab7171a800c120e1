// Calls made from an operator's own signature: right types with absurd values, or wrong types.
import * as dtypes from '../../../lib/core/dtype';
import { native } from '../../../lib/native';
import { Generator } from '../../../lib/tensor/random';
import { Tensor } from '../../../lib/tensor';
import { absurdObjects } from './bad_objects';
import { absurdTensors, modes, random, wrongValues } from './bad_values';

export interface BadCall {
  args: unknown[];
  keywords: Record<string, unknown>;
}

interface Parameter {
  name: string;
  type: string;
  keywordOnly: boolean;
  default?: unknown;
}

// Either small, or so large that no memory could hold as much: nothing here allocates gigabytes.
const ints = [
  0,
  1,
  2,
  3,
  1,
  2,
  0,
  -1,
  -2,
  4,
  5,
  7,
  100,
  1000,
  -100,
  -(2 ** 31),
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const floats = [0, 1, 0.5, -1, 2, -0, 1e-45, 1e308, -1e308, NaN, Infinity, -Infinity];
const strings = [...modes, '\0', 'prim::abc', 'dimname::x', '::', 'a'.repeat(5000)];
const devices = [
  'cpu',
  'meta',
  'cuda',
  'cuda:99',
  'mps',
  'cpu:5',
  'xla',
  'foo',
  '',
  'hpu',
  'privateuseone',
  'cuda:-1',
];

export class BadCalls {
  private readonly next: () => number;
  private readonly wrong: (() => unknown)[];
  private readonly tensors = absurdTensors();
  private readonly objects = absurdObjects(this.tensors);

  /** Without large numbers: for operators that would loop as often. */
  calm = false;

  constructor(seed: number) {
    this.next = random(seed);
    this.wrong = wrongValues(() => this.pick(this.tensors)() as Tensor);
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)];
  }
  private times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.next() * (most + 1)) }, make);
  }
  /** Mostly small: a large number seldom gets far. `calm`: only small. */
  private int(): number | bigint {
    return this.calm || this.next() < 0.8 ? this.pick(ints.slice(0, 10)) : this.pick(ints);
  }

  /** A value of the type that a signature names, as wild as that type allows. */
  private typed(type: string): unknown {
    if (type.endsWith('?')) return this.next() < 0.4 ? null : this.typed(type.slice(0, -1));
    const list = /^(.*)\[(\d*)\]$/.exec(type);
    if (list) {
      const fixed = Number(list[2]);
      const exact = fixed > 0 && this.next() < 0.6;
      if (exact) return Array.from({ length: fixed }, () => this.typed(list[1]));
      return this.times(5, () => this.typed(list[1]));
    }
    const objects = this.objects.get(type);
    if (objects) return this.pick(objects)();
    switch (type) {
      case 'Tensor':
        return this.pick(this.tensors)();
      case 'Any':
        return this.next() < 0.5
          ? this.pick([...this.objects.values()].flat())()
          : this.times(4, () => this.pick(this.tensors)());
      case 'int':
        return this.int();
      case 'float':
        return this.pick(floats);
      case 'boolean':
        return this.next() < 0.5;
      case 'Scalar':
        return this.pick([...ints, ...floats, true, false]);
      case 'string':
        return this.pick(strings);
      case 'DType':
        return this.next() < 0.6 ? dtypes.float32 : { dtypeCode: Math.floor(this.next() * 50) };
      case 'Device':
        return this.pick(devices);
      case 'Layout':
        return { layoutCode: Math.floor(this.next() * 9) };
      case 'MemoryFormat':
        return { memoryFormatCode: Math.floor(this.next() * 5) };
      case 'Generator':
        return new Generator();
      default:
        return this.pick(this.wrong)();
    }
  }

  /** One call of `name` ("aten::add"), of one of its overloads. */
  make(name: string, overload: string | null = null): BadCall {
    const signatures = native.signatures(name, overload, false) as unknown as { parameters: Parameter[] }[];
    const parameters = this.pick(signatures)?.parameters ?? [];
    const keywords: Record<string, unknown> = {};
    const args: unknown[] = [];
    const wild = this.next();
    if (wild < 0.15) return { args: this.times(6, () => this.pick(this.wrong)()), keywords };
    for (const parameter of parameters) {
      const optional = parameter.default !== undefined;
      if (optional && this.next() < 0.5) continue;
      const value = wild < 0.4 && this.next() < 0.3 ? this.pick(this.wrong)() : this.typed(parameter.type);
      if (parameter.keywordOnly || args.length < parameters.indexOf(parameter))
        keywords[parameter.name] = value;
      else args.push(value);
    }
    if (wild < 0.2) {
      // Not by assignment: setting one odd prototype after the other ends Node 24 by itself.
      Object.defineProperty(keywords, this.pick(['out', 'dim', 'unknown', '__proto__', '']), {
        value: this.pick(this.wrong)(),
        enumerable: true,
      });
    }
    return { args, keywords };
  }
}

/** What a report says of a value. Runs none of its code. */
export function describe(value: unknown): string {
  try {
    if (value instanceof Tensor) {
      return value.isDisposed
        ? 'disposed'
        : `T(${value.layout.name} ${value.dtype.name} [${value.shape.join()}] ${value.device}${value.requiresGrad ? ' grad' : ''})`;
    }
    if (Array.isArray(value))
      return value.length > 8 ? `array(${value.length})` : `[${value.map(describe).join(', ')}]`;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'string') return JSON.stringify(value.slice(0, 20));
    if (typeof value === 'object' && value)
      return `${Object.prototype.toString.call(value)}${JSON.stringify(value) ?? ''}`.slice(0, 60);
    return String(value).slice(0, 40);
  } catch {
    return typeof value;
  }
}
