// Extra state: what getExtraState gives, setExtraState gets, also through a file.
import path from 'node:path';
import torch, { nn } from 'nodetorch';

class Keeper extends nn.Module {
  constructor(public kept: unknown) {
    super();
  }
  override getExtraState(): unknown {
    return this.kept;
  }
  override setExtraState(state: unknown): void {
    this.kept = state;
  }
}
const holder = (kept: unknown): nn.Sequential => new nn.Sequential(new Keeper(kept));
const keptIn = (net: nn.Sequential): unknown => (net[0] as Keeper).kept;

const shared = { n: 1 };
const hidden = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as object;
const values: [string, unknown][] = [
  ['an object', { a: 1, b: 'text', c: null, d: true }],
  ['no keys', {}],
  ['an empty Map', new Map()],
  ['a Map', new Map([['a', 1]])],
  ['objects in objects', { a: { b: { c: { d: 1 } } } }],
  ['an object of Maps', { a: new Map([['x', 1]]), b: new Map() }],
  ['a Map of objects', new Map<string, object>([['a', { x: 1 }], ['b', {}]])], // prettier-ignore
  ['a Map in an object in a Map', new Map([['a', { b: new Map([['c', { d: 1 }]]) }]])],
  ['an array of both', [{ a: 1 }, new Map([['a', 1]]), [{ b: [{}] }], 'text']],
  ['keys like numbers', { 10: 'ten', 2: 'two', a: 'a' }],
  ['numbers as keys', new Map<unknown, unknown>([[1, { a: 1 }], [2n ** 60n, 2], [null, 3]])], // prettier-ignore
  ['two names for one object', { a: shared, b: [shared] }],
  ['names that are dangerous', hidden],
  ['a tuple, a set, floats', { pair: torch.serialization.tuple(1, { x: 1 }), set: new Set([1]), f: 0.5 }],
  ['bytes', { bytes: new Uint8Array([1, 2]) }],
  ['a text', 'text'],
  ['a number', 7],
  ['null', null],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
];

describe.each(values)('%s', (name, value) => {
  const plain = (kept: unknown): unknown =>
    Object.getPrototypeOf(kept ?? 0) === null ? { ...(kept as object) } : kept;
  it.each([
    ['of the same kind', value],
    ['of another', 'nothing yet'],
  ])('comes back the same through a file, into a module with something %s', (__, before) => {
    const state = holder(value).stateDict();
    const direct = holder(before);
    direct.loadStateDict(state);
    expect(keptIn(direct)).toBe(value);
    let read = torch.load<Map<string, unknown>>(torch.save(state));
    for (let round = 0; round < 2; round++) {
      const loaded = holder(before);
      loaded.loadStateDict(read);
      expect(keptIn(loaded)).toStrictEqual(plain(value));
      read = torch.load(torch.save(read)); // what was read is what was saved, also when it is saved again
    }
  });

  it('comes back the same through a file that is read as objects', () => {
    const bytes = torch.save(holder(value).stateDict());
    const objects = (given: Uint8Array) => torch.load<Record<string, unknown>>(given, { objects: true });
    if (name === 'numbers as keys')
      return void expect(() => objects(bytes)).toThrow('a key is no string or int');
    for (const each of [bytes, torch.save(objects(bytes))]) {
      const loaded = holder('nothing yet');
      loaded.loadStateDict(objects(each));
      expect(keptIn(loaded)).toStrictEqual(plain(value));
    }
    expect(Buffer.compare(torch.save(objects(bytes)), bytes)).toBe(0);
  });
});

it('leaves Maps of a class of their own', () => {
  const { Counter, DefaultDict } = torch.serialization;
  const loaded = holder(null);
  const kept = { c: new Counter([['x', 2]]), d: new DefaultDict('int', [['y', 1]]) };
  loaded.loadStateDict(torch.load<Map<string, unknown>>(torch.save(holder(kept).stateDict())));
  const { c, d } = keptIn(loaded) as typeof kept;
  expect([c instanceof Counter, [...c]]).toEqual([true, [['x', 2]]]);
  expect([d instanceof DefaultDict, d.defaultFactory, [...d]]).toEqual([true, 'int', [['y', 1]]]);
});

it('keeps shared objects shared, and pollutes nothing', () => {
  const loaded = holder(null);
  loaded.loadStateDict(
    torch.load<Map<string, unknown>>(torch.save(holder({ a: shared, b: [shared] }).stateDict())),
  );
  const { a, b } = keptIn(loaded) as { a: object; b: object[] };
  expect(b[0]).toBe(a);
  loaded.loadStateDict(torch.load<Map<string, unknown>>(torch.save(holder(hidden).stateDict())));
  expect(Object.getPrototypeOf(keptIn(loaded))).toBe(Object.prototype);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

describe('a state_dict that Python wrote', () => {
  // {'words': ['x'], 'counts': {'x': 1}, 'by_id': {1: {'n': 1}}, 'list': [{'k': {'l': 2}}]}
  const file = path.join(__dirname, '../fixtures/state_files/extra_state.pt');
  const read = (objects = false) => torch.load<Map<string, unknown>>(file, { objects });
  const kept = (before: unknown, objects = false): unknown => {
    const net = holder(before);
    net.loadStateDict(read(objects));
    return keptIn(net);
  };
  it.each([
    ['plain objects for a module of such', {}, { words: ['x'], counts: { x: 1 }, by_id: new Map([[1, new Map([['n', 1]])]]), list: [{ k: { l: 2 } }] }],
    ['Maps where the module has them', { counts: new Map() }, { words: ['x'], counts: new Map([['x', 1]]), by_id: new Map([[1, new Map([['n', 1]])]]), list: [{ k: { l: 2 } }] }],
    ['objects with keys like numbers', { by_id: { 7: {} } }, { words: ['x'], counts: { x: 1 }, by_id: { 1: { n: 1 } }, list: [{ k: { l: 2 } }] }],
  ])('gives %s', (_, before, after) => {
    for (const objects of [false, true]) expect(kept(before, objects)).toStrictEqual(after);
  }); // prettier-ignore
  it('gives Maps to a module that has nothing yet, or Maps', () => {
    for (const before of [null, new Map()]) expect(kept(before)).toStrictEqual(read().get('0._extra_state'));
    class Shy extends Keeper {
      override getExtraState(): unknown {
        throw new Error('not yet');
      }
    }
    const net = new nn.Sequential(new Shy(null));
    net.loadStateDict(read());
    expect(keptIn(net)).toStrictEqual(read().get('0._extra_state'));
  });
  it('does not change what is loaded', () => {
    const state = read();
    holder({}).loadStateDict(state);
    expect(state).toStrictEqual(read());
  });
});

it('cannot go into a .safetensors file', () => {
  expect(() => torch.safetensors.save(holder({ a: 1 }).stateDict())).toThrow(
    'Key `0._extra_state` is invalid, expected torch.Tensor but received',
  );
});
