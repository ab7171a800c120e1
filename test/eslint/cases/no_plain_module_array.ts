import { testRule } from '../tester';

const field = (code: string): string => `class Net extends nn.Module<[Tensor], Tensor> { ${code} }`;
const found = (code: string, ...errors: string[]) => ({ code: field(code), errors });

testRule('no-plain-module-array', {
  valid: [
    'layers = new nn.ModuleList([new nn.Linear(2, 2)]);',
    'layers = new nn.ModuleDict({ a: new nn.Linear(2, 2) });',
    'weights = new nn.ParameterList([p]);',
    'fc = new nn.Linear(2, 2); weight = p; nothing: nn.Linear | null = null;',
    // A #private field is no state, and is how one says so.
    '#layers = [new nn.Linear(2, 2)];',
    'static all: nn.Module[] = [];',
    'tensors: Tensor[] = []; sizes = [1, 2]; names = new Map<string, number>();',
    'modules_(): nn.Module[] { return []; }',
    'make: (() => nn.Module)[] = [() => new nn.Linear(2, 2)];',
    // An object of other things as well is more than a container.
    'last: { model: nn.Module; step: number } | null = null;',
    'constructor(layers: nn.Module[]) { super(); void layers; }',
  ]
    .map(field)
    .concat('class Trainer { models: nn.Module[] = []; }'),
  invalid: [
    found('layers = [new nn.Linear(2, 2), new nn.ReLU()];', 'What is in an array is no part of the state'),
    found('layers: nn.Linear[] = [];', '`nn.ModuleList`, or `#layers`'),
    found('readonly pair: readonly [nn.Linear, nn.Linear | null];', '`nn.ModuleList`'),
    found('grid: nn.Module[][] | null = null;', '`nn.ModuleList`'),
    found('layers = new Set<nn.Module>();', 'What is in a set'),
    found('heads = new Map<string, nn.Linear>();', 'What is in a map'),
    found('heads: Record<string, nn.Linear> = {};', '`nn.ModuleDict`'),
    found('heads = { a: new nn.Linear(2, 2), b: new nn.ReLU() };', 'What is in an object'),
    found('weights: nn.Parameter[] = [];', '`nn.ParameterList`'),
    found('weights: { [name: string]: nn.Parameter | undefined } = {};', '`nn.ParameterDict`'),
    found('constructor(readonly layers: nn.Module[] = []) { super(); }', '`nn.ModuleList`'),
    {
      code: 'class A extends nn.Module {} const B = class extends A { layers: A[] = []; };',
      errors: ['`nn.ModuleList`'],
    },
    {
      code: 'class Net<M extends nn.Module> extends nn.Module { layers: M[] = []; }',
      errors: ['`nn.ModuleList`'],
    },
  ],
});
