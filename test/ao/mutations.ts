// Changes in the values of a state_dict in int8: tensors of other dtypes and sizes, things that are no tensors, and missing ones.
import torch, { type Tensor, serialization } from 'nodetorch';
import { any, random } from '../export/fuzz/random';

const { PythonObject, PythonClass, tuple } = serialization;

const tensors: ((x: Tensor) => Tensor)[] = [
  (x) => x.to(any([torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.uint8, torch.int64, torch.bool, torch.complex64])), // prettier-ignore
  (x) => x.unsqueeze(random(x.dim() + 1)),
  (x) => x.flatten(),
  (x) => x.t(),
  (x) => x.t().contiguous(),
  (x) => x.slice(0, 0, random(x.shape[0] + 1)),
  (x) => x.slice(x.dim() - 1, random(x.shape.at(-1)!)),
  (x) => x.slice(0, 0, 1),
  (x) => torch.cat([x, x], { dim: any([0, x.dim() - 1]) }),
  (x) => x.expand([random(4), ...x.shape]),
  (x) => torch.fullLike(x, any([0, 1, -1, NaN, Infinity, -Infinity, 1e38, 1e-45, 127, -128, 3])),
  (x) => torch.empty([0], { dtype: x.dtype }),
  (x) => torch.emptyLike(x, { device: 'meta' }),
  (x) => x.toSparse(),
  (x) => torch.rand(x.shape).requiresGrad_(),
  (x) => torch.quantizePerTensor(x.dequantize().float(), any([0.1, 1e-30, 3]), any([0, 5, -7]), any([torch.qint8, torch.quint8, torch.qint32])), // prettier-ignore
  (x) => x.add(1),
  (x) => x.neg(),
  (x) => x.dequantize(),
  (x) => x.intRepr(),
  () => torch.ones([48, 48]),
  () => torch.ones([]),
];

const others = (): unknown =>
  any([
    null,
    true,
    0,
    -1,
    3,
    NaN,
    2 ** 40,
    9007199254740993n,
    'x',
    '__torch__.torch.classes.rnn.CellParamsBase',
    'quantized_dynamic',
    'quantized_fp16',
    [],
    [null],
    tuple(),
    tuple(1, 2),
    new Map(),
    new Map([['a', 1]]),
    new PythonObject('torch.ScriptObject'),
    new PythonObject('a.b'),
    new PythonClass('torch.float32'),
    new Uint8Array(3),
    torch.qint8,
    torch.float16,
    torch.float32,
    torch.strided,
  ]);

interface Place {
  get(): unknown;
  set(value: unknown): void;
  remove(): void;
}
/** Every value that can be changed, those in others, too. */
function placesIn(value: unknown, found: Place[] = [], seen = new Set<unknown>()): Place[] {
  if (typeof value !== 'object' || value === null || torch.isTensor(value) || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof Map) {
    for (const key of value.keys()) {
      found.push({
        get: () => value.get(key) as unknown,
        set: (one) => value.set(key, one),
        remove: () => value.delete(key),
      });
      placesIn(value.get(key), found, seen);
    }
  } else if (Array.isArray(value)) {
    const list = value as unknown[];
    for (const i of list.keys()) {
      found.push({ get: () => list[i], set: (one) => (list[i] = one), remove: () => list.splice(i, 1) });
      placesIn(list[i], found, seen);
    }
  } else if (value instanceof PythonObject) {
    for (const name of ['args', 'state'] as const) {
      found.push({
        get: () => value[name],
        set: (one) => (value[name] = one),
        remove: () => (value[name] = null),
      });
      placesIn(value[name], found, seen);
    }
  }
  return found;
}

/** Changes some values of a state_dict. */
export function mutateState(state: Map<string, unknown>): Map<string, unknown> {
  for (let i = 1 + random(2); i > 0; i--) {
    const places = placesIn(state);
    if (places.length === 0) break;
    const place = any(places);
    const value = place.get();
    if (torch.isTensor(value) && random(3) > 0) {
      try {
        place.set(any(tensors)(value as Tensor));
      } catch {
        place.set(null); // there is no such change of such a tensor
      }
    } else {
      any([
        () => place.set(others()),
        () => place.set(any(places).get()),
        () => place.remove(),
        () => place.set([value]),
        () => void state.set(any(['0.weight', '0._weight_scale', '0.scale', 'x', '0._packed_params.dtype']), others()),
      ])(); // prettier-ignore
    }
  }
  return state;
}
