// Control flow in programs that are exported here, against control.json: what Python's export makes of the same models.
import torch, { type Tensor, type nn } from 'nodetorch';
import { classAndMessage } from '../errors';
import { leavesOf } from '../nn/fixture';
import { Choice, controlModels, x } from './control_models';
import fixture from './control.json';

torch.setNumThreads(1);
type Called = (...args: unknown[]) => unknown;
const called = (module: nn.Module, args: unknown[]): unknown[] =>
  leavesOf((module as unknown as Called)(...args)).map((one) => (one as Tensor).tolist());
const programs = fixture.programs as Record<string, { code: string; outputs: unknown[] }>;

// What `print_readable` prints, without comments. A number of JavaScript is a float.
function plain(program: torch.export.ExportedProgram): string {
  const text = String(program).split('\nGraph signature:')[0].replace('ExportedProgram:\n', '');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  return lines.map((line) => line.slice(4)).join('\n');
}

describe.each(Object.entries(controlModels))('%s', (name, { make, calls, dynamicShapes }) => {
  torch.manualSeed(0);
  const module = make();
  const program = torch.export.export(module, calls[0], { dynamicShapes });
  const read = torch.export.load(torch.export.save(program));

  test('is the graph of Python', () => {
    const code = programs[name].code;
    expect(plain(read)).toBe(code);
    expect(plain(program)).toBe(code);
  });
  test('gives the numbers of Python, whatever way it goes', () => {
    for (const one of [module, program.module(), read.module()]) {
      expect(calls.map((args) => called(one, args))).toEqual(programs[name].outputs);
    }
  });
});

const refusals: Record<string, [(x: Tensor) => unknown, (x: Tensor) => unknown]> = {
  input: [(x) => x, (x) => x.add(1)],
  view: [(x) => x.t(), (x) => x.add(1).t()],
  'one result twice': [
    (x) => {
      const y = x.add(1);
      return [y, y];
    },
    (x) => [x.add(1), x.add(2)],
  ],
  write: [(x) => x.add_(1).clone(), (x) => x.add(1)],
  'write to a view': [(x) => x.view([-1]).add_(1).clone(), (x) => x.view([-1]).add(1)],
  dtype: [(x) => x.double(), (x) => x.add(1)],
  'number of results': [(x) => [x.add(1), x.add(2)], (x) => [x.add(1)]],
};

test.each(Object.entries(refusals))('refuses what Python refuses: %s', (name, branches) => {
  const before = x.tolist();
  const expected = (fixture.messages as Record<string, string>)[name];
  const message = classAndMessage(() => torch.export.export(new Choice(branches), [x]));
  expect(message.replaceAll(/\s+/g, ' ')).toContain(expected);
  if (/aliasing|mutation/.test(expected)) expect(message).toMatch(/control(_models|\.test)\.ts:\d+/);
  expect(x.tolist()).toEqual(before);
});
