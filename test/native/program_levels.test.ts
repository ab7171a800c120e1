// Levels of torch.func inside a program: they end with it, whatever happens, and stand on those of its caller.
import path from 'node:path';
import torch, { type Tensor } from 'nodetorch';
import { Program } from '../../lib/native/program';
import type { ProgramArgument, ProgramNode } from '../../typings/native';
import { native } from '../../lib/native';

const PREFIX = 'torch._functorch.predispatch.';
const slot = (number: number): ProgramArgument => ({ slot: number });
const constant = (value: unknown): ProgramArgument => ({ constant: value });
const call = (name: string, args: ProgramArgument[], outputs: (number | null)[] = [null]): ProgramNode => ({
  operator: name.startsWith('torch.') ? name : PREFIX + name,
  arguments: args,
  outputs,
  name: name.split('.').at(-1)!,
});
const open = (size: unknown = 2): ProgramNode =>
  call('_vmap_increment_nesting', [constant(size), constant('error')]);
const close = call('_vmap_decrement_nesting', []);
const batched = (level = 1): ProgramNode =>
  call('_add_batch_dim', [slot(0), constant(0), constant(level)], [1]);
const unbatched = call('_remove_batch_dim', [slot(1), constant(1), constant(2), constant(0)], [2]);
const program = (nodes: ProgramNode[], output = 2): Program =>
  new Program({ slots: 3, inputs: [0], outputs: [slot(output)], nodes });
const x = torch.ones([2, 3]);
const ofPython = (name: string) =>
  torch.export.load(path.join(__dirname, '..', 'export', 'programs', `${name}.pt2`)).module();

test('a program that leaves a level open, or throws inside of one, ends it', () => {
  program([open(), batched()], 0).run([x]);
  expect(native.transformDepth()).toBe(0);
  const wrong = call('torch.ops.aten.mm.default', [slot(1), slot(1)], [2]);
  expect(() => program([open(), batched(), wrong]).run([x])).toThrow(
    'node default: torch.ops.aten.mm.default',
  );
  expect(native.transformDepth()).toBe(0);
  expect((program([open(), batched(), unbatched, close]).run([x])[0] as Tensor).shape).toEqual([2, 3]);
});

test.each([
  ['closes what it has not opened', [close], 'closes a level that it has not opened'],
  ['closes a level of another kind', [open(), call('_jvp_decrement_nesting', [])], 'closes a level that it'],
  [
    'asks for a level that is not there',
    [open(), batched(2)],
    "there is no level 2 of torch.func's transforms",
  ],
  [
    'maps over no dimension',
    [open(), call('_add_batch_dim', [slot(0), constant(7), constant(1)])],
    'dimension 7',
  ],
  ['has a batch of no size', [open('four')], 'argument 1 must be an int, not str'],
  [
    'has one of no kind',
    [call('_vmap_increment_nesting', [constant(2), constant('some')])],
    'randomness argument',
  ],
  ['maps no tensor', [call('_unwrap_for_grad', [constant(1), constant(1)])], 'argument 1 must be a Tensor'],
])('a program that %s is refused', (_, nodes, message) => {
  expect(() => program(nodes, 0).run([x])).toThrow(message);
  // Nor does it end a level of its caller's.
  const inside = (one: Tensor) => {
    expect(() => program(nodes, 0).run([one])).toThrow();
    expect(native.transformDepth()).toBe(1);
    return one;
  };
  torch.vmap(inside)(torch.ones([1, 2, 3]));
});

test('its levels stand on those around it', () => {
  const whole = program([open(), batched(), call('torch.ops.aten.sum.default', [slot(1)], [2])], 2);
  expect(() => whole.run([x])).not.toThrow();
  const rows = program([
    open(),
    batched(),
    call('torch.ops.aten.cumsum.default', [slot(1), constant(0)], [2]),
    close,
  ]);
  expect(() => rows.run([x])).not.toThrow();
  const mapped = program([open(), batched(), unbatched, close]);
  const two = torch.arange(12).view([2, 2, 3]);
  expect(
    torch
      .vmap((one: Tensor) => mapped.run([one])[0] as Tensor)(two)
      .tolist(),
  ).toEqual(two.tolist());
});

test('two awaited programs have levels of their own, of forward-mode AD too', async () => {
  const [vmap, jvp] = [ofPython('vmap_nested'), ofPython('jvp')];
  const [a, t] = [torch.ones([4, 3]), torch.ones([4, 3])];
  const expected = (jvp(a, t) as Tensor[]).map((one) => one.tolist());
  const runs = await Promise.all([
    ...Array.from({ length: 4 }, () => jvp.callAsync(a, t) as Promise<Tensor[]>),
    vmap.callAsync(torch.ones([2, 4, 3])) as Promise<Tensor>,
  ]);
  for (const run of runs.slice(0, 4)) expect((run as Tensor[]).map((one) => one.tolist())).toEqual(expected);
  expect(() => torch.autograd.forwardAd.dualLevel(() => jvp(a, t))).toThrow(
    'Nested forward mode AD is not supported at the moment',
  );
  expect((jvp(a, t) as Tensor[]).map((one) => one.tolist())).toEqual(expected);
});
