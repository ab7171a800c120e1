// Control flow as functions, and flexAttention, against control_flow.json.
import * as torch from 'nodetorch';
import type { Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import fixture from './control_flow.json';
import { filled, stored } from './values';

const { associativeScan, map, scan, whileLoop } = torch.higherOrder;
const { andMasks, createBlockMask, createMask, flexAttention, orMasks } = torch.nn.attention;

const X = filled([7, 3]);
const list = (value: unknown) => (value as Tensor).tolist();

test('associativeScan', () => {
  const add = (a: Tensor, b: Tensor) => a.add(b);
  expect({
    add: list(associativeScan(add, X)),
    'multiply reverse': list(associativeScan((a: Tensor, b: Tensor) => a.mul(b), X, { reverse: true })),
    'along 1': list(associativeScan(add, X, 1)),
  }).toEqual(fixture.associative);
});

// What each step gives is written out: these have no arithmetic of their own.
describe('scan, map, whileLoop', () => {
  const step = (carry: Tensor, x: Tensor): [Tensor, { y: Tensor }] => [carry.mul(0.5).add(x), { y: carry }];
  test.each([false, true])('scan, reverse: %s', (reverse) => {
    const rows = Array.from({ length: 7 }, (_, i) => X.select(0, reverse ? 6 - i : i));
    let carry = torch.zeros([3]);
    const ys: unknown[] = [];
    for (const row of rows) {
      ys.push(carry.tolist());
      carry = carry.mul(0.5).add(row);
    }
    const [last, out] = scan(step, torch.zeros([3]), X, { reverse });
    expect(list(last)).toEqual(carry.tolist());
    expect(list((out as { y: Tensor }).y)).toEqual(reverse ? ys.reverse() : ys);
  });
  test('scan and map are differentiated', () => {
    const x = X.clone().requiresGrad_();
    const [last] = scan((c: Tensor, row: Tensor) => [c.mul(2).add(row), c], torch.zeros([3]), x);
    (last as Tensor).sum().backward();
    expect(x.grad!.select(1, 0).tolist()).toEqual([64, 32, 16, 8, 4, 2, 1]);
    expect(list(map((row: Tensor, factor: Tensor) => row.mul(factor), X, torch.tensor(3)))).toEqual(
      X.mul(3).tolist(),
    );
  });
  test('whileLoop', () => {
    const [n, sum] = whileLoop(
      (i: Tensor) => i.lt(5),
      (i: Tensor, s: Tensor) => [i.add(1), s.add(i)],
      [torch.tensor(0), torch.tensor(0)],
    );
    expect([n.item(), sum.item()]).toEqual([5, 10]);
  });
  test.each<[string, () => unknown, RegExp]>([
    ['a condition that is no boolean', () => whileLoop((_: Tensor) => X as never, () => [X], [X]), /cond_fn must return a boolean scalar/],
    ['a body that returns another number', () => whileLoop((_: Tensor) => true, () => [X, X], [X]), /body_fn should return the same number/],
    ['a step that returns no pair', () => scan(() => X as never, X, X), /the next carry and an output/],
    ['a carry of another structure', () => scan(() => [[X], X], X, X), /the carry of combineFn must have the structure of init/],
    ['nothing to go over', () => scan(step, X, []), /^ValueError: Expected at least 1 xs leaf/],
    ['no steps', () => map((x: Tensor) => x, torch.ones([0])), /^ValueError: All xs leaves/],
    ['what is no tensor', () => associativeScan((a: Tensor) => a, [1]), /must be Tensors, got number/],
  ])('%s is refused', (_, run, message) => {
    expect(classAndMessage(run)).toMatch(message);
  }); // prettier-ignore
});

describe('flexAttention', () => {
  const inputs = () => [filled([2, 2, 4, 8]), filled([2, 2, 6, 8], 2), filled([2, 2, 6, 4], 3)] as const;
  const G = filled([2, 2, 4, 4], 4);
  type Score = torch.nn.attention.ScoreMod;
  type Mask = torch.nn.attention.MaskMod;
  const scores: Record<string, Score> = {
    plain: (s) => s,
    relative: (s, _, __, q, k) => s.add(q.sub(k)),
    tanh: (s) => torch.tanh(s.div(2)).mul(2),
    alibi: (s, _, h, q, k) => s.add(h.add(1).mul(0.125).mul(k.sub(q))),
  };
  const masks: Record<string, Mask | null> = {
    all: null,
    causal: (_, __, q, k) => q.ge(k),
    window: (_, __, q, k) => q.sub(k).abs().le(1),
    'some rows': (_, __, q, k) => q.gt(k.add(1)),
  };
  const blockMask = (name: string) =>
    masks[name] && createBlockMask(masks[name], null, null, 4, 6, { BLOCK_SIZE: 2 });
  const rows = Object.keys(scores).flatMap((s) => Object.keys(masks).map((m) => [s, m]));

  test.each(rows)('score %s, mask %s', (s, m) => {
    const args = inputs().map((x) => x.requiresGrad_());
    const options = { scoreMod: scores[s], blockMask: blockMask(m) };
    const out = flexAttention(args[0], args[1], args[2], options);
    const grads = torch.autograd.grad(out, args, { gradOutputs: [G] });
    const expected = (fixture.attention as Record<string, unknown[]>)[`${s}, ${m}`];
    expect([out, ...grads].map(list)).toEqual(expected);

    const [again, lse] = flexAttention(args[0], args[1], args[2], { ...options, returnLse: true });
    const both = torch.autograd.grad([again, lse], args, { gradOutputs: [G, filled([2, 2, 4], 5)] });
    expect(stored([lse, ...both])).toBe((fixture.lse as Record<string, string>)[`${s}, ${m}`]);
  });

  const blocked: Record<string, Mask> = {
    ...masks,
    all: (b) => b.newOnes([], { dtype: 'bool' }),
    batch: (b, _, q, k) => q.ge(k).logicalAnd(b.lt(1)),
    prefix: orMasks((_, __, ___, k) => k.lt(8), (_, __, q, k) => q.ge(k)),
    local: andMasks((_, __, q, k) => q.sub(k).lt(9), (_, __, q, k) => q.ge(k)),
  } as Record<string, Mask>; // prettier-ignore
  const sizes = [128, 8, [8, 4], [16, 5]] as const;

  test.each(Object.keys(blocked))('the blocks of %s', (name) => {
    expect(stored(createMask(blocked[name], 2, null, 5, 7))).toBe(
      (fixture.masks as Record<string, string>)[name],
    );
    const found = sizes.flatMap((BLOCK_SIZE) =>
      [true, false].map((separateFullBlocks) => {
        const made = createBlockMask(blocked[name], 2, null, 40, 24, { BLOCK_SIZE, separateFullBlocks });
        const parts = [made.kvNumBlocks, made.kvIndices, made.fullKvNumBlocks, made.fullKvIndices];
        parts.push(made.qNumBlocks, made.qIndices, made.fullQNumBlocks, made.fullQIndices, made.toDense());
        return [stored(parts), made.shape, made.numel(), made.sparsity()];
      }),
    );
    expect(found).toEqual((fixture.blocks as Record<string, unknown>)[name]);
  });

  test('a tensor that the score holds has a gradient', () => {
    const [q, k, v] = inputs();
    const bias = filled([2]).requiresGrad_();
    const out = flexAttention(q, k, v, { scoreMod: (s, _, h) => s.add(bias.take(h)) });
    const near = torch.nn.functional.scaledDotProductAttention(q, k, v);
    expect(torch.allclose(out, near, { rtol: 1e-5, atol: 1e-6 })).toBe(true); // a bias of a whole row changes nothing
    out.sum().backward();
    expect(torch.allclose(bias.grad!, torch.zeros([2]), { atol: 1e-5 })).toBe(true);
  });

  test('heads that are shared, and batches', () => {
    const [q, k, v] = inputs();
    const [one, other] = [k.narrow(1, 0, 1), v.narrow(1, 0, 1)];
    const spread = flexAttention(q, one.expand([2, 2, 6, 8]), other.expand([2, 2, 6, 4]));
    expect(flexAttention(q, one, other, { enableGqa: true }).tolist()).toEqual(spread.tolist());
  });

  test.each<[string, () => unknown, RegExp]>([
    ['other heads', () => flexAttention(filled([1, 3, 2, 2]), filled([1, 2, 2, 2]), filled([1, 2, 2, 2])), /same number of heads/],
    ['other dtypes', () => flexAttention(filled([1, 1, 2, 2]).double(), filled([1, 1, 2, 2]), filled([1, 1, 2, 2])), /same dtype/],
    ['other dimensions', () => flexAttention(X, X, X), /4-dimensional/],
    ['a mask of other sizes', () => flexAttention(...inputs(), { blockMask: createBlockMask(masks.causal!, null, null, 4, 7) }), /block_mask was created for/],
    ['a mask that is a function', () => flexAttention(...inputs(), { blockMask: masks.causal as never }), /^TypeError: .*a BlockMask/],
    ['blocks of no size', () => createBlockMask(masks.causal!, null, null, 4, 7, { BLOCK_SIZE: 0 }), /^TypeError: .*BLOCK_SIZE/],
    ['a score that is no function', () => flexAttention(...inputs(), { scoreMod: 1 as never }), /^TypeError: /],
  ])('%s are refused', (_, run, message) => {
    expect(classAndMessage(run)).toMatch(message);
  }); // prettier-ignore
});
