// Files whose tensors were on a device, and where they go.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import torch, { safetensors, type Tensor } from 'nodetorch';
import { classAndMessage } from '../errors';
import { DEVICE, OTHER } from './support';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nodetorch-accelerator-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const file = path.join(folder, 'both.pt');

interface Both {
  here: Tensor;
  there: Tensor;
  cpu: Tensor;
}
beforeAll(() => {
  const [here, there] = [torch.arange(4, { device: DEVICE }), torch.arange(3, { device: OTHER })];
  torch.save({ here, there, cpu: torch.ones([2]) }, file);
});
const loadBoth = (name: string, options: torch.LoadOptions = {}): Both =>
  torch.load<Both>(name, { ...options, objects: true });
const placesOf = (both: Both): string[] =>
  [both.here, both.there, both.cpu].map(({ device }) => String(device));
const valuesOf = (both: Both): unknown => [both.here, both.there, both.cpu].map((one) => one.tolist());
const values = [[0, 1, 2, 3], [0, 1, 2], [1, 1]]; // prettier-ignore

describe('a file', () => {
  test('says where each storage was, and they go back there', () => {
    const both = loadBoth(file);
    expect([placesOf(both), valuesOf(both)]).toEqual([[DEVICE, OTHER, 'cpu'], values]);
  });

  test.each<[string, torch.serialization.MapLocation, string[]]>([
    ['a name', 'cpu', ['cpu', 'cpu', 'cpu']],
    ['a name with a number', OTHER, [OTHER, OTHER, OTHER]],
    ['a type', 'pretend', [DEVICE, DEVICE, DEVICE]],
    ['a device', torch.device(OTHER), [OTHER, OTHER, OTHER]],
    ['a Map', new Map([[DEVICE, OTHER], [OTHER, 'cpu']]), [OTHER, 'cpu', 'cpu']], // prettier-ignore
    ['an object', { [DEVICE]: 'cpu', cpu: OTHER }, ['cpu', OTHER, OTHER]],
    [
      'a function',
      (storage, location) => (location === OTHER ? storage.to(DEVICE) : null),
      [DEVICE, DEVICE, 'cpu'],
    ],
    ['a function that gives what it was given', (storage) => storage, ['cpu', 'cpu', 'cpu']],
    ["'meta'", 'meta', ['meta', 'meta', 'meta']],
  ])('goes by mapLocation: %s', (_, mapLocation, places) => {
    const both = loadBoth(file, { mapLocation });
    expect(placesOf(both)).toEqual(places);
    if (mapLocation !== 'meta') expect(valuesOf(both)).toEqual(values);
  });

  test('goes by mapLocation where it is mapped into memory', () => {
    const both = loadBoth(file, { mmap: true, mapLocation: DEVICE });
    expect([placesOf(both), valuesOf(both)]).toEqual([[DEVICE, DEVICE, DEVICE], values]);
  });

  test('gives the same bytes when what it had is saved again', () => {
    expect(Buffer.from(torch.save(torch.load(file)))).toEqual(Buffer.from(torch.save(torch.load(file))));
    const again = path.join(folder, 'again.pt');
    torch.save(torch.load(file), again);
    expect(placesOf(loadBoth(again))).toEqual([DEVICE, OTHER, 'cpu']);
  });

  test('keeps that tensors share memory', () => {
    const whole = torch.arange(6, { device: DEVICE });
    const bytes = torch.save([whole, whole.at('2:4')]);
    const [a, b] = torch.load<Tensor[]>(bytes);
    b.fill_(9);
    expect([a.tolist(), String(a.device)]).toEqual([[0, 1, 9, 9, 4, 5], DEVICE]);
  });

  test.each<[string, torch.serialization.MapLocation, string]>([
    [
      'a number too large',
      'pretend:7',
      'Attempting to deserialize object on PRETEND device 7 but torch.pretend.device_count() is 2.',
    ],
    [
      'a type that is not here',
      'cuda',
      'Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False.',
    ],
  ])('says what is wrong with %s', (_, mapLocation, message) => {
    expect(classAndMessage(() => torch.load(file, { mapLocation }))).toContain(`RuntimeError: ${message}`);
  });
});

describe('a state of an optimizer and a module', () => {
  test('comes back on the device', () => {
    const model = new torch.nn.Linear(2, 2, { device: DEVICE });
    const optimizer = new torch.optim.Adam([...model.parameters()]);
    model(torch.ones([1, 2], { device: DEVICE }))
      .sum()
      .backward();
    optimizer.step();
    const bytes = torch.save({ model: model.stateDict(), optimizer: optimizer.stateDict() });
    const state = torch.load<Map<string, never>>(bytes, { mapLocation: OTHER });
    const other = new torch.nn.Linear(2, 2, { device: OTHER });
    const next = new torch.optim.Adam([...other.parameters()]);
    other.loadStateDict(state.get('model')!);
    next.loadStateDict(state.get('optimizer')!);
    for (const [m, o] of [
      [model, optimizer],
      [other, next],
    ] as const) {
      // prettier-ignore
      o.zeroGrad();
      m(torch.ones([1, 2], { device: m.weight.device }))
        .sum()
        .backward();
      o.step();
    }
    expect(other.weight.tolist()).toEqual(model.weight.tolist());
  });
});

describe('safetensors', () => {
  const name = path.join(folder, 'one.safetensors');
  test('are written from a device, and read to one', () => {
    safetensors.saveFile(new Map([['x', torch.arange(4, { device: DEVICE }).float()]]), name);
    const x = safetensors.loadFile(name, { device: OTHER }).get('x')!;
    expect([String(x.device), x.tolist()]).toEqual([OTHER, [0, 1, 2, 3]]);
    expect(String(safetensors.loadFile(name).get('x')!.device)).toBe('cpu');
  });
});
