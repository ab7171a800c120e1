// Programs with Functions, hooks and checkpoints: calls of JavaScript that each replay makes anew.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import type { FunctionContext } from '../../lib/autograd/function';
import type { Program } from './support';

const F = nn.functional;
const { checkpoint, checkpointSequential } = torch.utils.checkpoint;
const { Function: AutogradFunction } = torch.autograd;

/** `x y`, with what backward needs saved, and a number among its arguments. */
export class Scaled extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor, y: Tensor, factor: number): Tensor {
    ctx.saveForBackward(x, y);
    ctx.factor = factor;
    return x.mul(y).mul(factor);
  }
  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [x, y] = ctx.savedTensors;
    const factor = ctx.factor as number;
    const [first, second] = ctx.needsInputGrad;
    return [first ? grad.mul(y).mul(factor) : null, second ? grad.mul(x).mul(factor) : null, null];
  }
}

/** Changes its argument. */
export class Doubled extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor): Tensor {
    ctx.markDirty(x);
    return x.mul_(2);
  }
  static override backward(_ctx: FunctionContext, grad: Tensor): Tensor {
    return grad.mul(2);
  }
}

/** Several results, one without a gradient, and none for what nothing depends on. */
export class Sorted extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor): [Tensor, Tensor, number] {
    const [values, indices] = x.sort(-1);
    ctx.markNonDifferentiable(indices);
    ctx.setMaterializeGrads(false);
    ctx.saveForBackward(indices);
    return [values, indices, 3];
  }
  static override backward(ctx: FunctionContext, grad: Tensor | null): Tensor | null {
    const [indices] = ctx.savedTensors;
    return grad && torch.zerosLike(grad).scatter(-1, indices, grad);
  }
}

/** The newer way. */
export class Cubed extends AutogradFunction {
  static override forward(x: Tensor): [Tensor, Tensor] {
    return [x.pow(3), x.square().mul(3)];
  }
  static override setupContext(ctx: FunctionContext, [x]: [Tensor], [, slope]: [Tensor, Tensor]): void {
    ctx.saveForBackward(x, slope);
  }
  static override backward(ctx: FunctionContext, grad: Tensor, ofSlope: Tensor): Tensor {
    const [x, slope] = ctx.savedTensors;
    return grad.mul(slope).add(ofSlope.mul(x).mul(6));
  }
}

/** Has a field of its context that is a tensor, and one that it made. */
export class Remembering extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor): Tensor {
    ctx.given = x;
    ctx.made = x.detach().abs().add(1);
    return x.div(ctx.made as Tensor);
  }
  static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
    return grad.div(ctx.made as Tensor).add((ctx.given as Tensor).detach().sign().mul(1e-3));
  }
}

/** Gives no tensor. */
export class Silent extends AutogradFunction {
  static override forward(_ctx: FunctionContext, x: Tensor): null {
    x.detach().sum();
    return null;
  }
}

class Block extends nn.Module<[Tensor], Tensor> {
  norm = new nn.BatchNorm1d(4);
  inner = new nn.Sequential(new nn.Linear(4, 8), new nn.GELU(), new nn.Dropout(0.3), new nn.Linear(8, 4));
  override forward(x: Tensor): Tensor {
    return x.add(this.inner(this.norm(x)));
  }
}

interface Parts {
  weight: Tensor; // (4)
  model: nn.Module<[Tensor], Tensor>; // (6, 4) to (6, 4)
}

/** A step that ends with a loss, of an input of shape (6, 4). */
const training =
  (forward: (x: Tensor, parts: Parts) => Tensor, options: { before?: (parts: Parts) => void } = {}) =>
  (): Program => {
    const parts: Parts = {
      weight: new nn.Parameter(torch.randn([4])),
      model: new nn.Sequential(new Block(), new Block(), new nn.Linear(4, 4), new nn.Tanh()),
    };
    options.before?.(parts);
    const params = [parts.weight, ...parts.model.parameters()];
    const optimizer = new optim.Adam(params, { lr: 0.02 });
    return {
      step: (x: Tensor) => {
        optimizer.zeroGrad();
        const loss = forward(x, parts).square().mean();
        loss.backward();
        optimizer.step();
        return loss;
      },
      args: () => [torch.randn([6, 4])],
      state: () => [...params.flatMap((param) => [param, param.grad]), ...parts.model.buffers()],
    };
  };

const halved = (grad: Tensor): Tensor => grad.mul(0.5);
const looked = (grad: Tensor): void => void grad.abs().sum().item();

/** By name. */
export const livePrograms: Record<string, () => Program> = {
  'saved tensors': training((x, { weight, model }) => Scaled.apply(model(x), weight, 1.5)),
  'an argument that needs no gradient': training((x, { weight }) => Scaled.apply(weight, x, 2)),
  'an argument that is changed': training((x, { weight }) => Doubled.apply(x.mul(weight)).add(1)),
  'several results': training((x, { weight }) => {
    const [values, indices, count] = Sorted.apply(x.mul(weight));
    return values.add(indices).mul(count);
  }),
  setupContext: training((x, { weight }) => {
    const [cube, slope] = Cubed.apply(x.mul(weight));
    return cube.add(slope);
  }),
  'fields of the context': training((x, { weight }) => Remembering.apply(x.mul(weight))),
  'no tensors at all': training((x, { weight }) => {
    Silent.apply(weight);
    return x.mul(weight);
  }),
  'the same tensor twice': training((x, { weight }) => {
    const y = x.mul(weight);
    return Scaled.apply(y, y, 1);
  }),
  'a derivative of a derivative': training((x, { weight }) => {
    const y = Cubed.apply(x.mul(weight))[0];
    const [first] = torch.autograd.grad(y.sum(), [weight], { createGraph: true });
    return Scaled.apply(first, weight, 0.3);
  }),
  'without gradients': training((x, { weight }) =>
    torch.noGrad(() => Scaled.apply(x, weight, 2)).add(x.mul(weight)),
  ),
  'a hook': training((x, { weight }) => {
    const y = x.mul(weight);
    y.registerHook((grad) => grad.mul(3));
    return y;
  }),
  'a hook that reads numbers': training((x, { weight }) => {
    const y = x.mul(weight);
    y.registerHook(looked);
    return y;
  }),
  'a hook that is removed': training((x, { weight }) => {
    const y = x.mul(weight);
    const handle = y.registerHook(halved);
    const z = y.sin();
    torch.autograd.grad(z.sum(), [weight], { retainGraph: true });
    handle.remove();
    return z;
  }),
  'a hook of a parameter, from within': training((x, { weight }) => {
    const handle = weight.registerHook(halved);
    const [grad] = torch.autograd.grad(x.mul(weight).sum(), [weight]);
    handle.remove();
    return x.mul(weight).mul(grad);
  }),
  'a hook of a parameter, from outside': training((x, { weight, model }) => model(x).mul(weight), {
    before: ({ weight, model }) => {
      weight.registerHook(halved);
      for (const param of model.parameters()) param.registerHook(looked);
    },
  }),
  'a hook of several tensors': training((x, { weight }) => {
    const [a, b] = [x.mul(weight), x.sin().mul(weight)];
    torch.autograd.graph.registerMultiGradHook([a, b], (grads) => void grads[0]!.add(grads[1]!));
    return a.add(b);
  }),
  'hooks of modules': training((x, { model }) => model(x), {
    before: ({ model }) => void model.registerFullBackwardHook((_module, [grad]) => [grad && grad.mul(0.5)]),
  }),
  'a checkpoint': training((x, { weight, model }) =>
    checkpoint(model, x.mul(weight), { useReentrant: false }),
  ),
  'a checkpoint, reentrant': training((x, { weight, model }) =>
    checkpoint(model, x.mul(weight), { useReentrant: true }),
  ),
  'a checkpoint of an arrow': training((x, { weight, model }) =>
    checkpoint((y: Tensor, scale: number) => model(y).mul(scale), x.mul(weight), 2, { useReentrant: false }),
  ),
  'checkpoints in each other': training((x, { weight, model }) =>
    checkpoint((y: Tensor) => checkpoint(model, y.sin(), { useReentrant: false }).cos(), x.mul(weight), {
      useReentrant: false,
    }),
  ),
  'a Function in a checkpoint': training((x, { weight, model }) =>
    checkpoint((y: Tensor) => Scaled.apply(model(y), weight, 2), x.mul(weight), { useReentrant: false }),
  ),
  'without the random state': training((x, { weight, model }) =>
    checkpoint(model, x.mul(weight), { useReentrant: false, preserveRngState: false }),
  ),
  'a checkpoint in autocast': training((x, { weight, model }) =>
    torch
      .autocast('cpu', { dtype: torch.bfloat16 }, () =>
        checkpoint(model, x.mul(weight), { useReentrant: false }),
      )
      .float(),
  ),
  'in segments': training((x, { weight, model }) =>
    checkpointSequential(model as unknown as nn.Sequential, 3, x.mul(weight), { useReentrant: false }),
  ),
  'in segments, reentrant': training((x, { weight, model }) =>
    checkpointSequential(model as unknown as nn.Sequential, 2, x.mul(weight), { useReentrant: true }),
  ),
};

/** The optimizer runs in the backward pass. */
livePrograms['an optimizer in hooks'] = () => {
  const model = new nn.Sequential(new Block(), new nn.Linear(4, 2));
  for (const param of model.parameters()) {
    const optimizer = new optim.AdamW([param], { lr: 0.02 });
    param.registerPostAccumulateGradHook(() => {
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  return {
    step: (x: Tensor) => {
      const loss = F.mseLoss(model(x), x.at(':', ':2'));
      loss.backward();
      return loss;
    },
    args: () => [torch.randn([6, 4])],
    state: () => [...model.parameters(), ...model.buffers()],
  };
};

livePrograms['a scheduler that is given the loss'] = () => {
  const model = new nn.Linear(4, 2);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 });
  return {
    step: (x: Tensor) => {
      const loss = model(x).square().mean();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      scheduler.step(loss);
      return loss;
    },
    args: () => [torch.randn([6, 4])],
    state: () => [...model.parameters(), torch.tensor([optimizer.paramGroups[0].lr as number])],
  };
};
