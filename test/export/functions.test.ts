// Custom Functions in programs that are exported here, against functions.json: what Python's export makes of the same ones.
import torch, { type Tensor, nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './functions.json';

torch.setNumThreads(1);
const { Function: AutogradFunction } = torch.autograd;
type Context = torch.autograd.FunctionContext;

class Scaled extends AutogradFunction {
  static override forward(ctx: Context, x: Tensor, k: number): [Tensor, Tensor] {
    ctx.saveForBackward(x);
    ctx.needs = ctx.needsInputGrad;
    return [x.exp().mul(k), x.sin()];
  }
  static override backward(_: Context, grad: Tensor) {
    return [grad.mul(7), null];
  }
}
class NewStyle extends AutogradFunction {
  static override forward(x: Tensor, y: Tensor): Tensor {
    return x.mul(y.tanh());
  }
  static override setupContext(ctx: Context, inputs: Tensor[]): void {
    ctx.saveForBackward(...inputs);
  }
  static override backward(_: Context, grad: Tensor) {
    return [grad, grad];
  }
}
class Same extends AutogradFunction {
  static override forward(_: Context, x: Tensor): Tensor {
    return x;
  }
  static override backward(_: Context, grad: Tensor) {
    return grad.neg();
  }
}
class Dirty extends AutogradFunction {
  static override forward(ctx: Context, x: Tensor): Tensor {
    ctx.markDirty(x);
    return x.add_(1);
  }
  static override backward(_: Context, grad: Tensor) {
    return grad;
  }
}
class Plain extends AutogradFunction {
  static override forward(ctx: Context, x: Tensor): Tensor {
    const y = x.relu();
    ctx.markNonDifferentiable(y);
    return y;
  }
  static override backward() {
    return null;
  }
}

type Body = (x: Tensor, weight: Tensor) => Tensor;
class Model extends nn.Module {
  readonly weight = new nn.Parameter(torch.linspace(-1, 1, 3));
  constructor(private readonly body: Body) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return this.body(x, this.weight);
  }
}
const bodies: Record<keyof typeof fixture, Body> = {
  both: (x, w) => {
    const [a, b] = Scaled.apply(x, 2);
    return NewStyle.apply(a, w).add(b);
  },
  same: (x, w) => Same.apply(x.mul(w)).mul(2),
  dirty: (x, w) => Dirty.apply(x.mul(w)).mul(3),
  plain: (x, w) => Plain.apply(x.mul(w)).mul(3),
};
const given = (): Tensor => torch.linspace(-1, 2, 12).view([4, 3]).detach().requiresGrad_();

// What `print_readable` prints, without comments.
function plain(program: torch.export.ExportedProgram): string {
  const text = String(program).split('\nGraph signature:')[0].replace('ExportedProgram:\n', '');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  return lines.map((line) => line.slice(4)).join('\n');
}

test.each(Object.entries(bodies))('%s is the program of Python', (name, body) => {
  const { code, output, gradients } = fixture[name as keyof typeof fixture];
  const program = torch.export.export(new Model(body), [given()], {
    dynamicShapes: [{ 0: torch.export.Dim.AUTO }],
  });
  const read = torch.export.load(torch.export.save(program));
  for (const one of [program, read]) {
    const [module, x] = [one.module(), given()];
    if (code !== null) expect(plain(one)).toBe(code);
    const y = module(x) as Tensor;
    y.sum().backward();
    expect(y.tolist()).toEqual(output);
    expect([x.grad!.tolist(), [...module.parameters()][0].grad!.tolist()]).toEqual(gradients);
  }
});

test('a Function is called as one outside of exports, and by each replay of torch.capture', () => {
  const x = given();
  Scaled.apply(x, 2)[0].sum().backward();
  expect(x.grad!.tolist()).toEqual(torch.full([4, 3], 7).tolist());
  const captured = torch.capture((y: Tensor) => Same.apply(y));
  for (let i = 0; i < 4; i++) expect(captured(given()).tolist()).toEqual(Same.apply(given()).tolist());
});

test('what Python writes as an operator that is not here is refused by its name', () => {
  const options = new nn.LinearCrossEntropyOptions({ batchChunkSize: 2 });
  const loss = new nn.LinearCrossEntropyLoss(3, 5, { options });
  const args = [given(), torch.tensor([0n, 1n, 2n, 3n])];
  expect(classAndMessage(() => torch.export.export(loss, args))).toMatch(
    /^RuntimeError: torch\.export\.export\(\): linearCrossEntropy\(\) in chunks .*torch_nn::_linear_cross_entropy_batch_chunked/,
  );
});

test('CrossMapLRN2d trains: its operators are in the program', () => {
  const x = torch.linspace(-1, 2, 40, { dtype: 'float64' }).view([1, 5, 2, 4]).detach().requiresGrad_();
  const module = new nn.CrossMapLRN2d(3, 0.5);
  const read = torch.export.load(torch.export.save(torch.export.export(module, [x]))).module();
  expect((read(x) as Tensor).tolist()).toEqual(module.forward(x).tolist());
  expect(torch.autograd.gradcheck((one: Tensor) => read(one) as Tensor, [x])).toBe(true);
});
