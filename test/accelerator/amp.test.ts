// Mixed precision on a device.
import torch, { amp, nn, optim, type Tensor } from 'nodetorch';
import { DEVICE, OTHER } from './support';

describe('autocast for the type of the device', () => {
  const x = torch.ones([2, 2], { device: DEVICE });

  test('is there, by both names, and off at first', () => {
    expect(['pretend', 'privateuseone', 'gpu'].map((type) => amp.isAutocastAvailable(type))).toEqual([
      true,
      true,
      false,
    ]);
    expect(torch.isAutocastEnabled('pretend')).toBe(false);
    expect(torch.getAutocastDtype('pretend')).toBe(torch.float16);
  });

  test('chooses the dtype of operators', () => {
    torch.autocast('pretend', () => {
      expect(torch.isAutocastEnabled('pretend')).toBe(true);
      expect(x.matmul(x).dtype).toBe(torch.float16);
      expect(x.half().exp().dtype).toBe(torch.float32);
      expect(x.half().add(x).dtype).toBe(torch.float32);
      torch.autocast('pretend', { enabled: false }, () => expect(x.matmul(x).dtype).toBe(torch.float32));
    });
    torch.autocast('pretend', { dtype: torch.bfloat16 }, () => {
      expect(x.matmul(x).dtype).toBe(torch.bfloat16);
      expect(x.cpu().matmul(x.cpu()).dtype).toBe(torch.float32);
    });
    torch.autocast('cpu', { dtype: torch.bfloat16 }, () => expect(x.matmul(x).dtype).toBe(torch.float32));
    expect(x.matmul(x).dtype).toBe(torch.float32);
  });

  test('holds in the backward pass, and keeps gradients in float32', () => {
    const layer = new nn.Linear(2, 2, { device: DEVICE });
    const loss = torch.autocast('pretend', () => layer(x).float().sum());
    loss.backward();
    expect([layer.weight.grad!.dtype, String(layer.weight.grad!.device)]).toEqual([torch.float32, DEVICE]);
  });

  test('holds for what a checkpoint computes again', () => {
    const layer = new nn.Linear(2, 2, { device: DEVICE });
    const seen: boolean[] = [];
    const f = (y: unknown): Tensor => {
      seen.push(torch.isAutocastEnabled('pretend'));
      return layer(y as Tensor);
    };
    const { checkpoint } = torch.utils.checkpoint;
    const y = torch.autocast('pretend', () => checkpoint(f, x, { useReentrant: false }));
    y.sum().backward();
    expect(seen).toEqual([true, true]);
  });
});

describe('GradScaler', () => {
  /** Parameters with gradients that were scaled by 4, on both devices. */
  const parameters = (values: number[][]): Tensor[] =>
    [DEVICE, OTHER].map((device, i) => {
      const one = torch.zeros([2], { device, requiresGrad: true });
      one.grad = torch.tensor(values[i], { device });
      return one;
    });
  const scalerOf = (): InstanceType<typeof amp.GradScaler> => {
    const scaler = new amp.GradScaler({ device: 'pretend', initScale: 4, growthInterval: 1 });
    expect(scaler.scale(torch.ones([1], { device: DEVICE })).tolist()).toEqual([4]);
    return scaler;
  };

  test('scales, unscales on both devices, steps and grows', () => {
    const params = parameters([[4, 8], [12, 16]]); // prettier-ignore
    const [scaler, optimizer] = [scalerOf(), new optim.SGD(params, { lr: 1 })];
    scaler.unscale_(optimizer);
    expect(params.map(({ grad }) => grad!.tolist())).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    scaler.step(optimizer);
    scaler.update();
    expect(params.map((one) => one.tolist())).toEqual([[-1, -2], [-3, -4]]); // prettier-ignore
    expect(scaler.getScale()).toBe(8);
  });

  test.each([[0], [1]])('skips the step where device %p of two has an inf', (which) => {
    const values = [[1, 1], [1, 1]]; // prettier-ignore
    values[which][1] = Infinity;
    const params = parameters(values);
    const [scaler, optimizer] = [scalerOf(), new optim.SGD(params, { lr: 1 })];
    expect(scaler.step(optimizer)).toBeNull();
    scaler.update();
    expect(params.map((one) => one.tolist())).toEqual([[0, 0], [0, 0]]); // prettier-ignore
    expect(scaler.getScale()).toBe(2);
  });

  test('goes with an optimizer that looks for infs itself', () => {
    for (const value of [4, Infinity]) {
      const params = parameters([[4, 4], [4, value]]); // prettier-ignore
      const [scaler, optimizer] = [scalerOf(), new optim.Adam(params, { lr: 1, fused: true })];
      scaler.step(optimizer);
      scaler.update();
      expect(params.map((one) => Math.round(one.at(0).item() as number))).toEqual(
        value === 4 ? [-1, -1] : [0, 0],
      );
      expect(scaler.getScale()).toBe(value === 4 ? 8 : 2);
    }
  });

  test('scales outputs of both devices', () => {
    const [a, b] = scalerOf().scale([
      torch.ones([1], { device: DEVICE }),
      torch.ones([1], { device: OTHER }),
    ]);
    expect([a.tolist(), b.tolist(), String(b.device)]).toEqual([[4], [4], OTHER]);
  });

  test('takes a scale that is a tensor of its device, and no other', () => {
    const [scaler, params] = [scalerOf(), parameters([[1, 1], [1, 1]])]; // prettier-ignore
    scaler.step(new optim.SGD(params, { lr: 1 }));
    scaler.update(torch.tensor(16, { device: DEVICE }));
    expect(scaler.getScale()).toBe(16);
    expect(() => scaler.update(torch.tensor(16))).toThrow('new_scale should be a float or a 1-element');
  });

  test('saves and loads its state', () => {
    const scaler = scalerOf();
    const other = new amp.GradScaler({ device: 'pretend' });
    other.loadStateDict(scaler.stateDict());
    expect(other.getScale()).toBe(4);
  });
});
