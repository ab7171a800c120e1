/** What the programs have trained as programs that Python loads: written.py, where the parity check of them asks for it. */
import path from 'node:path';
import torch, { type Tensor, type nn } from 'nodetorch';

type Called = (...args: unknown[]) => unknown;

/**
 * With NODETORCH_PARITY_EXPORT, a folder: exports the model in evaluation for the first of `calls`, and saves what it
 * gives for each. Comes last in a program.
 */
export function exportTrained(
  name: string,
  model: nn.Module,
  calls: () => unknown[][],
  dynamicShapes: torch.export.DynamicShapes | null,
): void {
  const folder = process.env.NODETORCH_PARITY_EXPORT;
  if (folder === undefined) return;
  torch.setNumThreads(1); // as written.py
  model.eval();
  const given = calls();
  const program = torch.export.export(model, given[0], { dynamicShapes });
  torch.export.save(program, path.join(folder, `${name}.pt2`));
  const call = (one: unknown, args: unknown[]): Tensor[] => [(one as Called)(...args)].flat(9) as Tensor[];
  const again = torch.export.load(path.join(folder, `${name}.pt2`)).module();
  const outputs = torch.noGrad(() =>
    given.map((args) => {
      const expected = call(model, args);
      const found = call(again, args);
      if (expected.every((one, i) => one.equal(found[i]))) return expected;
      throw new Error(`${name}: the program gives something else here`);
    }),
  );
  torch.save({ inputs: given, outputs }, path.join(folder, `${name}.trained.pt`));
}
