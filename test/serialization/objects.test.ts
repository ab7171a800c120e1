// torch.load with { objects: true }: a checkpoint of Python's as plain objects, and back.
import fs from 'node:fs';
import path from 'node:path';
import torch, { type Tensor, amp, nn, optim, serialization } from 'nodetorch';
import fixture from '../fixtures/objects.json';

const folder = path.join(__dirname, '../fixtures');
const file = path.join(folder, 'objects.pt');
type Dict = Record<string, unknown>;
interface Checkpoint {
  model: Record<string, Tensor>;
  optimizer: optim.OptimizerStateDict;
  multi: Dict;
  sequential: Dict;
  scaler: Dict;
  kinds: Record<string, Dict> & { tuples: unknown[] };
  epoch: number;
}
const read = (): Checkpoint => torch.load<Checkpoint>(file, { objects: true });
const isPlain = (value: unknown): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Calls `visit` for all that is no tensor, all the way down. */
function walk(value: unknown, visit: (value: object) => void): void {
  if (typeof value !== 'object' || value === null || value instanceof torch.Tensor) return;
  visit(value);
  for (const each of Object.values(value)) walk(each, visit);
}

it('gives plain objects and arrays all the way down', () => {
  let count = 0;
  walk(read(), (value) => {
    count++;
    expect(Array.isArray(value) || isPlain(value)).toBe(true);
    expect(value).not.toBeInstanceOf(serialization.Tuple);
  });
  expect(count).toBeGreaterThan(40);
  const { kinds, epoch, model, optimizer } = read();
  expect(epoch).toBe(3);
  expect(kinds.ints).toEqual({ 0: 'a', 2: { 1: [1, { x: 2 }] }, '-1': 1 });
  expect(kinds.ordered).toEqual({ b: 1, a: { 3: 4 } });
  expect([kinds.counter, kinds.default, kinds.none]).toEqual([{ 7: 2, 8: 1 }, { k: [1, 2.5] }, {}]);
  expect(kinds.tuples).toEqual([[1, [2, [3]]], [], [2, 3]]);
  expect(Object.keys(model)).toContain('1.num_batches_tracked');
  expect(optimizer.param_groups[0]).toMatchObject({ name: 'first', betas: [0.8, 0.95], params: [0, 1] });
  expect(Object.keys(optimizer.state)).toEqual(['0', '1', '2', '3', '4', '5']);
});

it('takes any key for a property of the object alone', () => {
  const { odd } = read().kinds;
  expect(Object.keys(odd)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']);
  expect(isPlain(odd)).toBe(true);
  expect(Object.getOwnPropertyDescriptor(odd, '__proto__')?.value).toEqual({ polluted: true });
  expect([({} as Dict).polluted, (odd as Dict).polluted]).toEqual([undefined, undefined]);
  expect((odd.constructor as unknown as Tensor).tolist()).toEqual([1]);
  expect([odd.toString, odd.hasOwnProperty]).toEqual([[1], 2]);
  expect(isPlain({ ...odd })).toBe(true);
});

it('refuses 1 and "1" in one dict, and keys that are neither', () => {
  const name = path.join(folder, 'objects_collision.pt');
  expect(() => torch.load(name, { objects: true })).toThrow(
    "objects_collision.pt': toObject(): a dict has 1 for a key both as an int and as a text",
  );
  const deep = torch.load<Map<string, [[Map<unknown, string>]]>>(name).get('deep')!;
  expect([...deep[0][0]]).toEqual([[1, 'int'], ['1', 'text']]); // prettier-ignore
  for (const key of [0.5, true, null, 2n ** 60n, serialization.tuple(1, 2)]) {
    const bytes = torch.save(new Map([[key, 1]]));
    expect(() => torch.load(bytes, { objects: true })).toThrow('toObject(): a key is no string or int but');
    expect(torch.load(bytes)).toBeInstanceOf(Map);
  }
});

const files = fs
  .readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.pt') && !/objects_collision|state_files\/module|pt\/others/.test(name));
/** They have tuples, floats or the like for keys. */
const refused = new Set(['pt/plain.pt', 'pt/made.pt', 'pt/protocol5.pt']);

it.each(files)('writes %s again as what it was', (name) => {
  const whole = path.join(folder, name);
  if (refused.has(name))
    return void expect(() => torch.load(whole, { objects: true })).toThrow('toObject(): a');
  const bytes = torch.save(torch.load(whole, { objects: true }));
  expect(Buffer.compare(torch.save(torch.load(whole)), bytes)).toBe(0);
});

it('writes what was changed meanwhile', () => {
  const checkpoint = read();
  checkpoint.kinds.ints[5] = 'new';
  checkpoint.kinds.ints[0] = 'changed';
  delete checkpoint.kinds.ints[2];
  checkpoint.kinds.tuples.push(1);
  const loaded = torch
    .load<Map<string, Map<string, Map<unknown, unknown>>>>(torch.save(checkpoint))
    .get('kinds')!;
  expect([...loaded.get('ints')!]).toEqual([[0, 'changed'], ['5', 'new'], [-1, 1]]); // prettier-ignore
  expect(loaded.get('tuples')).toHaveLength(4);
});

const shapes = [
  ['a Map', () => torch.load(file)],
  ['objects', read],
  ['objects, saved and read again', () => torch.load(torch.save(read()), { objects: true })],
  ['objects, saved and read as a Map', () => torch.load(torch.save(read()))],
  ['a copy of the objects', () => copied(read())],
] as const;

const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null || value instanceof torch.Tensor) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copied(each)]));
};

describe.each(shapes)('training goes on from %s', (_, load) => {
  it('as in Python', () => {
    torch.setNumThreads(1);
    const given = load();
    const part = (name: string): never =>
      (given instanceof Map ? (given as Map<string, unknown>).get(name) : (given as Dict)[name]) as never;
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 1));
    expect(String(model.loadStateDict(part('model')))).toBe('<All keys matched successfully>');
    const groups = [
      { params: model[0].parameters() },
      { params: [...model[1].parameters(), ...model[2].parameters()] },
    ];
    const optimizer = new optim.AdamW(groups, { lr: 1 });
    const multi = new optim.lrScheduler.MultiStepLR(optimizer, [1]);
    const other = new optim.SGD([torch.ones([1], { requiresGrad: true })], { lr: 1 });
    const parts = [
      new optim.lrScheduler.MultiStepLR(other, [1]),
      new optim.lrScheduler.ExponentialLR(other, 0.5),
    ];
    const sequential = new optim.lrScheduler.SequentialLR(other, parts, [1]);
    const scaler = new amp.GradScaler('cpu');
    multi.loadStateDict(part('multi'));
    sequential.loadStateDict(part('sequential'));
    scaler.loadStateDict(part('scaler'));
    optimizer.loadStateDict(part('optimizer'));
    other.paramGroups[0].lr = sequential.getLastLr()[0];
    const data = torch.arange(18, { dtype: torch.float32 }).reshape([6, 3]).sin();
    const later = fixture.later.map(() => {
      optimizer.zeroGrad();
      const loss = scaler.scale(model(data).pow(2).mean());
      loss.backward();
      scaler.step(optimizer as never);
      scaler.update();
      multi.step();
      other.step();
      sequential.step();
      const lrs = multi.getLastLr();
      return { loss: loss.item(), lrs, other: sequential.getLastLr(), scale: scaler.getScale() };
    });
    expect(later).toEqual(fixture.later);
    const weights = [...model.stateDict()].map(([name, value]) => [name, value.flatten().tolist()]);
    expect(Object.fromEntries(weights)).toEqual(fixture.weights);
  });
});

it('makes objects of what unknown classes hold', () => {
  const name = path.join(folder, 'state_files/module.pt');
  const options = { objects: true, weightsOnly: false };
  const module = torch.load<serialization.PythonObject>(name, options);
  let maps = 0;
  const visit = (value: object): void => void (maps += value instanceof Map ? 1 : 0);
  walk(module, visit);
  expect([module.type, maps]).toEqual(['torch.nn.modules.container.Sequential', 0]);
  expect(Object.keys(module.state as object)).toContain('_modules');
});

it('walks as deep as load does', () => {
  let value: unknown = 'end';
  for (let i = 0; i < 1900; i++) value = new Map([['a', [value]]]);
  let at = torch.load<{ a: [never] }>(torch.save(value), { objects: true });
  let depth = 0;
  for (; typeof at === 'object'; depth++) at = at.a[0];
  expect(depth).toBe(1900);
});

it('keeps the versions of modules', () => {
  const metadata = (state: unknown): unknown => (state as nn.StateDict)._metadata?.get('1');
  const { model } = read();
  expect(metadata(model)).toEqual({ version: 2 });
  expect(Object.keys(model)).not.toContain('_metadata');
  const again = torch.load<Checkpoint>(torch.save(read()), { objects: true });
  expect(metadata(again.model)).toEqual({ version: 2 });
});

it('does not take an entry for the versions', () => {
  const model = new nn.Linear(1, 1);
  const given = { ...Object.fromEntries(model.stateDict()), _metadata: new Map([['', { version: 9 }]]) };
  expect(() => model.loadStateDict(given)).toThrow('Unexpected key(s) in state_dict: "_metadata"');
});

it('is for .safetensors and unknown classes, too', () => {
  const name = path.join(
    fs.mkdtempSync(path.join(process.env.TMPDIR ?? '/tmp', 'objects-')),
    'one.safetensors',
  );
  torch.safetensors.saveFile({ a: torch.ones([1]) }, name);
  expect(Object.keys(torch.load<object>(name, { objects: true }))).toEqual(['a']);
  fs.rmSync(path.dirname(name), { recursive: true });
  expect(() => torch.load(file, { objects: true, object: true } as never)).toThrow("did you mean 'objects'?");
});

it('does not let a key replace the prototype of a scheduler', () => {
  const optimizer = new optim.SGD([torch.ones([1], { requiresGrad: true })], { lr: 1 });
  const scheduler = new optim.lrScheduler.StepLR(optimizer, 2);
  for (const shape of [
    new Map([['__proto__', { step: 1 }]]),
    JSON.parse('{"__proto__": {"step": 1}}') as Dict,
  ]) {
    scheduler.loadStateDict(shape as never);
    expect(Object.getPrototypeOf(scheduler)).toBe(optim.lrScheduler.StepLR.prototype);
  }
});
