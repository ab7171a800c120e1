import torch, { nn } from 'nodetorch';
import ts from 'typescript';
import { type Invalid, testRule } from '../tester';

const layer = 'new nn.Linear(1, 1)';
const net = (fields: string, body: string): string =>
  `class Net extends nn.Module<[Tensor], Tensor> { ${fields} constructor() { super(); ${body} } }`;
const desc = 'Declare the fields in the order in which they get their values.';

const valid = [
  net('a: nn.Linear; b: nn.Linear;', `this.a = ${layer}; this.b = ${layer};`),
  net(`a = ${layer}; b: nn.Linear;`, `this.b = ${layer};`),
  // With `declare` a field has the place of its assignment under every target.
  net('declare a: nn.Linear; declare b: nn.Linear;', `this.b = ${layer}; this.a = ${layer};`),
  net(`declare a: nn.Linear; b = ${layer};`, `this.a = ${layer};`),
  // Parameters are listed before modules, wherever they are declared.
  net('a: nn.Linear; b: nn.Parameter;', `this.b = p; this.a = ${layer};`),
  // A layer without state has no place in it.
  net('a: nn.Linear; pool = new nn.MaxPool2d(2);', `this.a = ${layer};`),
  net('a: nn.Linear; act: nn.ReLU | nn.GELU | null;', `this.act = null; this.a = ${layer};`),
  net('n: number; a: nn.Linear; k: number;', `this.k = 1; this.a = ${layer}; this.n = 2;`),
  // What is assigned first counts; what runs later does not.
  net('a: nn.Linear; b: nn.Linear;', `this.a = ${layer}; this.b = ${layer}; this.a = ${layer};`),
  net('a: nn.Linear; b?: nn.Linear;', `const f = () => { this.b = ${layer}; }; this.a = ${layer}; f();`),
  net('a!: Tensor; b!: Tensor;', "this.registerBuffer('a', x); this.registerBuffer('b', x);"),
  net('#a: nn.Linear; #b: nn.Linear;', `this.#b = ${layer}; this.#a = ${layer};`),
  'class Net { a: nn.Linear; b: nn.Linear; constructor() { this.b = new nn.Linear(1, 1); this.a = this.b; } }',
];
const invalid: Invalid[] = [
  {
    code: net('a: nn.Linear; b: nn.Linear;', `this.b = ${layer}; this.a = ${layer};`),
    errors: ['`a` is declared before `b` and gets its value after it'],
    suggestions: [{ [desc]: net('b: nn.Linear; a: nn.Linear;', `this.b = ${layer}; this.a = ${layer};`) }],
  },
  {
    code: net(
      'readonly a: nn.Parameter; n = 1; readonly b: nn.Parameter | null;',
      'this.b = new nn.Parameter(); this.a = p;',
    ),
    errors: ['`a` is declared before `b`'],
    suggestions: [
      {
        [desc]: net(
          'readonly b: nn.Parameter | null; n = 1; readonly a: nn.Parameter;',
          'this.b = new nn.Parameter(); this.a = p;',
        ),
      },
    ],
  },
  {
    code: net('sin!: Tensor; cos!: Tensor;', "this.registerBuffer('cos', x); this.registerBuffer('sin', x);"),
    errors: ['`sin` is declared before `cos`'],
    suggestions: [
      {
        [desc]: net(
          'cos!: Tensor; sin!: Tensor;',
          "this.registerBuffer('cos', x); this.registerBuffer('sin', x);",
        ),
      },
    ],
  },
  {
    code: net('a: nn.Linear; b: nn.Linear;', `if (n) { this.b = ${layer}; } this.a = this.b = ${layer};`),
    errors: ['`a` is declared before `b`'],
    suggestions: [
      {
        [desc]: net(
          'b: nn.Linear; a: nn.Linear;',
          `if (n) { this.b = ${layer}; } this.a = this.b = ${layer};`,
        ),
      },
    ],
  },
  // What a container, or any module, holds is open.
  {
    code: net('a: nn.Linear; b = new nn.Sequential(new nn.Linear(1, 1));', `this.a = ${layer};`),
    errors: ['`a` is declared before `b`'],
  },
  {
    code: net('a: nn.Linear; b: nn.Module | null = new nn.BatchNorm1d(1);', `this.a = ${layer};`),
    errors: ['`a` is declared before `b`'],
  },
  {
    code: net('a: nn.Linear; b: nn.Linear | null = null;', `this.a = ${layer}; if (n) this.b = ${layer};`),
    errors: ['`a` is declared before `b`'],
  },
  // A field with a value comes before what the constructor assigns, but under ES2022 where it is declared.
  {
    code: net(`a: nn.Linear; b = ${layer};`, `this.a = ${layer};`),
    errors: ['`a` is declared before `b`'],
  },
  // A comment may belong to the place or to the field.
  {
    code: net('a: nn.Linear; /* (out, in) */ b: nn.Linear;', `this.b = ${layer}; this.a = ${layer};`),
    errors: ['`a` is declared before `b`'],
  },
];

testRule('state-order', { valid, invalid });

/** The names of the state of a case's class, compiled for a target. */
function namesUnder(target: ts.ScriptTarget, code: string): string[] {
  const source = ts.transpile(`${code}\nreturn [...new Net().stateDict().keys()];`, { target });
  const names: unknown = new Function('nn', 'x', 'p', 'n', source)(nn, torch.ones([]), new nn.Parameter(), 1);
  return names as string[];
}
const isSame = (code: string): boolean =>
  String(namesUnder(ts.ScriptTarget.ES2022, code)) === String(namesUnder(ts.ScriptTarget.ES2020, code));

const modules = (codes: string[]): string[] => codes.filter((code) => code.includes('extends'));

test.each(modules(valid))('TypeScript gives it one order: %s', (code) => expect(isSame(code)).toBe(true));
test.each(modules(invalid.map(({ code }) => code)))('by target it has two orders: %s', (code) =>
  expect(isSame(code)).toBe(false),
);
