// Every argument that has a default in Python may be given by its name here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import torch, { nn } from 'nodetorch';

type Signature = Record<'required' | 'optional', string[]>;
type Signatures = Record<'nn' | 'nn.functional' | 'nn.init', Record<string, Signature>>;
const file = join(__dirname, '../fixtures/signatures.json');
const signatures = JSON.parse(readFileSync(file, 'utf8')) as Signatures;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Callable = any;
const camelCase = (name: string): string =>
  name.replace(/(?<=[^_])_([^_])/g, (_, letter: string) => letter.toUpperCase());

/** The keyword that the call complains of; any other complaint is not of interest here. */
function refusedBy(call: (keywords: object) => unknown, names: string[]): string | undefined {
  try {
    call(Object.fromEntries(names.map((name) => [name, undefined])));
  } catch (error) {
    return /got an unexpected keyword argument '(\w+)'/.exec((error as Error).message)?.[1];
  }
  return undefined;
}

// What takes any object for its content, and what is no module.
const containers = ['Identity', 'ModuleList', 'ModuleDict', 'ParameterList', 'ParameterDict'];
const tensors = ['Parameter', 'Buffer', 'UninitializedParameter', 'UninitializedBuffer'];
const elsewhere = [...containers, ...tensors];
// In the README's list of differences.
const differs: Record<string, string[]> = { SyncBatchNorm: ['process_group'] };

// Of all names at once, and of one that Python does not have: that one, and it alone, is refused.
function checkNames(call: (keywords: object) => unknown, optional: string[]): void {
  const names = optional.map(camelCase);
  expect(refusedBy(call, [...names, 'noSuchArgument'])).toBe('noSuchArgument');
}

const rows = (part: keyof Signatures): [string, Signature][] =>
  Object.entries(signatures[part]).filter(([name]) => !elsewhere.includes(name));

const isNumber = /size|shape|dim|num_|factor|groups$|norm_type|threshold|_p$|recipe/;
const isText = /nonlinearity/;
function argument(name: string, ...shape: number[]): unknown {
  if (isText.test(name)) return 'leaky_relu';
  return isNumber.test(name) ? 2 : torch.zeros(shape);
}

beforeAll(() => void jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

test.each(rows('nn'))('nn.%s', (name, { required, optional }) => {
  const Class = (nn as Callable)[name];
  const values = required.map((one) => (one.endsWith('_layer') ? new nn.Identity() : 2));
  const names = optional.filter((one) => !differs[name]?.includes(one));
  checkNames((keywords) => new Class(...values, keywords), names);
});

test.each(rows('nn.functional'))('functional %s', (name, { required, optional }) => {
  const call = (nn.functional as Callable)[camelCase(name)];
  checkNames((keywords) => call(...required.map((one) => argument(one, 2)), keywords), optional);
});

test.each(rows('nn.init'))('init.%s', (name, { required, optional }) => {
  const call = (nn.init as Callable)[camelCase(name)];
  const shape = name === 'sparse_' ? [2, 2] : [2, 2, 2];
  checkNames((keywords) => call(...required.map((one) => argument(one, ...shape)), keywords), optional);
});
