// A program as a module for inference alone: its weights are part of what is run.
import { TorchError } from '../core/errors';
import { isGradEnabled } from '../autograd/mode';
import { type Results, freezeProgram } from '../freeze';
import { isTensor } from '../native/tensor_base';
import type { ProgramDescription } from '../../typings/native';
import { expressionText } from './expression';
import type { SymbolicNumber } from './graph';
import { ExportedModule, type InputSource } from './module';
import type { Constant, ExportedProgram } from './program';

/** What `program.module({ freeze: true })` gives. */
export class FrozenModule extends ExportedModule {
  protected override _place(
    _kind: string,
    _target: string,
    _persistent: boolean | null,
    value: Constant,
  ): InputSource {
    return { constant: isTensor(value) ? value.detach() : value };
  }

  protected override _make(
    sources: readonly InputSource[],
    description: ProgramDescription,
    program: ExportedProgram,
  ): [sources: readonly InputSource[], description: ProgramDescription] {
    refuseTraining(program);
    const constants = new Map<number, unknown>();
    for (const [i, source] of sources.entries()) if ('constant' in source) constants.set(i, source.constant);
    const frozen = freezeProgram(description, { constants, results: resultsOf(program) });
    return [sources.filter((source) => 'leaf' in source), frozen];
  }

  protected override _inputs(args: readonly unknown[]): unknown[] {
    const inputs = super._inputs(args);
    if (isGradEnabled() && inputs.some((input) => isTensor(input) && input.requiresGrad)) {
      throw new TorchError(
        'a frozen module computes no gradients: call it in torch.noGrad, or detach its arguments',
      );
    }
    return inputs;
  }
}

function refuseTraining({ graphSignature }: ExportedProgram): void {
  const written = graphSignature.outputSpecs.find(({ kind }) =>
    ['BUFFER_MUTATION', 'PARAMETER_MUTATION'].includes(kind),
  );
  if (written === undefined) return;
  throw new TorchError(
    `a program that changes its state cannot be frozen, and this one writes to '${written.target}'`,
  );
}

// By the names of nodes, which are those of their results.
function resultsOf({ graph }: ExportedProgram): Results {
  const textOf = (size: SymbolicNumber) =>
    typeof size === 'object' ? expressionText(size.expression) : Number(size);
  return new Map(
    [...graph.tensors].map(([name, { sizes, dtype }]) => [name, { sizes: sizes.map(textOf), dtype }]),
  );
}
