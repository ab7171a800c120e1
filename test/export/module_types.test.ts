// What nodes say of the modules that are at work, against module_types.json: what Python's programs say.
import torch, { nn } from 'nodetorch';
import { moduleType } from '../../lib/export/module_types';
import fixture from './module_types.json';

test('modules of torch.nn have their paths in Python, and others the names of their classes', () => {
  const own = nn as unknown as Record<string, new () => nn.Module>;
  const types = Object.entries(fixture.types).filter(([name]) => own[name] !== undefined);
  const made = types.map(([name]) => [
    name,
    moduleType(Object.create(own[name].prototype as object) as nn.Module),
  ]);
  expect(made).toEqual(types);
  expect(Object.keys(fixture.types).filter((name) => own[name] === undefined)).toEqual([]);
  class Linear extends nn.Linear {}
  expect(moduleType(new Linear(1, 1))).toBe('Linear');
});

test('the nodes of a program have the stacks of Python', () => {
  const inner = new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU());
  const encoder = new nn.TransformerEncoderLayer(3, 1, 4);
  const model = new nn.Sequential(inner, new nn.Dropout(0.5), new nn.LayerNorm(3), encoder).eval();
  const program = torch.export.load(torch.export.save(torch.export.export(model, [torch.ones([2, 3])])));
  const stacks = program.graph.nodes.map(({ metadata }) =>
    metadata
      .get('nn_module_stack')!
      .split(';')
      .map((one) => one.split(',').slice(1)),
  );
  const different = new Map(stacks.map((stack) => [JSON.stringify(stack), stack]));
  expect([...different.values()]).toEqual(fixture.stacks);
});
