// module.callAsync: what a call gives, from another thread.
import { join } from 'node:path';
import torch, { type Tensor, TorchError } from 'nodetorch';

const open = (name: string) => torch.export.load(join(__dirname, 'programs', `${name}.pt2`)).module();

test('gives what a call gives, to many at a time', async () => {
  const module = open('mlp_dynamic');
  const inputs = Array.from({ length: 16 }, (_, i) => torch.randn([i + 1, 8]));
  const results = (await Promise.all(inputs.map((x) => module.callAsync(x)))) as Tensor[];
  inputs.forEach((x, i) => expect(torch.equal(results[i], module(x) as Tensor)).toBe(true));
});

test('takes keyword arguments, with and without a signal, and gives nested results', async () => {
  const module = open('lstm');
  const x = torch.randn([2, 5, 4]);
  const expected = module(x, { scale: 2 }) as { y: Tensor };
  for (const keywords of [{ scale: 2 }, { scale: 2, signal: new AbortController().signal }]) {
    const { y } = (await module.callAsync(x, keywords)) as { y: Tensor };
    expect(torch.equal(y, expected.y)).toBe(true);
  }
});

test('the modes of the call hold in it: a result can be trained, or not', async () => {
  const module = open('mlp');
  const x = torch.randn([4, 8]);
  const trained = (await module.callAsync(x)) as Tensor;
  trained.square().mean().backward();
  const [weight] = [...module.parameters()];
  const grad = weight.grad!.clone();
  module.zeroGrad();
  (module(x) as Tensor).square().mean().backward();
  expect(torch.equal(grad, weight.grad!)).toBe(true);
  let promise!: Promise<unknown>;
  torch.noGrad(() => void (promise = module.callAsync(x)));
  expect(((await promise) as Tensor).requiresGrad).toBe(false);
});

describe('hooks run here, around the run', () => {
  const x = torch.randn([4, 8]);

  test('and may change what goes in and comes out, as in a call', async () => {
    const module = open('mlp');
    const plain = (module(x.mul(2)) as Tensor).add(1);
    const seen: string[] = [];
    module.registerForwardPreHook((_, args) => {
      seen.push('before');
      return [(args[0] as Tensor).mul(2)];
    });
    module.registerForwardHook((_, args, result) => {
      seen.push(`after ${args.length}`);
      return (result as Tensor).add(1);
    });
    const promise = module.callAsync(x);
    expect(seen).toEqual(['before']);
    expect(torch.equal((await promise) as Tensor, plain)).toBe(true);
    expect(torch.equal(module(x) as Tensor, plain)).toBe(true);
    expect(seen).toEqual(['before', 'after 1', 'before', 'after 1']);
  });

  test('see keyword arguments, and not the signal', async () => {
    const module = open('lstm');
    let given: unknown;
    module.registerForwardHook((_, args, kwargs) => void (given = [args.length, kwargs]), {
      withKwargs: true,
    });
    const { signal } = new AbortController();
    await module.callAsync(torch.randn([2, 5, 4]), { scale: 2, signal });
    expect(given).toEqual([1, { scale: 2 }]);
  });

  test('backward hooks see the gradients', async () => {
    const module = open('mlp');
    const seen: unknown[] = [];
    module.registerFullBackwardHook((_, gradInput, gradOutput) => {
      seen.push([gradInput.map((grad) => grad?.shape), gradOutput.map((grad) => grad?.shape)]);
    });
    const input = x.clone().requiresGrad_();
    ((await module.callAsync(input)) as Tensor).sum().backward();
    expect(seen).toEqual([[[[4, 8]], [[4, 4]]]]);
  });

  test('those that are called always are called where the run fails', async () => {
    const module = open('mlp');
    const seen: unknown[] = [];
    module.registerForwardHook((_, __, result) => void seen.push(result), { alwaysCall: true });
    await expect(module.callAsync(torch.ones([4, 8], { dtype: torch.float64 }))).rejects.toThrow(TorchError);
    expect(seen).toEqual([null]);
  });
});

test('buffers are written', async () => {
  const [one, two] = [open('cnn'), open('cnn')];
  const x = torch.randn([4, 3, 8, 8]);
  await one.callAsync(x);
  two(x);
  for (const [key, value] of one.stateDict())
    expect(torch.equal(value, two.stateDict().get(key)!)).toBe(true);
});

test('guards refuse it, and a signal ends it', async () => {
  const module = open('mlp');
  await expect(module.callAsync(torch.randn([3, 8]))).rejects.toThrow('Guard failed: x.size()[0] == 4');
  const reason = new Error('enough');
  await expect(module.callAsync(torch.randn([4, 8]), { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});

test('an error names the node, the operator and the line of Python', async () => {
  const module = open('mlp');
  const wrong = torch.ones([4, 8], { dtype: torch.float64 });
  const expected =
    /node linear: torch\.ops\.aten\.linear\.default[^]*File "models\.py", line \d+, in forward/;
  expect(() => module(wrong)).toThrow(TorchError);
  expect(() => module(wrong)).toThrow(expected);
  await expect(module.callAsync(wrong)).rejects.toThrow(expected);
});
