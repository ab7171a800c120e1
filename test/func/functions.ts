// The Functions and the transforms of functions.py.
/* eslint-disable @typescript-eslint/no-explicit-any -- arguments as in Python */
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import { leaves, run } from './values';

const { Function: Base, function: helpers } = torch.autograd;
type Context = torch.autograd.FunctionContext;
type Info = torch.autograd.VmapInfo;
type Dim = number | null;
const { func, nn } = torch;

/** Refuses tensors of a transform. */
function read(tensor: Tensor): Float32Array {
  return Float32Array.from(tensor.detach().toTypedArray() as Float32Array);
}
const made = (values: Float32Array, like: Tensor) => torch.tensor(values).view(like.shape);
const cubed = (a: Float32Array) => a.map((v) => Math.fround(Math.fround(v * v) * v));
const slopes = (a: Float32Array) => a.map((v) => Math.fround(3 * Math.fround(v * v)));

class Cube extends Base {
  static override forward(x: Tensor) {
    const a = read(x);
    return [made(cubed(a), x), made(slopes(a), x)];
  }
  static override setupContext(ctx: Context, [x]: Tensor[], output: Tensor[]) {
    ctx.saveForBackward(x, output[1]);
    ctx.saveForForward(x, output[1]);
  }
  static override backward(ctx: Context, g: Tensor, gd: Tensor) {
    const [x, d] = ctx.savedTensors;
    return Mul.apply(g, d).add(Mul.apply(gd, x).mul(6));
  }
  static override vmap(_: Info, [dim]: Dim[], x: Tensor): [any, any] {
    return [Cube.apply(x), [dim, dim]];
  }
  static override jvp(ctx: Context, t: Tensor) {
    const [x, d] = ctx.savedTensors;
    return [Mul.apply(t, d), Mul.apply(t, x).mul(6)];
  }
}

class CubeGen extends Base {
  static override generateVmapRule = true;
  static override forward(x: Tensor) {
    return [x.mul(x).mul(x), x.mul(x).mul(3)];
  }
  static override setupContext = Cube.setupContext;
  static override backward(ctx: Context, g: Tensor, _: Tensor) {
    const d = ctx.savedTensors[1];
    return g.mul(d).add(d.mul(6));
  }
  static override jvp(ctx: Context, t: Tensor) {
    const [x, d] = ctx.savedTensors;
    return [MulGen.apply(t, d), Mul.apply(t, x).mul(6)];
  }
}

class CubeOnce extends Base {
  static override forward(x: Tensor): [Tensor, Float32Array] {
    const a = read(x);
    return [made(cubed(a), x), a];
  }
  static override setupContext(ctx: Context, _: Tensor[], output: [Tensor, Float32Array]) {
    ctx.a = output[1];
  }
  static override backward = helpers.onceDifferentiable((ctx, g: Tensor, none: null) => {
    expect(none).toBe(null);
    return made(slopes(ctx.a as Float32Array), g).mul(g);
  });
}

const saveInputs = (ctx: Context, inputs: Tensor[]) => {
  ctx.saveForBackward(...inputs);
  ctx.saveForForward(...inputs);
};
const productJvp = (ctx: Context, tx: Tensor, ty: Tensor) => {
  const [x, y] = ctx.savedTensors;
  return tx.mul(y).add(ty.mul(x));
};

class Mul extends Base {
  static override forward(x: Tensor, y: Tensor) {
    const [a, b] = [read(x), read(y)];
    const [p, q] = torch.broadcastTensors([torch.tensor(a).view(x.shape), torch.tensor(b).view(y.shape)]);
    return p.mul(q);
  }
  static override setupContext = saveInputs;
  static override backward(ctx: Context, g: Tensor) {
    const [x, y] = ctx.savedTensors;
    const [ofX, ofY] = ctx.needsInputGrad;
    return [ofX ? Mul.apply(g, y) : null, ofY ? Mul.apply(g, x) : null];
  }
  static override vmap(_: Info, inDims: Dim[], x: Tensor, y: Tensor): [any, any] {
    const last = (t: Tensor, dim: Dim) => (dim === null ? t.unsqueeze(-1) : t.movedim(dim, -1));
    return [Mul.apply(last(x, inDims[0]), last(y, inDims[1])).movedim(-1, 0), 0];
  }
  static override jvp = productJvp;
}

class MulGen extends Base {
  static override generateVmapRule = true;
  static override forward = (x: Tensor, y: Tensor) => x.mul(y);
  static override setupContext = saveInputs;
  static override backward(ctx: Context, g: Tensor) {
    const [x, y] = ctx.savedTensors;
    const [ofX, ofY] = ctx.needsInputGrad;
    return [ofX ? MulGen.apply(g, y) : null, ofY ? MulGen.apply(g, x) : null];
  }
  static override jvp = productJvp;
}

class Exp_ extends Base {
  static override forward(x: Tensor) {
    x.detach().exp_();
    return x;
  }
  static override setupContext(ctx: Context, inputs: Tensor[], output: Tensor) {
    ctx.markDirty(inputs[0]);
    ctx.saveForBackward(output);
    ctx.saveForForward(output);
  }
  static override backward = (ctx: Context, g: Tensor) => Mul.apply(g, ctx.savedTensors[0]);
  static override vmap(_: Info, inDims: Dim[], x: Tensor): [any, any] {
    Exp_.apply(x);
    return [x, inDims[0]];
  }
  static override jvp = (ctx: Context, t: Tensor) => t.mul_(ctx.savedTensors[0]);
}

class Sort extends Base {
  static override forward(x: Tensor, dim: number) {
    read(x);
    const [values, ind] = torch.sort(x.detach(), { dim });
    return [values, ind, torch.argsort(ind, { dim })];
  }
  static override setupContext(ctx: Context, inputs: any[], [, ind, inverse]: Tensor[]) {
    ctx.markNonDifferentiable(ind, inverse);
    ctx.saveForBackward(ind, inverse);
    ctx.saveForForward(ind, inverse);
    ctx.dim = inputs[1];
  }
  static override backward(ctx: Context, g: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return [Take.apply(g, inverse, ind, ctx.dim as number), null];
  }
  static override vmap(_: Info, inDims: Dim[], x: Tensor, dim: number): [any, any] {
    const wrapped = dim >= 0 ? dim : dim + x.dim() - 1;
    return [Sort.apply(x.movedim(inDims[0]!, 0), wrapped + 1), [0, 0, 0]];
  }
  static override jvp(ctx: Context, t: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return [Take.apply(t, ind, inverse, ctx.dim as number), null, null];
  }
}

class SortGen extends Base {
  static override generateVmapRule = true;
  static override forward(x: Tensor, dim: number) {
    const ind = torch.argsort(x, { dim });
    return [torch.takeAlongDim(x, ind, { dim }), ind, torch.argsort(ind, { dim })];
  }
  static override setupContext = Sort.setupContext;
  static override backward(ctx: Context, g: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return [TakeGen.apply(g, inverse, ind, ctx.dim as number), null];
  }
  static override jvp(ctx: Context, t: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return [TakeGen.apply(t, ind, inverse, ctx.dim as number), null, null];
  }
}

class Take extends Base {
  static override forward(x: Tensor, ind: Tensor, _: Tensor, dim: number) {
    read(x);
    return torch.takeAlongDim(x.detach(), ind, { dim });
  }
  static override setupContext(ctx: Context, [, ind, inverse, dim]: any[]) {
    ctx.saveForBackward(ind as Tensor, inverse as Tensor);
    ctx.saveForForward(ind as Tensor, inverse as Tensor);
    ctx.dim = dim;
  }
  static override backward(ctx: Context, g: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return [Take.apply(g, inverse, ind, ctx.dim as number), null, null, null];
  }
  static override vmap(
    info: Info,
    inDims: Dim[],
    x: Tensor,
    ind: Tensor,
    inverse: Tensor,
    dim: number,
  ): [any, any] {
    const logical = inDims[0] === null ? x.dim() : x.dim() - 1;
    const front = (t: Tensor, d: Dim) =>
      d === null ? t.expand([info.batchSize, ...t.shape]) : t.movedim(d, 0);
    const all = [front(x, inDims[0]), front(ind, inDims[1]), front(inverse, inDims[2])] as const;
    return [Take.apply(...all, (dim >= 0 ? dim : dim + logical) + 1), 0];
  }
  static override jvp(ctx: Context, t: Tensor, tInd: null, tInverse: null) {
    expect([tInd, tInverse]).toEqual([null, null]);
    const [ind, inverse] = ctx.savedTensors;
    return Take.apply(t, ind, inverse, ctx.dim as number);
  }
}

class TakeGen extends Base {
  static override generateVmapRule = true;
  static override forward = (x: Tensor, ind: Tensor, _: Tensor, dim: number) =>
    torch.takeAlongDim(x, ind, { dim });
  static override setupContext = Take.setupContext;
  static override backward(ctx: Context, g: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return [TakeGen.apply(g, inverse, ind, ctx.dim as number), null, null, null];
  }
  static override jvp(ctx: Context, t: Tensor) {
    const [ind, inverse] = ctx.savedTensors;
    return TakeGen.apply(t, ind, inverse, ctx.dim as number);
  }
}

class Select extends Base {
  static override forward = (x: Tensor, index: number) => x.select(0, index);
  static override setupContext(ctx: Context, inputs: any[]) {
    ctx.shape = (inputs[0] as Tensor).shape;
    ctx.index = inputs[1];
  }
  static override backward(ctx: Context, g: Tensor) {
    const result = g.newZeros(ctx.shape as number[]);
    result.select(0, ctx.index as number).copy_(g);
    return [result, null];
  }
  static override vmap(_: Info, inDims: Dim[], x: Tensor, index: number): [any, any] {
    return [Select.apply(x.movedim(inDims[0]!, 1), index), 0];
  }
  static override jvp = (ctx: Context, t: Tensor) => Select.apply(t, ctx.index as number);
}

class SelectGen extends Base {
  static override generateVmapRule = true;
  static override forward = Select.forward;
  static override setupContext = Select.setupContext;
  static override backward = Select.backward;
  static override jvp = (ctx: Context, t: Tensor) => SelectGen.apply(t, ctx.index as number);
}

class ScaleGrad extends Base {
  static override generateVmapRule = true;
  static override forward = (x: Tensor) => x.clone();
  static override setupContext = () => undefined;
  static override backward = (_: Context, g: Tensor) => g.mul(3.25);
  static override jvp = (_: Context, t: Tensor) => t.mul(3.25);
}

class Zeros extends Base {
  static override generateVmapRule = true;
  static override forward = (x: Tensor, y: Tensor) => [x.clone(), y.clone()];
  static override setupContext = () => undefined;
  static override backward = (_: Context, gx: Tensor, gy: Tensor) => [
    torch.zeros([3, 4, ...gx.shape]),
    torch.zeros(gy.shape),
  ];
  static override jvp = (_: Context, tx: Tensor, ty: Tensor) => [
    torch.zeros(tx.shape),
    torch.zeros(ty.shape),
  ];
}

class Lazy extends Base {
  static override generateVmapRule = true;
  static override forward = (x: Tensor, y: Tensor): any[] => [x.mul(2), y.mul(3), 'text'];
  static override setupContext = (ctx: Context) => ctx.setMaterializeGrads(false);
  static override backward(_: Context, gx: Tensor | null, gy: Tensor | null, none: null) {
    expect(none).toBe(null);
    return [gx?.mul(2) ?? null, gy?.mul(3) ?? null];
  }
  static override jvp = (_: Context, tx: Tensor | null, ty: Tensor | null) => [
    tx?.mul(2) ?? null,
    ty?.mul(3) ?? null,
    null,
  ];
}

class Same extends Base {
  static override generateVmapRule = true;
  static override forward = (x: Tensor) => x.viewAs(x);
  static override setupContext(ctx: Context, _: Tensor[], output: Tensor) {
    ctx.saveForBackward(output);
    ctx.saveForForward(output);
  }
  static override backward = (ctx: Context, g: Tensor) => g.mul(ctx.savedTensors[0]);
  static override jvp = (ctx: Context, t: Tensor) => t.mul(ctx.savedTensors[0]);
}

class NoRule extends Base {
  static override forward = (x: Tensor) => x.mul(2);
  static override setupContext = () => undefined;
  static override backward = (_: Context, g: Tensor) => g.mul(5);
}

class OldStyle extends Base {
  static override forward = (_: Context, x: Tensor) => x.mul(2);
  static override backward = (_: Context, g: Tensor) => g.mul(5);
}

function indices(): [Tensor, Tensor] {
  const ind = torch.tensor([[1n, 0n], [0n, 1n]]); // prettier-ignore
  return [ind, torch.argsort(ind, { dim: 1 })];
}

type Operation = (...xs: Tensor[]) => any;

/** How many tensors are differentiated, and what is done with them. */
export const operations: Record<string, [count: number, run: Operation]> = {
  Cube: [1, (x) => Cube.apply(x)],
  CubeGen: [1, (x) => CubeGen.apply(x)],
  CubeOnce: [1, (x) => CubeOnce.apply(x)[0]],
  Mul: [2, (x, y) => Mul.apply(x, y)],
  MulSquare: [1, (x) => Mul.apply(x, Mul.apply(x, x))],
  MulGen: [2, (x, y) => MulGen.apply(x, y)],
  MulGenSquare: [1, (x) => MulGen.apply(x, MulGen.apply(x, x))],
  Exp_: [1, (x) => Exp_.apply(x.clone())],
  Sort: [1, (x) => Sort.apply(x, 1)[0].mul(x)],
  SortGen: [1, (x) => SortGen.apply(x, 1)[0].mul(x)],
  Take: [1, (x) => Take.apply(x, ...indices(), 1).mul(x)],
  TakeGen: [1, (x) => TakeGen.apply(x, ...indices(), 1).mul(x)],
  Select: [1, (x) => Select.apply(x, 1).mul(x.select(0, 0))],
  SelectGen: [1, (x) => SelectGen.apply(x, 1).mul(x.select(0, 0))],
  ScaleGrad: [1, (x) => ScaleGrad.apply(x).mul(x)],
  Zeros: [2, (x, y) => Zeros.apply(x, y)[0].mul(x)],
  Lazy: [2, (x, y) => (Lazy.apply(x, y)[0] as Tensor).mul(x)],
  LazyBoth: [2, (x, y) => Lazy.apply(x, y).slice(0, 2)],
  Same: [1, (x) => Same.apply(x)],
  NoRule: [1, (x) => NoRule.apply(x)],
  OldStyle: [1, (x) => OldStyle.apply(x)],
};

const total = (value: any): Tensor =>
  leaves(value)
    .map((leaf) => leaf.mul(leaf).sum())
    .reduce((sum, one) => sum.add(one), torch.zeros([]));
const cotangents = (value: any): any =>
  Array.isArray(value) ? value.map(cotangents) : (value as Tensor).mul(0.5).add(1);

class Holds extends nn.Module<Tensor[], any> {
  readonly weight = new nn.Parameter(torch.ones([2, 2]));
  constructor(readonly f: Operation) {
    super();
  }
  override forward(...rest: Tensor[]): any {
    return this.f(this.weight, ...rest);
  }
}

/** What makes a function of the same arguments from one. */
export const transforms: Record<string, (f: Operation) => Operation> = {
  grad:
    (f) =>
    (...xs) =>
      func.grad((...ys: Tensor[]) => total(f(...ys)), { argnums: xs.map((_, i) => i) })(...xs),
  vjp:
    (f) =>
    (...xs) => {
      const [output, pull] = func.vjp(f, ...xs);
      return pull(cotangents(output));
    },
  jvp:
    (f) =>
    (...xs) =>
      func.jvp(f as never, xs, xs.map(cotangents)),
  vmap:
    (f) =>
    (...xs) =>
      func.vmap(f)(...xs.map((x) => torch.stack([x, x.mul(1.5)]))),
  vmapFirst:
    (f) =>
    (x, ...rest) =>
      func.vmap(f, { inDims: [1, ...rest.map(() => null)] })(torch.stack([x, x.mul(1.5)], 1), ...rest),
  jacrev:
    (f) =>
    (...xs) =>
      func.jacrev(f)(...xs),
  jacfwd:
    (f) =>
    (...xs) =>
      func.jacfwd(f)(...xs),
  hessian:
    (f) =>
    (...xs) =>
      func.hessian((...ys: Tensor[]) => total(f(...ys)))(...xs),
  checkpoint:
    (f) =>
    (...xs) =>
      torch.utils.checkpoint.checkpoint(f, ...xs, { useReentrant: false }),
  functionalCall:
    (f) =>
    (x, ...rest) =>
      func.functionalCall(new Holds(f), { weight: x }, rest),
};

/** Digests of the results' bytes, or the first line of an error. */
export function runNesting(name: string, nesting: string): string {
  const [count, operation] = operations[name];
  const f = nesting.split(' ').reduceRight((inner, transform) => transforms[transform](inner), operation);
  const x = torch.tensor([[0.75, 1.25], [1.5, 0.5]]); // prettier-ignore
  const y = torch.tensor([[1.125, 0.875], [0.625, 1.75]]); // prettier-ignore
  return run(() => f(...[x, y].slice(0, count)));
}
