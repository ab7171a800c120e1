// Small programs made of a seed: what is in their step, and in which order, is drawn by an own generator.
import torch, { nn, optim, type Tensor } from 'nodetorch';
import { Cubed, Doubled, Remembering, Scaled, Sorted } from './live_programs';
import type { Program } from './support';

const F = nn.functional;
const { checkpoint } = torch.utils.checkpoint;

/** Whole numbers below `n`, by mulberry32. */
export function numbersFrom(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** What a step has at hand: tensors of the shape (3, 4) that it may go on with, and what it may change. */
interface State {
  values: Tensor[];
  weight: Tensor; // (4, 4)
  bias: Tensor; // (4)
  buffer: Tensor; // (3, 4), in no graph
  model: nn.Module; // (3, 4) to (3, 4)
  calls: { count: number };
  handles: { remove(): void }[]; // of hooks that go when the step ends
}
type Pick = <T>(list: readonly T[]) => T;
/** Makes one operation of a step: what it draws is drawn once, when the program is made. */
type Operation = (pick: Pick, below: (n: number) => number) => (state: State) => Tensor | void;

const unary = ['relu', 'tanh', 'sigmoid', 'neg', 'abs', 'sin', 'exp2', 'square', 'frac', 'logit'] as const;
const last = (state: State, back: number): Tensor =>
  state.values[Math.max(0, state.values.length - 1 - back)];

const operations: Operation[] = [
  (pick, below) => {
    const [name, back] = [pick(unary), below(3)];
    return (s) => (name === 'logit' ? last(s, back).logit(0.1) : last(s, back)[name]());
  },
  (pick, below) => {
    const [name, a, b] = [pick(['add', 'sub', 'mul', 'maximum', 'atan2'] as const), below(3), below(3)];
    return (s) => last(s, a)[name](last(s, b));
  },
  (_pick, below) => {
    const [back, alpha] = [below(3), below(5) / 4];
    return (s) => last(s, back).add(s.bias, { alpha });
  },
  (_pick, below) =>
    (
      (back) => (s: State) =>
        last(s, back).matmul(s.weight)
    )(below(3)),
  (_pick, below) =>
    (
      (back) => (s: State) =>
        F.linear(last(s, back), s.weight, s.bias)
    )(below(3)),
  (_pick, below) =>
    (
      (back) => (s: State) =>
        F.softmax(last(s, back), { dim: -1 })
    )(below(3)),
  (_pick, below) =>
    (
      (back) => (s: State) =>
        F.layerNorm(last(s, back), [4])
    )(below(3)),
  (_pick, below) =>
    (
      (back) => (s: State) =>
        F.dropout(last(s, back), 0.4, true)
    )(below(3)),
  (_pick, below) =>
    (
      (back) => (s: State) =>
        s.model(last(s, back)) as Tensor
    )(below(3)),
  () => (s) => torch.randn([3, 4]).mul(last(s, 0)),
  () => (s) => torch.randLike(last(s, 0).detach()).bernoulli().mul(last(s, 0)),
  () => (s) => last(s, 0).mul(torch.tensor([1, -1, 0.5, 2])),
  (_pick, below) => {
    const [back, size] = [below(3), 1 + below(3)];
    return (s) => {
      const [a, b] = last(s, back).split([size, 4 - size], 1);
      return torch.cat([b, a], 1);
    };
  },
  (_pick, below) => {
    const [row, column] = [below(3), below(4)];
    return (s) =>
      last(s, 0)
        .add(last(s, 0).at(row))
        .sub(last(s, 0).at(':', [column]));
  },
  () => (s) => last(s, 0).t().contiguous().view([3, 4]).expand([3, 4]),
  (_pick, below) =>
    (
      (k) => (s: State) =>
        last(s, 0).topk(k, 1)[0].sum(1, true).add(last(s, 1))
    )(1 + below(3)),
  () => (s) => torch.where(last(s, 0).gt(0), last(s, 0), last(s, 1)),
  () => (s) => torch.noGrad(() => last(s, 0).mul(2)).add(last(s, 0)),
  () => (s) => torch.enableGrad(() => last(s, 0).mul(s.weight.sum())),
  () => (s) => torch.autocast('cpu', { dtype: torch.bfloat16 }, () => last(s, 0).matmul(s.weight)).float(),
  () => (s) => void torch.noGrad(() => s.buffer.mul_(0.5).add_(last(s, 0))),
  () => (s) => s.buffer.add(last(s, 0)),
  (_pick, below) => {
    const [row, value] = [below(3), below(9) / 3];
    return (s) => {
      const copy = last(s, 0).clone();
      copy.setAt([row], value);
      return copy;
    };
  },
  () => (s) => {
    const copy = last(s, 0).clone();
    copy.narrow(1, 1, 2).mul_(2);
    return copy;
  },
  () => (s) => last(s, 0).to(torch.float64).cumsum(0).float(),
  () => (s) => last(s, 0).detach().requiresGrad_().mul(2),
  (_pick, below) => {
    const [back, factor] = [below(3), below(5) / 2];
    return (s) => Scaled.apply(last(s, back), s.bias, factor);
  },
  (pick) => {
    const which = pick(['sorted', 'cubed', 'remembering'] as const);
    return (s) => {
      if (which === 'sorted') return Sorted.apply(last(s, 0))[0];
      return which === 'cubed' ? Cubed.apply(last(s, 0))[0] : Remembering.apply(last(s, 0));
    };
  },
  () => (s) => Doubled.apply(last(s, 0).clone()),
  (pick, below) => {
    const [useReentrant, preserveRngState] = [pick([false, false, true]), pick([true, true, false])];
    const [back, way] = [below(3), pick(['model', 'arrow', 'twice'] as const)];
    const options = { useReentrant, preserveRngState };
    return (s) => {
      if (way === 'model') return checkpoint(s.model, last(s, back), options) as Tensor;
      if (way === 'arrow')
        return checkpoint(
          (a: Tensor, b: Tensor) => F.dropout(a.matmul(s.weight), 0.3).add(b),
          last(s, back),
          last(s, 0),
          options,
        );
      return checkpoint(
        (a: Tensor) => checkpoint(s.model, a.sin(), options) as Tensor,
        last(s, back),
        options,
      );
    };
  },
  (pick, below) => {
    const [factor, way] = [below(4) / 2, pick(['changes', 'looks', 'goes', 'leaf'] as const)];
    return (s) => {
      const on = way === 'leaf' ? s.bias : last(s, 0).mul(1);
      if (!on.requiresGrad) return;
      const handle = on.registerHook((grad) => (way === 'looks' ? void grad.sum() : grad.mul(factor)));
      if (way === 'goes') handle.remove();
      if (way === 'leaf') s.handles.push(handle);
      else return on;
    };
  },
  (pick, below) => {
    const bad = pick(['stale', 'side', 'number', 'none', 'none', 'none']);
    const options = { useReentrant: false };
    const back = 1 + below(2);
    return (s) => {
      const [a, b] = [last(s, 0), last(s, back)];
      if (bad === 'stale') return checkpoint((c: Tensor) => c.add(b), a, options);
      let [side, number]: [Tensor, number] = [b, 1];
      const result = checkpoint((c: Tensor) => ((side = c.cos()), c.mul(2)), a, options);
      if (bad === 'number') {
        checkpoint((c: Tensor) => ((number = c.detach().sum().item() as number), c), a, options);
        return result.mul(number > 0 ? 2 : 3);
      }
      return bad === 'side' ? result.add(side) : result;
    };
  },
  (pick, below) => {
    const bad = pick(['item', 'counter', 'mask', 'none', 'none', 'none']);
    const back = below(2);
    return (s) => {
      if (bad === 'item') return last(s, back).mul(last(s, 0).sum().item() as number);
      if (bad === 'counter') return last(s, back).mul(++s.calls.count);
      if (bad === 'mask') return last(s, back).maskedSelect(last(s, 0).gt(0)).sum().add(last(s, back));
      return last(s, back).mul(3);
    };
  },
];

type Making = (params: Tensor[]) => optim.Optimizer;
const optimizers: (Making | null)[] = [
  null,
  (params) => new optim.SGD(params, { lr: 0.05 }),
  (params) => new optim.SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  (params) => new optim.Adam(params, { lr: 0.01, amsgrad: true }),
  (params) => new optim.AdamW(params, { lr: 0.01, foreach: true }),
  (params) => new optim.RMSprop(params, { lr: 0.01 }),
  (params) => new optim.Adagrad(params, { lr: 0.05 }),
];

/** The program of a seed: the same one whenever it is made. */
export function programFrom(seed: number): Program {
  const below = numbersFrom(seed);
  const pick: Pick = (list) => list[below(list.length)];
  const weight = torch.randn([4, 4], { requiresGrad: true });
  const bias = torch.randn([4], { requiresGrad: true });
  const model = new nn.Sequential(
    new nn.Linear(4, 4),
    pick([new nn.Dropout(0.3), new nn.BatchNorm1d(4), new nn.ELU()]),
  );
  const buffer = torch.zeros([3, 4]);
  const steps = Array.from({ length: 2 + below(8) }, () => pick(operations)(pick, below));
  const params = [weight, bias, ...model.parameters()];
  const optimizer = pick(optimizers)?.(params) ?? null;
  const scheduler = optimizer && below(3) === 0 ? new optim.lrScheduler.ExponentialLR(optimizer, 0.9) : null;
  const [trains, clears, clips, setsToNone] = [below(3) > 0, below(3), below(4) === 0, below(2) === 0];
  const calls = { count: 0 };
  const scopes = [<T>(fn: () => T) => fn(), torch.noGrad, torch.inferenceMode];
  const scope = trains ? scopes[0] : pick(scopes);
  const step = (x: Tensor, y: Tensor): Tensor[] => {
    const state: State = { values: [x, y], weight, bias, buffer, model, calls, handles: [] };
    for (const step of steps) {
      const value = step(state);
      if (value) state.values.push(value.tanh());
    }
    const loss = last(state, 0).mul(weight.sum()).add(bias).pow(2).mean();
    const end = () => state.handles.forEach((handle) => handle.remove());
    if (!trains) return (end(), [last(state, 0), loss]);
    if (clears === 1) optimizer?.zeroGrad({ setToNone: setsToNone });
    if (clears === 2) for (const param of params) param.grad = null;
    loss.backward();
    end();
    if (clips) nn.utils.clipGradNorm_(params, 0.5);
    optimizer?.step();
    scheduler?.step();
    return [loss.detach(), last(state, 1)];
  };
  return {
    step: (x: Tensor, y: Tensor) => scope(() => step(x, y)),
    args: () => [torch.randn([3, 4]), torch.rand([3, 4])],
    state: () => [...params.flatMap((param) => [param, param.grad]), buffer, ...model.buffers()],
  };
}
