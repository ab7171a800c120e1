// Storages of the device: its memory as bytes, compared with the CPU's.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { type Tensor, UntypedStorage, type serialization } from 'nodetorch';
import { classAndMessage } from '../errors';
import { DEVICE, OTHER, pretend } from './support';

const on = (device: string, ...values: number[]) => new UntypedStorage(values, { device });

test('has bytes, a place and one object', () => {
  const x = torch.arange(4, { device: DEVICE, dtype: torch.uint8 });
  const s = x.untypedStorage();
  expect([s.tolist(), s.nbytes(), s.get(-1), String(s.device), s.getDevice()]).toEqual([
    [0, 1, 2, 3],
    4,
    3,
    DEVICE,
    0,
  ]);
  expect([s === x.at('1:').untypedStorage(), s.dataPtr() === x.dataPtr()]).toEqual([true, true]);
  expect([s.isCuda, s.isPinned(), s.isShared(), s.filename, s.resizable()]).toEqual([
    false,
    false,
    false,
    null,
    true,
  ]);
  expect([new UntypedStorage(3, { device: OTHER }).getDevice(), on(OTHER, 1, 2).tolist()]).toEqual([
    1,
    [1, 2],
  ]);
  expect(String(on(DEVICE, 1, 2))).toBe(` 1\n 2\n[torch.storage.UntypedStorage(device=${DEVICE}) of size 2]`);
});

test('changes as the CPU', () => {
  const changed = (device: string) => {
    const s = on(device, 1, 2, 3, 4, 5, 6, 7, 8);
    const part = s.slice(2, 6);
    s.set(0, 300);
    part.fill_(-1);
    s.byteswap(torch.int16);
    const [copy, before] = [s.clone(), s.tolist()];
    const size = part.nbytes();
    part.dispose(); // whose memory would go away
    s.resize_(3);
    return [
      before,
      copy.tolist(),
      s.tolist(),
      s.resize_(5).tolist().slice(0, 3),
      s.resize_(0).tolist(),
      size,
    ];
  };
  expect(changed(DEVICE)).toEqual(changed('cpu'));
});

test('goes to other devices, and is copied from them', () => {
  const s = on(DEVICE, 1, 2, 3);
  const [cpu, other] = [s.cpu(), s.to({ device: OTHER })];
  expect([cpu, other].map((one) => [String(one.device), one.tolist()])).toEqual([
    ['cpu', [1, 2, 3]],
    [OTHER, [1, 2, 3]],
  ]);
  expect([s.to({ device: DEVICE }) === s, cpu.cpu() === cpu]).toEqual([true, true]);
  expect(other.copy_(new UntypedStorage([4, 5, 6])).tolist()).toEqual([4, 5, 6]);
  expect(s.copy_(other).tolist()).toEqual([4, 5, 6]);
  expect(cpu.copy_(s).tolist()).toEqual([4, 5, 6]);
  expect(classAndMessage(() => s.copy_(on(OTHER, 1)))).toBe(
    'RuntimeError: size does not match, self was 3 bytes but src was 1 bytes',
  );
  expect(classAndMessage(() => s.cuda())).toMatch(
    /^(TorchError|RuntimeError|AssertionError|TypeError|NotImplementedError)/,
  );
});

test('is copied from page-locked memory while the thread goes on', () => {
  const pinned = new UntypedStorage([1, 2, 3, 4]).pinMemory();
  expect([pinned.isPinned(), pinned.pinMemory().dataPtr() === pinned.dataPtr()]).toEqual([true, true]);
  const there = new UntypedStorage(4, { device: DEVICE });
  there.fill_(0);
  pretend.hold(0);
  there.copy_(pinned, true);
  const moved = pinned.to({ device: DEVICE, nonBlocking: true });
  pretend.release();
  expect([there.tolist(), moved.tolist()]).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
  expect(classAndMessage(() => there.pinMemory())).toBe(
    'TypeError: cannot pin: only CPU memory can be pinned',
  );
});

test('share_memory_ leaves it where it is', () => {
  const s = on(DEVICE, 1, 2);
  expect([s.share_memory_() === s, s.isShared(), s.tolist()]).toEqual([true, false, [1, 2]]);
});

test('is taken by tensors of its device alone', () => {
  const s = on(DEVICE, 0, 0, 128, 63, 0, 0, 0, 64);
  const x = torch.empty([0], { device: DEVICE }).set_(s);
  expect([x.tolist(), x.set_(s, 1, [1]).tolist()]).toEqual([[1, 2], [2]]);
  expect(x.untypedStorage()).toBe(s);
  expect(x.mul(2).tolist()).toEqual([4]);
  for (const wrong of [torch.empty([0]), torch.empty([0], { device: OTHER })]) {
    expect(classAndMessage(() => wrong.set_(s))).toMatch(
      /^RuntimeError: Attempted to set the storage of a tensor on device "(cpu|pretend:1)" to a storage on different device "pretend:0"/,
    );
  }
  expect(classAndMessage(() => s.resize_(4))).toMatch(/a tensor uses 8 bytes/);
});

test('is saved with its place, and still shared', () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-')), 'storage.pt');
  const x = torch.arange(3, { device: OTHER, dtype: torch.uint8 });
  torch.save({ x, s: x.untypedStorage() }, file);
  const read = (mapLocation?: string) =>
    torch.load<{ x: Tensor; s: serialization.TypedStorage }>(file, { objects: true, mapLocation });
  for (const [place, device] of [
    [undefined, OTHER],
    ['cpu', 'cpu'],
    [DEVICE, DEVICE],
  ] as const) {
    const { x: y, s } = read(place);
    expect([String(y.device), String(s.untyped().device), s.untyped() === y.untypedStorage()]).toEqual([
      device,
      device,
      true,
    ]);
    s.untyped().fill_(7);
    expect(y.tolist()).toEqual([7, 7, 7]);
  }
  fs.rmSync(path.dirname(file), { recursive: true });
});

test('that is too large is an error, and the next works', () => {
  expect(classAndMessage(() => new UntypedStorage(2 ** 40, { device: DEVICE }))).toMatch(/^OutOfMemoryError/);
  const s = on(DEVICE, 1);
  expect(classAndMessage(() => s.resize_(2 ** 40))).toMatch(/^OutOfMemoryError/);
  expect(s.tolist()).toEqual([1]);
});
