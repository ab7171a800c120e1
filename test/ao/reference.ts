// What a state_dict in int8 says that layers compute, in plain floats, beside what they do.
import torch, { type Tensor, type nn, serialization } from 'nodetorch';

const { Int8DynamicActivationLinear, Int8WeightOnlyLinear } = torch.ao.quantization;
const { Linear } = torch.ao.nn.quantized.dynamic;
type State = ReadonlyMap<string, unknown>;

const floats = (x: Tensor): Tensor => (x.dtype.isFloatingPoint ? x : x.dequantize()).double();
/** Equal, where NaN is NaN. */
const same = (x: Tensor, y: Tensor): boolean => torch.allclose(x, y, { rtol: 0, atol: 0, equalNan: true });
const isFinite = (x: Tensor): boolean => x.abs().lt(1e30).all().item() as unknown as boolean;

function fail(prefix: string, what: string): never {
  throw new Error(`${prefix}: ${what} is not what the state says`);
}

/** Within `bound`, and what adding up in float32 takes off. */
function expectNear(
  prefix: string,
  y: Tensor,
  x: Tensor,
  w: Tensor,
  b: Tensor | null,
  bound: Tensor,
  isRough = false,
): void {
  const expected = x
    .double()
    .matmul(w.t())
    .add(b?.double() ?? 0);
  const sums = x
    .double()
    .abs()
    .matmul(w.abs().t())
    .add(b?.double().abs() ?? 0);
  if (!isFinite(sums) || !isFinite(bound)) return;
  const rounding = isRough || y.dtype !== torch.float32 ? 2e-2 : 1e-4;
  const isNear = y
    .double()
    .sub(expected)
    .abs()
    .le(bound.add(sums.mul(rounding)).add(1e-6));
  if (!isNear.all().item()) fail(prefix, 'its result');
}

function checkDynamic(prefix: string, layer: InstanceType<typeof Linear>, state: State, x: Tensor | null) {
  const pair = state.get(`${prefix}_packed_params._packed_params`) as [Tensor, Tensor | null] | undefined;
  const version = (state as { _metadata?: Map<string, { version?: number }> })._metadata?.get('0')?.version;
  const before = ['', '_packed_params.'].map((at) => [state.get(`${prefix}${at}weight`), state.get(`${prefix}${at}bias`)]); // prettier-ignore
  if (version === 2) before.reverse();
  const [weight, bias = null] = (pair ?? before.find(([found]) => found)!) as [Tensor, Tensor | null];
  const half = layer.dtype === torch.float16;
  const w = half ? weight.half().double() : floats(weight);
  if (!half && !same(floats(layer.weight()), w)) fail(prefix, 'the weight');
  if ((bias === null) !== (layer.bias() === null)) fail(prefix, 'the bias');
  if (bias !== null && !same(layer.bias()!.double(), bias.double())) fail(prefix, 'the bias');
  if (!x || String(layer).includes('float16')) return;
  // Numbers from the least to the largest, and 0, in 127 steps at least.
  const step = x
    .max()
    .clamp({ min: 0 })
    .sub(x.min().clamp({ max: 0 }))
    .div(127)
    .double();
  expectNear(prefix, layer(x), x, w, bias, w.abs().sum(1).mul(step));
}

function checkInt8(
  prefix: string,
  layer: InstanceType<typeof Int8WeightOnlyLinear>,
  state: State,
  x: Tensor | null,
) {
  const whole = state.get(`${prefix}weight`);
  const part = (name: string): Tensor | null =>
    whole instanceof serialization.PythonObject
      ? ((whole.state as Map<string, Tensor | null>).get(name) ?? null)
      : ((state.get(`${prefix}_weight_${name}`) as Tensor | undefined) ?? null);
  const [qdata, scale, zeroPoint] = ['qdata', 'scale', 'zero_point'].map(part);
  const spread = (each: Tensor): Tensor =>
    each.double().repeatInterleave(qdata!.shape[0] / each.shape[0], 0).repeatInterleave(qdata!.shape[1] / each.shape[1], 1); // prettier-ignore
  const w = qdata!
    .double()
    .sub(zeroPoint ? spread(zeroPoint) : 0)
    .mul(spread(scale!));
  if (isFinite(w) && !same(layer.dequantize().double(), w)) {
    const error = layer.dequantize().double().sub(w).abs();
    if (!error.le(w.abs().mul(1e-2)).all().item()) fail(prefix, 'the weight');
  }
  if (!x) return;
  const bias = (state.get(`${prefix}bias`) as Tensor | undefined) ?? null;
  const active = layer instanceof Int8DynamicActivationLinear;
  const step = active ? x.abs().max().div(127).double() : torch.scalarTensor(0, { dtype: 'float64' });
  const inBfloat16 = (layer as unknown as { _inBfloat16: boolean })._inBfloat16;
  expectNear(prefix, layer(x), x, w, bias, w.abs().sum(1).mul(step), inBfloat16);
}

// The weights of cells, packed: an object of libtorch, or what a file says of one.
function weightsOf(value: unknown, depth = 0): Tensor[] {
  if (torch.isTensor(value)) return [value as Tensor];
  const parts: unknown = value instanceof serialization.PythonObject ? value.state : value;
  if (!Array.isArray(parts) || depth > 9) return []; // what a file says may contain itself
  return (parts as unknown[]).flatMap((each) => weightsOf(each, depth + 1));
}

/** @throws where a layer of `model` computes something else than `state` says, `x` being the input of the first one. */
export function expectAsTheStateSays(model: nn.Module, state: State, x: Tensor): void {
  for (const [name, layer] of model.namedModules()) {
    const input = name === '0' ? x : null;
    if (layer instanceof Linear) checkDynamic(`${name}.`, layer, state, input);
    else if (layer instanceof Int8WeightOnlyLinear) checkInt8(`${name}.`, layer, state, input);
  }
  const written = torch.load<State>(torch.save(model.stateDict()), { weightsOnly: false });
  for (const [key, value] of written) {
    if (!/param$|_packed_weight/.test(key)) continue;
    const [ours, theirs] = [value, state.get(key)].map((each) => weightsOf(each).filter(({ isQuantized }) => isQuantized)); // prettier-ignore
    if (!ours.every((each, i) => same(floats(each), floats(theirs[i])))) fail(key, 'the weight');
  }
}
