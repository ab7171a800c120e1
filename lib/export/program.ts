// A program that Python exported.
import { bindArguments } from '../core/calls';
import { argumentError } from '../core/errors';
import { isPlainObject } from '../core/realm';
import { signature } from '../core/signature';
import type { Call } from '../core/signature';
import type { Tensor } from '../tensor';
import type { ScriptObject } from '../tensor/script_object';
import { type FxGraph, fxGraph } from './fx';
import { type DecompositionTable, decompose } from './decompose';
import type { Graph } from './graph';
import { Guards, type ValueRange } from './guards';
import { FrozenModule } from './frozen';
import { ExportedModule } from './module';
import { codeText, graphText, readableText } from './print';
import type { TreeSpec } from './pytree';
import type { ExportGraphSignature } from './signature';
import type { Written } from './write';

const MODULE = signature('ExportedProgram.module', [], { checkGuards: true, freeze: false });

/** What is in `constants` of an {@link ExportedProgram}. */
export type Constant = Tensor | ScriptObject;

/** What an {@link ExportedProgram} consists of. */
export interface ProgramParts {
  graph: Graph;
  graphSignature: ExportGraphSignature;
  stateDict: Map<string, Tensor>;
  constants: Map<string, Constant>;
  rangeConstraints: Map<string, ValueRange>;
  callSpec: CallSpec;
  argumentNames: string[];
  /** The module_call_graph of a file, without its first entry: the modules within the module. */
  moduleCalls: readonly Written[];
  guardsCode: string[];
  torchVersion: string;
  opsetVersion: Map<string, number>;
  /** What torch.save writes of the arguments: a tuple of them, and a dict of those by name. */
  exampleInputs: () => Uint8Array;
}

/** How the arguments and results of a program are nested. */
export interface CallSpec {
  readonly inSpec: TreeSpec;
  readonly outSpec: TreeSpec;
}

/**
 * A program that Python's `torch.export.export` made: a graph of operators, with the state of the module. `module()`
 * makes an `nn.Module` of it.
 */
export class ExportedProgram {
  /** Inputs and outputs of the graph. */
  readonly graphSignature: ExportGraphSignature;
  /** Parameters and persistent buffers, by path. */
  readonly stateDict: Map<string, Tensor>;
  /** Tensors that are neither, buffers that are not persistent, and objects of classes. */
  readonly constants: Map<string, Constant>;
  /** What the symbols in sizes may be. */
  readonly rangeConstraints: ReadonlyMap<string, ValueRange>;
  /** How arguments and results are nested. */
  readonly callSpec: CallSpec;
  /** The graph, with its nodes in their order. */
  readonly graph: Graph;
  /** The version of PyTorch that wrote the file. */
  readonly torchVersion: string;
  readonly #parts: ProgramParts;

  /** @internal */
  constructor(parts: ProgramParts) {
    this.#parts = parts;
    this.graph = parts.graph;
    this.graphSignature = parts.graphSignature;
    this.stateDict = parts.stateDict;
    this.constants = parts.constants;
    this.rangeConstraints = parts.rangeConstraints;
    this.callSpec = parts.callSpec;
    this.torchVersion = parts.torchVersion;
  }

  /** @internal */
  get argumentNames(): string[] {
    return this.#parts.argumentNames;
  }
  /** @internal */
  get moduleCalls(): readonly Written[] {
    return this.#parts.moduleCalls;
  }
  /** @internal */
  get guardsCode(): string[] {
    return this.#parts.guardsCode;
  }
  /** @internal */
  get exampleInputs(): Uint8Array {
    return this.#parts.exampleInputs();
  }

  get #fx(): FxGraph {
    return fxGraph(this.graph, this.graphSignature.inputSpecs);
  }
  /** The graph as Python code: `graph_module.code`. */
  get code(): string {
    return codeText(this.#fx);
  }
  /** The graph, a node a line: Python's `str(graph)`. */
  get graphText(): string {
    return graphText(this.#fx);
  }
  /** As Python prints it. */
  toString(): string {
    const shifted = (text: string): string => text.replaceAll('\n', '\n    ');
    return (
      `ExportedProgram:\n    ${shifted(readableText(this.#fx))}\n` +
      `Graph signature: ${shifted(String(this.graphSignature))}\n` +
      `Range constraints: ${rangesText(this.rangeConstraints)}\n`
    );
  }

  /**
   * The program with plainer operators: none that writes to a tensor, and none that `decompTable` has a function for,
   * which takes what the operator takes (`run_decompositions`). With `{}` composite operators are left; without a table
   * only the operators of PyTorch's core ATen set are.
   *
   * @throws TorchError for an operator that Python's table has and this one has not, and for control flow.
   *
   * @example
   * const plain = program.runDecompositions();
   * const own = program.runDecompositions({ 'aten::silu': (x: Tensor) => x.mul(x.sigmoid()) });
   */
  runDecompositions(...args: [decompTable?: DecompositionTable | null]): ExportedProgram {
    const [table = null] = bindArguments('ExportedProgram.runDecompositions(decompTable{}?)', args);
    if (table !== null && !isPlainObject(table))
      throw argumentError('ExportedProgram.runDecompositions', 'decompTable', 'a plain object', table);
    return new ExportedProgram(decompose(this.#parts, table));
  }

  /**
   * The program as a module. With `checkGuards`, each call checks what the program was exported for: the sizes of the
   * arguments, their ranges, and which of them are equal.
   *
   * With `freeze`, a module for inference alone, as `torch.jit.optimize_for_inference` makes it: what depends on weights
   * alone is computed once, batch norms become part of the convolutions and linear layers before them, weights are laid
   * out anew, and what follows a layer is computed with it. Results differ in the last bits. It has no parameters, does not
   * see when weights change, computes no gradients, and cannot be converted.
   *
   * @throws TorchError with `freeze`, where the program was exported in training mode.
   */
  module(...args: Call<typeof MODULE, [], [checkGuards: boolean, freeze: boolean]>): ExportedModule {
    const [{ checkGuards, freeze }] = MODULE.bind(args);
    const { graph, callSpec, argumentNames, rangeConstraints, guardsCode } = this.#parts;
    const guarded = {
      graph,
      inputs: this.graphSignature.inputSpecs,
      spec: callSpec.inSpec,
      argumentNames,
      ranges: rangeConstraints,
      guardsCode,
    };
    const guards = checkGuards ? new Guards(guarded) : null;
    return freeze ? new FrozenModule(this, guards) : new ExportedModule(this, guards);
  }
}

const boundText = (bound: number | bigint | null, infinity: string): string =>
  bound === null ? infinity : String(bound);
function rangesText(ranges: ReadonlyMap<string, ValueRange>): string {
  const texts = [...ranges].map(
    ([name, { lower, upper }]) =>
      `${name}: VR[${boundText(lower, '-int_oo')}, ${boundText(upper, 'int_oo')}]`,
  );
  return `{${texts.join(', ')}}`;
}
