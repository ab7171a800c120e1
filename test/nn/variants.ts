// Every row again, otherwise, as test/fixtures/nn/variants.py does it.
import torch, { Tensor, type nn } from 'nodetorch';
import {
  differentiable,
  digests,
  gradOf,
  leavesOf,
  mapNested,
  type Nested,
  type VariantFixture,
} from './fixture';

const STEPS = 3;
const RATE = 0.1;
type Call = (...inputs: unknown[]) => unknown;
type Change = (tensor: Tensor) => Tensor;

function changed(inputs: unknown[], change: Change): unknown[] {
  return mapNested(inputs as Nested<unknown>, (value) =>
    value instanceof Tensor ? change(value).requiresGrad_(value.requiresGrad) : value,
  ) as unknown[];
}

const copy: Change = (tensor) => tensor.detach().clone();
const cast =
  (dtype: 'float64' | 'bfloat16'): Change =>
  (tensor) =>
    tensor.isFloatingPoint() ? tensor.detach().to(dtype).clone() : copy(tensor);

// The first dimension the closest in memory.
const strided: Change = (tensor) => {
  const { shape } = tensor;
  let step = shape.length === 1 ? 2 : 1;
  const strides = shape.map((size) => {
    const stride = step;
    step *= Math.max(size, 1);
    return stride;
  });
  return torch.emptyStrided([...shape], strides, { dtype: tensor.dtype }).copy_(tensor.detach());
};

const channelsLast: Change = (tensor) => {
  const formats: Record<number, torch.MemoryFormat> = { 4: torch.channelsLast, 5: torch.channelsLast3d };
  const memoryFormat = formats[tensor.dim()] ?? torch.contiguousFormat;
  return tensor.detach().clone({ memoryFormat });
};

// Without the elements of dimension 0, where it is as long as the first input's.
function emptied(inputs: unknown[]): Change {
  const tensors = leavesOf(inputs).filter((value): value is Tensor => value instanceof Tensor);
  const batch = tensors.find((tensor) => tensor.dim() > 0)?.shape[0];
  return (tensor) => copy(tensor.dim() > 0 && tensor.shape[0] === batch ? tensor.detach().at(':0') : tensor);
}

const changes: Record<string, (inputs: unknown[]) => Change> = {
  float64: () => cast('float64'),
  bfloat16: () => cast('bfloat16'),
  strided: () => strided,
  channelsLast: () => channelsLast,
  empty: emptied,
  double: () => copy,
};

/** Random ones, as variants.py draws them. */
export function cotangents(roots: Tensor[], seed: number): Tensor[] {
  torch.manualSeed(seed + 3);
  return roots.map((root) => torch.randnLike(root));
}

function once(call: Call, inputs: unknown[], seed: number, module?: nn.Module): VariantFixture {
  torch.manualSeed(seed + 2);
  const outputs = leavesOf(call(...inputs));
  const results = digests(outputs);
  const roots = differentiable(outputs);
  if (roots.length > 0) torch.autograd.backward(roots, cotangents(roots, seed));
  const owners = [...leavesOf(inputs), ...(module?.parameters() ?? [])];
  const grads = digests(owners.map(gradOf));
  return { outputs: results, grads, buffers: digests([...(module?.buffers() ?? [])]) };
}

// The gradient of the sum of squares of the first gradients.
function twice(call: Call, inputs: unknown[], seed: number, module?: nn.Module): VariantFixture {
  torch.manualSeed(seed + 2);
  const roots = differentiable(call(...inputs));
  const wanted = differentiable([...leavesOf(inputs), ...(module?.parameters() ?? [])]);
  const gradOutputs = cotangents(roots, seed);
  const first = torch.autograd.grad(roots, wanted, { gradOutputs, createGraph: true, allowUnused: true });
  const squares = differentiable(first).map((grad) => grad.mul(grad).sum());
  const second = torch.autograd.grad(squares, wanted, { allowUnused: true });
  return { grads: digests(second) };
}

// Parameters and buffers after steps of plain descent on the mean of squares.
function trained(module: nn.Module, call: Call, inputs: unknown[], seed: number): VariantFixture {
  torch.manualSeed(seed + 2);
  for (let step = 0; step < STEPS; step++) {
    module.zeroGrad();
    const losses = differentiable(call(...changed(inputs, copy))).map((output) => output.mul(output).mean());
    if (losses.length > 0) torch.autograd.backward(losses);
    torch.noGrad(() => {
      for (const param of module.parameters()) if (param.grad) param.add_(param.grad, { alpha: -RATE });
    });
  }
  return { parameters: digests([...module.parameters()]), buffers: digests([...module.buffers()]) };
}

/** What the row's variant `name` gives, as digests. */
export function moduleVariant(
  name: string,
  build: () => nn.Module,
  call: (module: nn.Module, ...inputs: unknown[]) => unknown,
  inputs: unknown[],
  seed: number,
): VariantFixture {
  const module = build();
  const bound: Call = (...values) => call(module, ...values);
  if (name === 'steps') return trained(module, bound, inputs, seed);
  if (name === 'float64' || name === 'bfloat16') module.to(name);
  const given = changed(inputs, changes[name](inputs));
  return (name === 'double' ? twice : once)(bound, given, seed, module);
}

export function functionalVariant(name: string, call: Call, inputs: unknown[], seed: number): VariantFixture {
  return (name === 'double' ? twice : once)(call, changed(inputs, changes[name](inputs)), seed);
}
