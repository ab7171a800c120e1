// preserveModuleCallSignature, against preserved.json: what Python's export keeps of the calls of the same modules.
import torch, { type Tensor, nn } from 'nodetorch';
import { jsonText } from '../../lib/export/write';
import { classAndMessage } from '../errors';
import { Kept } from './preserved_model';
import fixture from './preserved.json';

const exported = (preserveModuleCallSignature: string[], options = {}) =>
  torch.export.export(new Kept().eval(), [torch.ones([4, 3])], { preserveModuleCallSignature, ...options });

test('signatures are those of Python', () => {
  const program = exported(fixture.kept);
  const read = torch.export.load(torch.export.save(program));
  for (const one of [program, read]) expect(JSON.parse(jsonText(one.moduleCalls))).toEqual(fixture.entries);
  expect(program.graph.outputs.length).toBe(1);
  const plain = exported([]);
  expect(String(program)).toBe(String(plain));
});

test('a program of plainer operators has no signatures', () => {
  const signatures = exported(['twice'])
    .runDecompositions({})
    .moduleCalls.map((one) => (one as { signature: null }).signature);
  expect(signatures).toEqual(signatures.map(() => null));
});

test('refuses paths of nothing, sizes that are open, and calls within control flow', () => {
  expect(classAndMessage(() => exported(['nope']))).toMatch(/^AttributeError: Kept has no attribute `nope`/);
  expect(classAndMessage(() => exported([1] as never))).toMatch(/^TypeError/);
  expect(classAndMessage(() => exported(['sub'], { dynamicShapes: [{ 0: torch.export.Dim.AUTO }] }))).toMatch(
    /^AssertionError: .*a size that is open/,
  );
  class Gate extends nn.Module {
    readonly up = new nn.Linear(3, 3);
    override forward(x: Tensor) {
      return torch.cond(
        x.mean().gt(0),
        (y: Tensor) => this.up(y),
        (y: Tensor) => y.neg(),
        [x],
      );
    }
  }
  const options = { preserveModuleCallSignature: ['up'] };
  expect(classAndMessage(() => torch.export.export(new Gate(), [torch.ones([4, 3])], options))).toMatch(
    /'up' of preserveModuleCallSignature is called within control flow/,
  );
});
