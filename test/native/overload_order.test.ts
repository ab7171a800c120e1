// Which overloads a name has, and which one is tried first, as in the bindings of Python.
import order from './overload_order.json';
import { native } from './support/torch';

const names: Record<string, string> = order.names;
const unsupported = new Set(native.unsupported().map(([name]) => name));
const served = (name: string) => (overload: string | undefined) =>
  overload !== undefined && !unsupported.has(overload === 'default' ? name : `${name}.${overload}`);

// Another libtorch that compiles may have other overloads.
const same = order.torch.split('+')[0] === native.versions().libtorch.split('+')[0] ? test : test.skip;

same('every name tries what Python tries, in its order: first without `out`, then with it', () => {
  const expected: string[] = [];
  const actual: string[] = [];
  for (const [name, text] of Object.entries(names)) {
    const full = `aten::${name}`;
    const pairs = text.split(' ').map((pair) => pair.split('/'));
    const tried = [...pairs.map(([base]) => base), ...pairs.map(([, out]) => out)].filter(served(full));
    expected.push(`${name}: ${tried.join(' ')}`);
    const signatures = native.signatures(full, null, true);
    actual.push(`${name}: ${signatures.map(({ overload }) => overload || 'default').join(' ')}`);
  }
  expect(expected.length).toBeGreaterThan(1300);
  expect(actual).toEqual(expected);
});
