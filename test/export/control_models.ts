// The models of control.py: modules whose forward decides by tensors, with arguments for each way.
import torch, { type Tensor, nn } from 'nodetorch';

const { map, scan, whileLoop } = torch.higherOrder;

class Branches extends nn.Module {
  declare readonly offset: Tensor;
  readonly a = new nn.Linear(3, 3);
  readonly b = new nn.Linear(3, 3);
  constructor() {
    super();
    this.registerBuffer('offset', torch.ones([3]));
  }
  override forward(x: Tensor, y: Tensor): Tensor[] {
    const [u, v] = torch.cond(
      x.sum().gt(0),
      (x: Tensor, z: Tensor) => [this.a(x).add(y), z.mul(2)],
      (x: Tensor, z: Tensor) => [this.b(x).sub(this.offset), z.relu()],
      [x, y.add(1)],
    );
    return [u.mul(2), v];
  }
}
class Nested extends nn.Module {
  override forward(x: Tensor): Tensor {
    const inner = (x: Tensor): Tensor =>
      torch.cond(
        x.max().gt(1),
        (x: Tensor) => x.sin(),
        (x: Tensor) => x.cos(),
        [x],
      );
    return torch.cond(x.sum().gt(0), inner, (x: Tensor) => x.add(2 * x.shape[0]), [x]);
  }
}
class Dict extends nn.Module {
  override forward(x: Tensor): Tensor[] {
    const both = torch.cond(
      x.sum().gt(0),
      (x: Tensor) => ({ a: [x.exp()], b: x.sum(1) }),
      (x: Tensor) => ({ a: [x.tanh()], b: x.amax(1) }),
      [x],
    );
    return [both.a[0], both.b];
  }
}
class While extends nn.Module {
  readonly step = new nn.Parameter(torch.full([3], 0.5));
  override forward(i: Tensor, x: Tensor): Tensor[] {
    return whileLoop(
      (i: Tensor, _: Tensor) => i.lt(5),
      (i: Tensor, x: Tensor) => [i.add(1), x.mul(this.step)],
      [i, x],
    );
  }
}
class Map_ extends nn.Module {
  override forward(xs: Tensor, y: Tensor): Tensor {
    return map((x: Tensor, y: Tensor) => x.mul(y).add(1), xs, y) as Tensor;
  }
}
class Scan extends nn.Module {
  override forward(init: Tensor, xs: Tensor): Tensor[] {
    return scan((c: Tensor, x: Tensor): [Tensor, Tensor] => [c.add(x), c.mul(x)], init, xs);
  }
}

/** A branch by `x.sum()` of `Branch` and `other`. */
export class Choice extends nn.Module {
  constructor(private readonly branches: readonly [(x: Tensor) => unknown, (x: Tensor) => unknown]) {
    super();
  }
  override forward(x: Tensor): unknown {
    return torch.cond(x.sum().gt(0), ...this.branches, [x]);
  }
}

const { Dim } = torch.export;
export const x = torch.linspace(-1, 2, 12).view([4, 3]);
const y = torch.linspace(0, 1, 12).view([4, 3]);
const batch = { 0: Dim('batch', { min: 2, max: 64 }) };

interface ControlModel {
  make: () => nn.Module;
  calls: Tensor[][];
  dynamicShapes: torch.export.DynamicShapes | null;
}
const row = (
  make: () => nn.Module,
  calls: Tensor[][],
  dynamicShapes: torch.export.DynamicShapes | null = null,
): ControlModel => ({ make, calls, dynamicShapes });
const firstThree = (t: Tensor): Tensor => t.narrow(0, 0, 3);

export const controlModels: Record<string, ControlModel> = {
  branches: row(() => new Branches(), [[x, y], [x.neg(), y]]),
  'branches of any batch': row(() => new Branches(), [[x, y], [firstThree(x.neg()), firstThree(y)]], [batch, batch]),
  nested: row(() => new Nested(), [[x], [x.clamp({ max: 0.9 })], [firstThree(x.neg())]], [batch]),
  dict: row(() => new Dict(), [[x], [x.neg()]]),
  while: row(() => new While(), [[torch.tensor(0n), x], [torch.tensor(4n), x]]),
  map: row(() => new Map_(), [[x, y.select(0, 0)]]),
  'map of any length': row(() => new Map_(), [[x, y.select(0, 0)], [x.narrow(0, 0, 2), y.select(0, 1)]], [batch, null]),
  scan: row(() => new Scan(), [[y.select(0, 0), x]]),
}; // prettier-ignore
