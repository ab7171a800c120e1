// Training on a GPU gives what the CPU gives, and hooks run although libtorch's threads reach them.
import { autograd, type Tensor, tensor, torch } from '../native/support/torch';
import { describeCuda } from './support';

/** Five steps of gradient descent on a small convolutional network. Returns losses and weights. */
function train(
  device: string,
  starts: Tensor[],
  image: Tensor,
  labels: Tensor,
): { losses: number[]; weights: Tensor[] } {
  const weights = starts.map((start) => start.to(device).detach().clone().requiresGrad_());
  const [x, y] = [image.to(device), labels.to(device)];
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const [kernel, bias, matrix] = weights;
    const hidden = torch.maxPool2d(torch.relu(torch.conv2d(x, kernel, bias, [1, 1], [1, 1])), 2) as Tensor;
    const loss = torch.crossEntropyLoss(hidden.flatten(1).matmul(matrix), y) as Tensor;
    loss.backward();
    for (const weight of weights) {
      weight.data.sub_(weight.grad!.mul(0.1));
      weight.grad = null;
    }
    losses.push(loss.item() as number);
  }
  return { losses, weights: weights.map((weight) => weight.detach().cpu()) };
}

describeCuda('training', () => {
  test('follows the CPU', () => {
    const starts = [
      torch.randn([8, 1, 3, 3]).mul(0.3),
      torch.zeros([8]),
      torch.randn([128, 10]).mul(0.1),
    ] as Tensor[];
    const image = torch.randn([16, 1, 8, 8]) as Tensor;
    const labels = torch.arange(16).remainder(10) as Tensor;
    const cpu = train('cpu', starts, image, labels);
    const gpu = train('cuda', starts, image, labels);
    gpu.losses.forEach((loss, i) => expect(loss).toBeCloseTo(cpu.losses[i], 2));
    gpu.weights.forEach((weight, i) => {
      expect(torch.allclose(weight, cpu.weights[i], { rtol: 1e-2, atol: 1e-3 })).toBe(true);
    });
  });
});

describeCuda("hooks, reached by the GPU's backward thread", () => {
  test('run on the JS thread and may replace the gradient', () => {
    const x = tensor([1, 2], { device: 'cuda', requiresGrad: true });
    const order: string[] = [];
    x.registerHook((grad) => {
      order.push('hook');
      return grad.mul(10);
    });
    x.registerPostAccumulateGradHook(() => order.push('after'));
    x.mul(3).sum().backward();
    expect(order).toEqual(['hook', 'after']);
    expect(x.grad!.tolist()).toEqual([30, 30]);
    expect(String(x.grad!.device)).toBe('cuda:0');
  });

  test('what they throw comes out as itself', () => {
    const mine = new Error('mine');
    const x = tensor([1], { device: 'cuda', requiresGrad: true });
    const handle = x.registerHook(() => {
      throw mine;
    });
    expect(() => x.mul(2).sum().backward()).toThrow(mine);
    handle.remove();
    x.mul(2).sum().backward();
    expect(x.grad!.tolist()).toEqual([2]);
  });

  test('a custom Function, and a backward inside a hook', () => {
    class Square extends autograd.Function {
      static override forward(ctx: InstanceType<typeof autograd.FunctionContext>, x: Tensor): Tensor {
        ctx.saveForBackward(x);
        return x.mul(x) as Tensor;
      }
      static override backward(ctx: InstanceType<typeof autograd.FunctionContext>, grad: Tensor): Tensor {
        return grad.mul(ctx.savedTensors[0]).mul(2) as Tensor;
      }
    }
    const x = tensor([3], { device: 'cuda', requiresGrad: true });
    const z = tensor([2], { device: 'cuda', requiresGrad: true });
    x.registerHook((grad) => {
      autograd.enableGrad(() => Square.apply(z).sum().backward());
      return grad.add(z.grad!);
    });
    Square.apply(x).sum().backward();
    expect(x.grad!.tolist()).toEqual([10]);
  });
});
