// What an editor shows at the cursor, asked from the language service that editors ask.
import ts from 'typescript';
import torch from 'nodetorch';
import { file, service, setProgram } from './service';

/* eslint-disable @typescript-eslint/no-require-imports */
const { entries } = require('../../../scripts/typings/table') as { entries(): Entry[] };
const { camelCase } = require('../../../scripts/typings/names') as { camelCase(name: string): string };
/* eslint-enable @typescript-eslint/no-require-imports */

interface Entry {
  name: string;
  others: string[];
  file: string;
  text: string;
  summary: string;
  example?: string;
}

const head = `import torch, { type Tensor } from 'nodetorch';
import * as F from 'nodetorch/functional';
import * as nn from 'nodetorch/nn';
declare const x: Tensor;
void [x, F, nn];
`;
const described = entries();
const names = described.flatMap(({ name, others }) => [name, ...others]);
const inTorch = (name: string) => `torch.${name.split('.').map(camelCase).join('.')}`;
const hovers = [
  ...['torch.conv2d', 'x.sum', 'x.sum({ dim: 1 })', 'torch.linalg.svd', 'F.relu(x)', 'nn.Linear'],
  ...['F.relu', 'F.softmax', 'F.conv2d', 'F.maxUnpool2d', 'F.mseLoss(x, x)', 'nn.functional.sigmoid'],
  ...['torch.max', 'torch.zeros', 'torch.pow', 'x.maskedFill', 'x.view', 'x.add_', 'torch.std'],
];
const blocks = described.map(({ example }) => `{\n${example ?? ''}\n}`);
const program = [head, ...hovers, ...names.map(inTorch), ...blocks].join('\n');

setProgram(program);

/** What is shown at the last name of a line of the program. */
function shownAt(line: string) {
  const start = program.indexOf(`\n${line}\n`, head.length - 1) + 1;
  const end = start + /^[\w.]+/.exec(line)![0].length;
  const info = service.getQuickInfoAtPosition(file, end - 1)!;
  return {
    signature: ts.displayPartsToString(info.displayParts).replace(/\s+/g, ' '),
    text: ts.displayPartsToString(info.documentation),
    tags: (info.tags ?? []).map(({ name }) => name),
  };
}

test.each([
  ['torch.conv2d', 'Slides the kernels of `weight`', '(input: Tensor, weight: Tensor, bias?'],
  ['x.sum', 'Adds the elements', 'sum(keywords?: { dtype?'],
  ['x.sum({ dim: 1 })', 'Adds the elements', 'sum(keywords: { dim: Int | Ints | null; keepdim?'],
  ['torch.linalg.svd', 'The singular value decomposition', 'svd(A: Tensor, fullMatrices?: boolean'],
  ['F.relu(x)', '`max(0, x)`', 'relu(input:'],
  ['F.relu', '`max(0, x)`', 'relu: (input: torch.Tensor |'],
  [
    'F.relu',
    '`max(0, x)`',
    ', inplace?: boolean | torch.nn.functional.InplaceOptions | undefined, options?: ',
  ],
  ['F.softmax', 'along `dim`', ', dim?: number | torch.nn.functional.SoftmaxOptions | null | undefined, '],
  ['F.conv2d', 'Slides kernels', 'conv2d: (...args: [input: torch.Tensor, weight: torch.Tensor, bias?: '],
  ['F.maxUnpool2d', 'Puts the maxima', '[input: torch.Tensor, indices: torch.Tensor, kernelSize: '],
  ['F.mseLoss(x, x)', '`(x - y)²`, reduced', '[input: Tensor, target: Tensor]'],
  [
    'nn.functional.sigmoid',
    '`1 / (1 + exp(-x))`',
    'sigmoid: (input: torch.Tensor | { input: torch.Tensor; }',
  ],
  ['nn.Linear', 'Applies an affine map', 'class Linear'],
  ['torch.max', 'The largest element', 'max(input: Tensor, keywords?'],
  ['torch.zeros', 'A tensor of the given size', 'zeros(size: Ints'],
  ['torch.pow', 'Raises `input` to the power', 'pow(input: Tensor, exponent: Scalar'],
  ['x.maskedFill', 'A copy in which `value` stands', 'maskedFill(mask: Tensor, value: Scalar'],
  ['x.view', 'The same memory with another size', 'view(size: Ints)'],
  ['x.add_', 'Adds `other`', 'add_(other: Tensor | Scalar'],
  ['torch.std', 'The standard deviation', 'std(input: Tensor, dim?'],
])('%s', (line, text, signature) => {
  const shown = shownAt(line);
  expect(shown.text).toContain(text);
  expect(shown.signature).toContain(signature);
});

test('an example is shown with the text', () => {
  expect(shownAt('torch.conv2d').tags).toEqual(['example']);
  expect(shownAt('x.sum({ dim: 1 })').tags).toEqual(['example']);
  expect(shownAt('torch.linalg.svd').tags).toEqual(['example']);
});

test('at least 300 operators have a text of our own, each once', () => {
  expect(described.length).toBeGreaterThan(300);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test.each(described.map((entry) => [entry.name, entry] as const))('%s shows its text', (name, entry) => {
  const parts = inTorch(name).split('.').slice(1);
  const value = parts.reduce<unknown>((place, part) => (place as Record<string, unknown>)[part], torch);
  expect(typeof value).toBe('function');
  expect(shownAt(inTorch(name)).text).toContain(entry.text.replace(/^- /gm, ''));
});

test('the examples compile', () => {
  const messages = service
    .getSemanticDiagnostics(file)
    .map(({ messageText, start }) => [
      program.slice(start, program.indexOf('\n', start)),
      ts.flattenDiagnosticMessageText(messageText, ' '),
    ]);
  expect(messages).toEqual([]);
});
