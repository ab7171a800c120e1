// Values for calls that must fail cleanly, or at least not crash. Seeded: a seed gives the same calls.
import crypto from 'node:crypto';
import net from 'node:net';
import vm from 'node:vm';
import { Complex } from '../../../lib/core/complex';
import * as aten from '../../../lib/tensor/aten';
import { fromBlob, tensor } from '../../../lib/tensor/creation';
import * as dtypes from '../../../lib/core/dtype';
import { HANDLE } from '../../../lib/native/handle';
import { Generator } from '../../../lib/tensor/random';
import { type Tensor } from '../../../lib/tensor';
import tls from 'node:tls';

/** mulberry32: a small generator of uniform numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Words that operators know as modes, and some that none knows. */
export const modes = [
  ...['', 'mean', 'none', 'ij', 'reflect', 'constant', 'fro', 'nuc', 'linear', 'tanh', 'L', 'floor', 'trunc'],
  ...['sum', 'amax', 'amin', 'prod', 'right', 'xyz'],
];

type Make = () => unknown;

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(16);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function cyclic(): unknown[] {
  const list: unknown[] = [1];
  list.push(list);
  return list;
}

const thrower = (): never => {
  throw new RangeError('a trap threw');
};
const throwing: ProxyHandler<object> = Object.fromEntries(
  ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'set'].map((trap) => [
    trap,
    thrower,
  ]),
);

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

// Node-API reads what an external points at, so that must live as long as the external.
const secureContext: unknown = tls.createSecureContext().context;

/** A napi_external, or V8's own External, that is not ours. */
export function foreignExternal(): unknown {
  const context = secureContext as { _external?: unknown };
  const pipe = (new net.Socket() as unknown as { _handle?: { _externalStream?: unknown } })._handle;
  return context._external ?? pipe?._externalStream ?? null;
}

function disposed(): Tensor {
  const made = tensor([1, 2]);
  made.dispose();
  return made;
}

/** An object whose getter disposes `victim` while the call converts its arguments. */
function disposing(victim: Tensor): object {
  return {
    get dim(): number {
      victim.dispose();
      return 0;
    },
  };
}

/** Values of wrong types: no operator should take most of them. */
export function wrongValues(victim: () => Tensor): Make[] {
  const external = foreignExternal();
  return [
    () => undefined,
    () => null,
    () => true,
    () => NaN,
    () => -0,
    () => Infinity,
    () => 1.5,
    () => 1e300,
    () => 2 ** 53,
    () => -(2 ** 63),
    () => 1n << 70n,
    () => -(1n << 63n),
    () => '',
    () => 'abc',
    () => '\0',
    () => 'x'.repeat(10_000),
    () => '\ud800',
    () => Symbol('s'),
    () => Symbol.iterator,
    () => thrower,
    () => class Named {},
    () => ({}),
    () => ({ dim: 0 }),
    () => ({ out: 1 }),
    () => Object.create(null) as object,
    () => [],
    () => [[]],
    () => [[1], [2, 3]],
    () => new Array(3),
    () => [null, undefined],
    cyclic,
    () => [Symbol('s')],
    () => [NaN],
    () => ['1'],
    () => [victim(), 1],
    () => new Date(0),
    () => /x/,
    () => new Map([[1, 2]]),
    () => new Set([1]),
    () => new WeakMap(),
    () => Promise.resolve(1),
    () => new Error('e'),
    () => new Proxy({}, throwing),
    () => new Proxy([], throwing),
    () => new Proxy(victim(), throwing),
    () => new Proxy(victim(), {}),
    () => new Proxy(thrower, {}),
    () => revoked({}),
    () => revoked([]),
    () => revoked(victim()),
    () => ({ toString: thrower, valueOf: thrower }),
    () => ({ valueOf: () => 1 }),
    () => ({ toString: () => 'float32' }),
    () => ({ [Symbol.toPrimitive]: thrower }),
    () => new Number(1),
    () => new String('cpu'),
    detached,
    () => new Uint8Array(8),
    () => new BigInt64Array(2),
    () => new Float64Array([NaN, 1]),
    () => new DataView(new ArrayBuffer(4)),
    () => new SharedArrayBuffer(4),
    () => vm.runInNewContext('[1, 2]'),
    () => vm.runInNewContext('({ dim: 1 })'),
    () => vm.runInNewContext('(() => 1)'),
    () => vm.runInNewContext('new Float32Array(2)'),
    disposed,
    () => disposing(victim()),
    () => new Generator(),
    () => victim()[HANDLE],
    () => ({ [HANDLE]: 1 }),
    () => ({ [HANDLE]: external }),
    () => ({ [HANDLE]: victim()[HANDLE] }),
    () => external,
    () => [external],
    () => ({
      get [HANDLE]() {
        return thrower();
      },
    }),
    () => ({ re: 1, im: {} }),
    () => new Complex(NaN, 1e308),
    () => ({ dtypeCode: 1e9 }),
    () => ({ dtypeCode: 45 }),
    () => ({ layoutCode: -1 }),
    () => ({ deviceName: 'x:y' }),
    () => ({ memoryFormatCode: 99 }),
    () => Object.defineProperty([1], 0, { get: thrower }),
    () => globalThis,
    () => crypto.webcrypto,
    () => new Array(2 ** 32 - 1),
    () => ({ __proto__: { dim: 0 } }),
    () => arguments_(1, 2),
  ];
}

function arguments_(..._args: unknown[]): IArguments {
  // eslint-disable-next-line prefer-rest-params
  return arguments;
}

const data = (shape: number[], fill: (i: number) => number): Tensor =>
  tensor(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i))).reshape(shape);

/** Tensors that are tensors, and little else that an operator expects. */
export function absurdTensors(): Make[] {
  const shapes = [
    [],
    [0],
    [1],
    [3],
    [5],
    [2, 3],
    [0, 3],
    [3, 3],
    [4, 4],
    [1, 2, 3],
    [2, 0, 1],
    [2, 3, 4, 4],
    [1, 1, 2, 2, 2],
  ];
  const types = [
    dtypes.float32,
    dtypes.float32,
    dtypes.float32,
    dtypes.float64,
    dtypes.int64,
    dtypes.int64,
    dtypes.int32,
    dtypes.bool,
    dtypes.uint8,
    dtypes.complex64,
    dtypes.float16,
    dtypes.bfloat16,
  ];
  const make: Make[] = [];
  for (const shape of shapes) {
    for (const dtype of types) make.push(() => data(shape, (i) => (i % 7) - 2).to({ dtype }));
    make.push(() => data(shape, (i) => (i % 2 ? 1e6 : -1e6)).to({ dtype: dtypes.int64 })); // as an index: far outside
    make.push(() => data(shape, (i) => i).requiresGrad_());
    make.push(() => data(shape, () => NaN));
    make.push(() => data(shape, (i) => i).to({ device: 'meta' }));
  }
  const matrix = () => data([3, 3], (i) => (i % 3 ? 0 : i + 1));
  make.push(
    () => matrix().toSparse(),
    () => matrix().toSparseCsr(),
    () => matrix().toMkldnn(),
    () => matrix().T,
    () => data([1, 3], (i) => i).expand([3, 3]),
    () => matrix().to({ dtype: dtypes.complex64 }).conj(),
    () => aten.quantizePerTensor(matrix(), 0.1, 10, dtypes.quint8),
    () => tensor(5n),
    () => tensor([2n ** 62n, -(2n ** 62n)]),
    () => tensor([0n, 1n, 2n]),
    () => tensor([1n, 1n]),
    () => tensor([0n]),
    () => data([4, 4], (i) => i).asStrided([2, 2], [0, 0]),
    () => fromBlob(new Float32Array(6), { shape: [2, 3] }),
    () => data([1000], (i) => i),
    () => matrix().to({ dtype: dtypes.float8_e4m3fn }),
  );
  return make;
}
