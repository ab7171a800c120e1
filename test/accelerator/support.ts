// What the tests on the pretend device share.
import torch, { type Tensor } from 'nodetorch';

export const DEVICE = 'pretend:0';
export const OTHER = 'pretend:1';

/** The library's own operators: see library/controls.cc. */
export const pretend = torch.ops.pretend as unknown as {
  hold(device: number): void;
  release(): void;
  fail_allocation(n: number): void;
  set_total_memory(bytes: number): void;
  fail_synchronize(message: string): void;
  thread(): string;
  kernel_thread(): string;
  touch(tensor: Tensor): number;
};

/** What `body` gives for tensors of the CPU, and of the device: equal in every bit, since both run the CPU's kernels. */
export function expectSame(body: (device: string) => Tensor | Tensor[]): void {
  const run = (device: string): Tensor[] => {
    torch.manualSeed(7);
    return [body(device)].flat();
  };
  const [cpu, own] = [run('cpu'), run(DEVICE)];
  expect(own.map((one) => one.device.type)).toEqual(own.map(() => 'pretend'));
  expect(own.map((one) => [one.dtype.name, one.shape])).toEqual(
    cpu.map((one) => [one.dtype.name, one.shape]),
  );
  own.forEach((one, i) => expect(one.cpu().toTypedArray()).toEqual(cpu[i].toTypedArray()));
}
