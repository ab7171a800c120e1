import { testRule } from '../tester';

const write = (code: string, changed: string) => ({ [`Write \`${code}\`.`]: changed });

testRule(
  'no-fields-of-values',
  {
    valid: [
      'for (const [name, tensor] of state) torch;',
      '[...state.keys()];',
      'Object.fromEntries(state);',
      'Object.keys(Object.fromEntries(state));',
      // An optimizer's state has a field for each parameter.
      'declare const opt: optim.SGD; Object.entries(opt.stateDict().state);',
      'declare const record: Record<string, Tensor>; Object.entries(record);',
      'const copy = { ...record, x };',
      'const list = [...state, ...model.parameters()];',
      'for (const key in record) torch;',
      'Object.assign(model, { x });',
      'declare const any: any; Object.keys(any);',
      'declare const own: { entries(x: Map<string, number>): void }; own.entries(new Map());',
    ],
    invalid: [
      {
        code: 'Object.entries(state);',
        errors: ['A Map, such as a state dict'],
        suggestions: [write('[...state]', '[...state];')],
      },
      {
        code: 'Object.keys(model.stateDict());',
        errors: ['keeps its entries in no fields'],
        suggestions: [write('[...model.stateDict().keys()]', '[...model.stateDict().keys()];')],
      },
      {
        code: 'Object.values(torch.load<Map<string, Tensor>>(s));',
        errors: ['this finds none'],
        suggestions: [
          write(
            '[...torch.load<Map<string, Tensor>>(s).values()]',
            '[...torch.load<Map<string, Tensor>>(s).values()];',
          ),
        ],
      },
      {
        code: 'const copy = { ...state };',
        errors: ['A Map'],
        suggestions: [write('Object.fromEntries(state)', 'const copy = { ...Object.fromEntries(state) };')],
      },
      {
        code: 'Object.assign({}, state);',
        errors: ['A Map'],
        suggestions: [write('Object.fromEntries(state)', 'Object.assign({}, Object.fromEntries(state));')],
      },
      { code: 'for (const key in state) torch;', errors: ['for (const key of state.keys())'] },
      { code: 'Object.values(model.parameters());', errors: ['An iterator, such as `parameters()` gives'] },
      { code: 'Object.entries(x);', errors: ['A tensor keeps its numbers in no fields'] },
      { code: 'for (const i in x) torch;', errors: ['`for (const row of x)`'] },
      { code: 'const z = { ...p };', errors: ['A tensor keeps'] },
    ],
  },
  `declare const state: ReturnType<nn.Module['stateDict']>, record: Record<string, Tensor>, model: nn.Module;
`,
);
