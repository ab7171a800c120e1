// DistributedDataParallel in a world of one rank: what needs no other.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import torch, { nn } from 'nodetorch';
import * as dist from 'nodetorch/distributed';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

beforeAll(async () => {
  torch.setNumThreads(1);
  await dist.initProcessGroup({ store: new dist.HashStore(), rank: 0, worldSize: 1, timeout: 5000 });
});
afterAll(() => dist.destroyProcessGroup());

const { DistributedDataParallel: DDP } = nn.parallel;
const model = () => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4));

test('state_dict has the prefix of Python, which can be taken off', () => {
  const ddp = new DDP(model());
  const keys = [...ddp.stateDict().keys()];
  expect(keys).toEqual([
    'module.0.weight',
    'module.0.bias',
    'module.1.weight',
    'module.1.bias',
    'module.1.running_mean',
    'module.1.running_var',
    'module.1.num_batches_tracked',
  ]);
  const state = ddp.stateDict();
  nn.utils.consumePrefixInStateDictIfPresent(state, 'module.');
  expect([...state.keys()]).toEqual(keys.map((key) => key.slice(7)));
  expect([...state._metadata!.keys()]).toEqual(['', '0', '1']);
  model().loadStateDict(state);
});

test('one rank gives what no DistributedDataParallel gives', async () => {
  const plain = model();
  const ddp = new DDP(model(), { findUnusedParameters: true });
  ddp.module.loadStateDict(plain.stateDict());
  const x = torch.randn([5, 3]);
  plain(x).pow(2).sum().backward();
  await ddp(x).pow(2).sum().backwardAsync();
  const grads = (module: nn.Module) => [...module.parameters()].map((one) => one.grad!.tolist());
  expect(grads(ddp.module as never)).toEqual(grads(plain as never));
});

test('a hook of JavaScript reduces', async () => {
  const ddp = new DDP(model());
  const seen: [number, number, boolean][] = [];
  ddp.registerCommHook(({ buffer, index, isLast }) => {
    seen.push([buffer.numel(), index, isLast]);
    buffer.mul_(0.5);
    return dist.allReduce(buffer);
  });
  const plain = model();
  plain.loadStateDict(ddp.module.stateDict());
  const x = torch.randn([5, 3]);
  plain(x).pow(2).sum().backward();
  ddp(x).pow(2).sum().backward();
  expect(seen).toEqual([[3 * 4 + 4 + 4 + 4, 0, true]]);
  const half = [...plain.parameters()].map((one) => one.grad!.mul(0.5).tolist());
  expect([...ddp.module.parameters()].map((one) => one.grad!.tolist())).toEqual(half);
  for (const parameter of ddp.parameters()) parameter.grad = null;
  await ddp(x).pow(2).sum().backwardAsync();
  expect([...ddp.module.parameters()].map((one) => one.grad!.tolist())).toEqual(half);
});

describe('a hook of JavaScript that returns a promise', () => {
  const x = torch.ones([1, 2]);
  const withHook = (hook: nn.parallel.CommHook) => {
    const ddp = new DDP(new nn.Linear(2, 1, { bias: false }));
    ddp.registerCommHook(hook);
    return ddp;
  };

  test('goes on when the collective has ended, while the event loop is free', async () => {
    const seen: string[] = [];
    const ddp = withHook(async ({ buffer }) => {
      await dist.allReduce(buffer);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(String(torch.isGradEnabled()));
      return buffer.mul(0.25);
    });
    const done = ddp(x).sum().backwardAsync();
    setImmediate(() => seen.push('the loop turns'));
    await done;
    expect(seen.sort()).toEqual(['the loop turns', 'true']);
    expect([...ddp.parameters()].map((one) => one.grad!.tolist())).toEqual([[[0.25, 0.25]]]);
    expect(() => ddp(x).sum().backward()).toThrow(
      'A communication hook that returns a promise runs in backwardAsync(), and not in backward()',
    );
  });

  // The graph calls the reducer without holding it, and the pass has it locked while it waits for the hook.
  test('a module that nobody has any more ends after its pass', async () => {
    let calls = 0;
    const hook = async ({ buffer }: nn.parallel.GradBucket) => {
      for (; calls < 2; calls++) {
        collectGarbage();
        torch.ones([1]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return buffer;
    };
    await withHook(hook)(x).sum().backwardAsync();
    expect(calls).toBe(2);
  });

  test('inside of it the module cannot be used, nor before its pass has ended', async () => {
    const refusal = 'in a backward pass whose communication hook has not ended';
    const ddp: nn.parallel.DistributedDataParallel<[torch.Tensor], torch.Tensor> = withHook(({ buffer }) => {
      expect(() => torch.enableGrad(() => ddp(x))).toThrow(refusal); // without gradients it locks nothing
      return dist.allReduce(buffer);
    });
    ddp(x).sum().backward();
    await ddp(x).sum().backwardAsync();
    let begin: (buffer: torch.Tensor) => void, keep: typeof begin;
    const begun = new Promise<torch.Tensor>((resolve) => (begin = resolve));
    const kept = new Promise<torch.Tensor>((resolve) => (keep = resolve));
    const slow = withHook(({ buffer }) => (begin(buffer), kept));
    const done = slow(x).sum().backwardAsync();
    const buffer = await begun;
    expect(() => slow(x)).toThrow(refusal);
    keep!(buffer);
    await done;
    expect([...slow.parameters()][0].grad!.tolist()).toEqual([[1, 1]]);
  });

  test('a promise that it does not keep', async () => {
    const group = await dist.newGroup({ timeout: 200 });
    const ddp = new DDP(new nn.Linear(2, 1), { processGroup: group });
    ddp.registerCommHook(() => new Promise(() => {}));
    await expect(ddp(x).sum().backwardAsync()).rejects.toThrow(
      'a communication hook has not kept its promise of gradients for 200 ms',
    );
    dist.destroyProcessGroup(group);
  });

  test('what it throws comes out as itself', async () => {
    const mine = { not: 'an Error' };
    for (const hook of [
      () => {
        throw mine;
      },
      () => Promise.reject(mine),
    ]) {
      await expect(withHook(hook)(x).sum().backwardAsync()).rejects.toBe(mine);
    }
  });

  test.each([
    ['another size', torch.ones([3]), 'must have the size and the dtype of its bucket'],
    ['another dtype', torch.ones([2], { dtype: torch.float64 }), 'must have the size and the dtype'],
    ['no tensor', 1 as never, 'that a communication hook promised must be a Tensor, not number'],
  ])('%s', async (_, value, message) => {
    const ddp = withHook(() => Promise.resolve(value));
    await expect(ddp(x).sum().backwardAsync()).rejects.toThrow(message);
  });
});

test('parameters and buffers that are left to the ranks', () => {
  const inside = model();
  expect(() => DDP.setParamsAndBuffersToIgnoreForModel(inside, ['0.other'])).toThrow(
    "the module has no parameter or buffer '0.other'",
  );
  DDP.setParamsAndBuffersToIgnoreForModel(inside, ['0.weight', '1.running_mean']);
  const seen: number[] = [];
  const ddp = new DDP(inside);
  ddp.registerCommHook(({ buffer }) => {
    seen.push(buffer.numel());
    return dist.allReduce(buffer.mul_(0.5));
  });
  const plain = model();
  plain.loadStateDict(inside.stateDict());
  const x = torch.randn([5, 3]);
  plain(x).pow(2).sum().backward();
  ddp(x).pow(2).sum().backward();
  expect(seen).toEqual([4 + 4 + 4]);
  const factors = new Map([['0.weight', 1]]);
  for (const [name, parameter] of plain.namedParameters()) {
    const expected = parameter.grad!.mul(factors.get(name) ?? 0.5).tolist();
    expect(inside.getParameter(name).grad!.tolist()).toEqual(expected);
  }
  expect(ddp.getDdpLoggingData().num_parameter_tensors).toBe(3);
});

test('parameters whose reduction is delayed', () => {
  const inside = model();
  const plain = model();
  plain.loadStateDict(inside.stateDict());
  const [weight, bias] = [inside.getParameter('1.weight'), inside.getParameter('1.bias')];
  const delayAllReduceNamedParams = [
    ['1.weight', weight],
    ['1.bias', bias],
  ] as const;
  const hooked = inside.getParameter('0.weight');
  const ddp = new DDP(inside, { delayAllReduceNamedParams, paramToHookAllReduce: hooked });
  expect(ddp.getDdpLoggingData().num_parameter_tensors).toBe(2);
  const x = torch.randn([5, 3]);
  for (const module of [plain, ddp, plain, ddp]) module(x).pow(2).sum().backward();
  expect(weight.grad!.dataPtr() + 16n).toBe(bias.grad!.dataPtr()); // parts of one buffer
  for (const [name, parameter] of plain.namedParameters())
    expect(inside.getParameter(name).grad!.tolist()).toEqual(parameter.grad!.tolist());
  expect(() => new DDP(model(), { delayAllReduceNamedParams })).toThrow('need to be set at the same time');
  expect(() => new DDP(model(), { delayAllReduceNamedParams, paramToHookAllReduce: 3 as never })).toThrow(
    "argument 'paramToHookAllReduce' must be a Parameter",
  );
});

test('batchedGradCopy gives the same', () => {
  const inside = model();
  const plain = model();
  plain.loadStateDict(inside.stateDict());
  const ddp = new DDP(inside, { batchedGradCopy: true });
  const x = torch.randn([5, 3]);
  for (const module of [plain, ddp]) module(x).pow(2).sum().backward();
  for (const [name, parameter] of plain.namedParameters())
    expect(inside.getParameter(name).grad!.tolist()).toEqual(parameter.grad!.tolist());
});

test('noSync, for functions that return promises, too', async () => {
  const linear = new nn.Linear(2, 1);
  const ddp = new DDP(linear);
  const x = torch.ones([1, 2]);
  ddp.noSync(() => ddp(x).backward());
  await ddp.noSync(() => ddp(x).backwardAsync());
  ddp(x).backward();
  expect(linear.weight.grad!.tolist()).toEqual([[3, 3]]);
});

test('join of one rank is its body', () => {
  const linear = new nn.Linear(2, 1);
  const ddp = new DDP(linear);
  const result = ddp.join(() => {
    ddp(torch.ones([1, 2])).backward();
    return 'result';
  });
  expect(result).toBe('result');
  expect(linear.weight.grad!.tolist()).toEqual([[1, 1]]);
});

// A mistake, whose end depends on which is first; none waits for the other longer than the timeout.
test('two passes of one module at once both end', async () => {
  const group = await dist.newGroup({ timeout: 300 });
  const ddp = new DDP(new nn.Linear(2, 1), { processGroup: group });
  ddp.registerCommHook(({ buffer }) => dist.allReduce(buffer, { group }));
  const [first, second] = [1, 2].map(() => ddp(torch.ones([1, 2])).sum());
  const ends = await Promise.allSettled([first.backwardAsync(), (async () => second.backward())()]);
  for (const end of ends) {
    if (end.status === 'rejected')
      expect(String(end.reason)).toMatch(
        /has not come to a communication hook for 300 ms|mark a variable ready only once/,
      );
  }
  dist.destroyProcessGroup(group);
});

test('what it refuses', () => {
  expect(() => new DDP(new nn.LazyLinear(3))).toThrow("Modules with uninitialized parameters can't be used");
  const frozen = new nn.Linear(1, 1).requiresGrad_(false);
  expect(() => new DDP(frozen)).toThrow("doesn't have any parameter that requires a gradient");
  expect(() => new DDP(3 as never)).toThrow("argument 'module' must be a Module");
  expect(() => new DDP(new nn.Linear(1, 1), { bucketCapMb: 0 })).toThrow('bucketCapMb must be above 0');
  for (const caps of [{ bucketCapMb: Infinity }, { bucketCapMbList: [] }, { bucketCapMbList: [1e30] }])
    expect(() => new DDP(new nn.Linear(1, 1), caps)).toThrow(torch.TorchError);
  expect(() => new DDP(new nn.Linear(1, 1)).registerCommHook('fp8' as never)).toThrow(
    "there is no hook 'fp8'",
  );
});

test('backwardAsync leaves hooks of JavaScript to backward, where its pass reaches them', async () => {
  const x = torch.ones([2], { requiresGrad: true });
  const other = torch.ones([2], { requiresGrad: true });
  const handle = x.registerHook(() => undefined);
  await other.sum().backwardAsync();
  expect(other.grad!.tolist()).toEqual([1, 1]);
  await expect(x.sum().backwardAsync()).rejects.toThrow('a hook or a Function of JavaScript was reached');
  handle.remove();
  await x.sum().backwardAsync();
  expect(x.grad!.tolist()).toEqual([1, 1]);
});

test('groups and ranks', async () => {
  expect([dist.isInitialized(), dist.getRank(), dist.getWorldSize(), dist.getBackend()]).toEqual([
    true,
    0,
    1,
    'gloo',
  ]);
  const count = dist.getPgCount();
  const group = await dist.newGroup([0]);
  expect([group.groupName, dist.getProcessGroupRanks(group), dist.getGlobalRank(group, 0)]).toEqual([
    String(count),
    [0],
    0,
  ]);
  await dist.allReduce(torch.ones([1]), { group });
  dist.destroyProcessGroup(group);
  expect(() => dist.allReduce(torch.ones([1]), { group })).toThrow('The process group has been destroyed');
  expect(() => dist.destroyProcessGroup(group)).toThrow('Invalid process group specified');
  await expect(dist.initProcessGroup()).rejects.toThrow(
    'trying to initialize the default process group twice!',
  );
  await expect(dist.newGroup([0, 0])).rejects.toThrow(
    'ranks list must not contain duplicate entries, got [0, 0]',
  );
  await expect(dist.newGroup([1])).rejects.toThrow('Rank 1 is out of range');
});

test('backends, and what counts', async () => {
  expect(
    ['gloo', 'GLOO', 'cpu:gloo', 'cpu:gloo,cuda:nccl', 'nccl'].map((one) => dist.isBackendAvailable(one)),
  ).toEqual([true, true, true, false, false]);
  expect([
    dist.isNcclAvailable(),
    dist.isMpiAvailable(),
    dist.isUccAvailable(),
    dist.isXcclAvailable(),
  ]).toEqual([false, false, false, false]);
  expect(['cpu', 'cuda:1', 'xpu', 'mps'].map((one) => dist.getDefaultBackendForDevice(one))).toEqual([
    'gloo',
    'nccl',
    'xccl',
    'gloo',
  ]);
  expect(() => dist.getDefaultBackendForDevice('meta')).toThrow(
    'Default backend not registered for device : meta',
  );
  const before = dist.getPgCount();
  const group = await dist.newGroup();
  dist.destroyProcessGroup(group);
  expect(dist.getPgCount()).toBe(before + 1); // Python does not count back, either
  expect([dist.defaultPgTimeout, dist.getDebugLevel(), dist.group.WORLD]).toEqual([
    1_800_000,
    'OFF',
    dist.GroupMember.WORLD,
  ]);
  expect([dist.supportsComplex('SUM'), dist.supportsComplex('MAX')]).toEqual([true, false]);
  const out = torch.zeros([2]);
  await dist.allGatherSingle(out, torch.ones([2]));
  await dist.reduceScatterSingle(out, torch.full([2], 3));
  expect(out.tolist()).toEqual([3, 3]);
  expect(() => dist.allGatherSingle(out, 3 as never)).toThrow('Expected parameter `inputTensor`');
});

test('subgroups', async () => {
  const [own, all] = await dist.newSubgroups(1, { groupDesc: 'parts' });
  expect(all).toEqual([own]);
  expect([own!.groupDesc, dist.getProcessGroupRanks(own), dist.getGroupRank(own!, 0)]).toEqual([
    'parts',
    [0],
    0,
  ]);
  const [again, one] = await dist.newSubgroupsByEnumeration([[0]], 5000);
  expect(one).toEqual([again]);
  for (const group of [...all, ...one]) dist.destroyProcessGroup(group);
});

test('subgroups that cannot be', async () => {
  await expect(dist.newSubgroups()).rejects.toThrow("Please pass in 'groupSize'");
  await expect(dist.newSubgroups(0)).rejects.toThrow("The arg 'groupSize' (0) must be positive");
  await expect(dist.newSubgroups(1.5)).rejects.toThrow("argument 'groupSize' must be an int");
  await expect(dist.newSubgroups(2)).rejects.toThrow(
    "The arg 'groupSize' (2) must not exceed the world size (1)",
  );
  await expect(dist.newSubgroupsByEnumeration([])).rejects.toThrow(
    "The arg 'ranksPerSubgroupList' cannot be empty",
  );
  await expect(dist.newSubgroupsByEnumeration([0] as never)).rejects.toThrow(
    "'ranksPerSubgroupList' must be lists",
  );
  await expect(dist.newSubgroupsByEnumeration([[0], [0, 0]])).rejects.toThrow(
    'Rank 0 has appeared in both subgroup [0] and [0, 0]',
  );
  await expect(dist.newSubgroupsByEnumeration([[1]])).rejects.toThrow('Rank 1 is out of range');
});
