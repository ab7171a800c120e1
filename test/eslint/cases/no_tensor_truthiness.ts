import { testRule } from '../tester';

const item = (code: string, changed: string) => ({ [`Write \`${code}\`.`]: changed });

testRule('no-tensor-truthiness', {
  valid: [
    'if (x.any().item()) torch;',
    // A question for its absence, which the type has.
    'if (maybe) torch;',
    'const z = maybe ? maybe.add(1) : x;',
    'const z = maybe && maybe.add(1);',
    'function f(t?: Tensor) { if (!t) return; }',
    'declare const t: Tensor | false; if (t) torch;',
    'const z = maybe ?? x;',
    // Without noUncheckedIndexedAccess the type of an element does not say that it may be missing.
    'declare const list: Tensor[]; if (list[0]) torch;',
    'declare const record: Record<string, Tensor>; if (!record.bias) torch;',
    'declare const list: Tensor[]; const first = list[0]; if (!first) torch;',
    'declare const list: Tensor[]; const [first] = list; if (first) torch;',
    'declare const record: Record<string, Tensor>; const { bias } = record; if (bias) torch;',
    'const f: (record: Record<string, Tensor>) => void = ({ bias: b }) => { if (b) torch; };',
    'function f([first]: readonly Tensor[]) { if (first) torch; }',
    'if (n && s) torch;',
    // JavaScript's own comparison of tensors is for no-tensor-operators.
    'if (x < y) torch;',
    'declare const any: any; if (any) torch;',
  ],
  invalid: [
    {
      code: 'if (x) torch;',
      errors: ['A tensor is true whatever it holds'],
      suggestions: [item('x.item()', 'if (x.item()) torch;')],
    },
    {
      code: 'while (x.gt(0)) torch;',
      errors: ['`.any().item()` or `.all().item()`'],
      suggestions: [item('x.gt(0).item()', 'while (x.gt(0).item()) torch;')],
    },
    {
      code: 'const z = !x;',
      errors: ['A tensor is true'],
      suggestions: [item('x.item()', 'const z = !x.item();')],
    },
    {
      code: 'const z = p ? 1 : 2;',
      errors: ['A tensor is true'],
      suggestions: [item('p.item()', 'const z = p.item() ? 1 : 2;')],
    },
    {
      code: 'const z = x && y;',
      errors: ['A tensor is true'],
      suggestions: [item('x.item()', 'const z = x.item() && y;')],
    },
    {
      code: 'if (n > 0 && (x || s)) torch;',
      errors: ['A tensor is true'],
      suggestions: [item('x.item()', 'if (n > 0 && (x.item() || s)) torch;')],
    },
    {
      code: 'if (n > 0 && x) torch;',
      errors: ['A tensor is true'],
      suggestions: [item('x.item()', 'if (n > 0 && x.item()) torch;')],
    },
    {
      code: 'for (; Boolean(x); ) torch;',
      errors: ['A tensor is true'],
      suggestions: [item('x.item()', 'for (; Boolean(x.item()); ) torch;')],
    },
    {
      code: 'do torch; while (!!x);',
      errors: ['A tensor is true'],
      suggestions: [item('x.item()', 'do torch; while (!!x.item());')],
    },
    {
      code: 'const first = x.at(0); if (first) torch;',
      errors: ['A tensor is true'],
      suggestions: [item('first.item()', 'const first = x.at(0); if (first.item()) torch;')],
    },
    {
      code: 'const [values] = x.max(1); if (values) torch;',
      errors: ['A tensor is true'],
      suggestions: [item('values.item()', 'const [values] = x.max(1); if (values.item()) torch;')],
    },
    {
      code: 'const { data } = x; if (data) torch;',
      errors: ['A tensor is true'],
      suggestions: [item('data.item()', 'const { data } = x; if (data.item()) torch;')],
    },
    // The number 0 is false, a tensor that holds it is true.
    { code: 'if (either) torch;', errors: ['A tensor is true'] },
    {
      code: 'async function f(t: Promise<Tensor>) { if (await t) torch; }',
      errors: ['A tensor is true'],
      suggestions: [
        item('(await t).item()', 'async function f(t: Promise<Tensor>) { if ((await t).item()) torch; }'),
      ],
    },
  ],
});
