// A program as a module: its parameters and buffers are those of the module that was exported.
import { TorchError } from '../core/errors';
import { Module } from '../nn';
import { getField } from '../nn/module/fields';
import { Parameter } from '../nn/parameter';
import type { Tensor } from '../tensor';
import { type GraphDescription, type Mutation, compileGraph } from './compile';
import { damaged } from './errors';
import type { Guards } from './guards';
import { interpret } from './interpreter';
import { flattenArguments, type TreeSpec, unflatten } from './pytree';
import type { ExportedProgram } from './program';

const path = (target: string): string[] => target.split('.');

/** Where an input comes from: the user's leaves, a field of the module, or a constant. */
type InputSource = { leaf: number } | { owner: Module; field: string } | { constant: unknown };

/**
 * What `ExportedProgram.module()` gives: an `nn.Module` that runs the program. Its `forward` takes the arguments of the
 * exported one, keyword arguments in an object that comes last.
 */
export class ExportedModule extends Module<unknown[], unknown> {
  readonly #sources: InputSource[];
  readonly #description: GraphDescription;
  readonly #guards: Guards | null;
  readonly #inSpec: TreeSpec;
  readonly #outSpec: TreeSpec;

  /** @internal */
  constructor(program: ExportedProgram, guards: Guards | null) {
    super();
    this.#guards = guards;
    this.#inSpec = program.callSpec.inSpec;
    this.#outSpec = program.callSpec.outSpec;
    this.#sources = this.#register(program);
    this.#description = describe(program);
  }

  /** Runs the program. @throws TorchError (AssertionError) where a guard does not hold. */
  override forward(...args: unknown[]): unknown {
    return this.#result(interpret(this.#description, this.#inputs(args)));
  }

  /** Python's exported modules have no other mode than that they were exported in. */
  override train(): this {
    throw new TorchError('Calling train() is not supported yet.', 'NotImplementedError');
  }
  /** See {@link train}. */
  override eval(): this {
    throw new TorchError('Calling eval() is not supported yet.', 'NotImplementedError');
  }
  override _getName(): string {
    return 'GraphModule';
  }

  #inputs(args: readonly unknown[]): unknown[] {
    const leaves = flattenArguments(this.#inSpec, args);
    this.#guards?.check(leaves);
    return this.#sources.map((source) => {
      if ('leaf' in source) return leaves[source.leaf];
      return 'owner' in source ? getField(source.owner, source.field) : source.constant;
    });
  }

  #result(values: readonly unknown[]): unknown {
    return unflatten(this.#outSpec, values);
  }

  // Makes the fields, in the order of the program's inputs; gives where each input of the description comes from.
  #register({ graphSignature, graph, stateDict, constants }: ExportedProgram): InputSource[] {
    const sources: InputSource[] = [];
    let leaf = 0;
    for (const [i, { kind, target, persistent }] of graphSignature.inputSpecs.entries()) {
      if (kind === 'USER_INPUT') {
        const at = leaf++;
        if (graph.inputs[i]?.form === 'value') sources.push({ leaf: at });
      } else if (kind === 'TOKEN') sources.push({ constant: null });
      else sources.push(this.#state(kind, target ?? '', persistent, stateDict, constants));
    }
    return sources;
  }

  #state(
    kind: string,
    target: string,
    persistent: boolean | null,
    stateDict: ReadonlyMap<string, Tensor>,
    constants: ReadonlyMap<string, Tensor>,
  ): InputSource {
    const isSaved = kind === 'PARAMETER' || (kind === 'BUFFER' && persistent !== false);
    const value = (isSaved ? stateDict : constants).get(target);
    if (value === undefined) throw damaged(`the value of '${target.slice(0, 80)}' is missing`);
    if (kind === 'CONSTANT_TENSOR') return { constant: value.requiresGrad ? value.detach() : value };
    const names = path(target);
    const field = names.pop() as string;
    const owner = this.#child(names);
    if (kind === 'PARAMETER') {
      owner.registerParameter(field, value instanceof Parameter ? value : new Parameter(value));
    } else owner.registerBuffer(field, value, { persistent: persistent !== false });
    return { owner, field };
  }

  #child(names: readonly string[]): Module {
    let module = this as unknown as Module;
    for (const name of names) {
      const found = getField(module, name);
      if (found === undefined) module.addModule(name, new Module());
      module = module.getSubmodule(name);
    }
    return module;
  }
}

// What is written to buffers, parameters and inputs is copied at the end, as Python does.
function describe({ graph, graphSignature }: ExportedProgram): GraphDescription {
  const { inputSpecs, outputSpecs } = graphSignature;
  const names = graph.inputs.map((input) => (input.form === 'value' ? input.name : ''));
  const mutations: Mutation[] = [];
  const outputs = graph.outputs.filter((output, i) => {
    const spec = outputSpecs[i];
    if (spec === undefined) throw damaged('it has more outputs than its signature says');
    if (!spec.kind.endsWith('_MUTATION')) return spec.kind !== 'TOKEN';
    const isInput = spec.kind === 'USER_INPUT_MUTATION';
    const at = inputSpecs.findIndex((input) => (isInput ? input.name : input.target) === spec.target);
    if (at < 0 || output.form !== 'value')
      throw damaged(`Could not find ${spec.target} in either buffer or input nodes`);
    mutations.push({ input: names[at], value: output.name });
    return false;
  });
  return compileGraph(graph, outputs, mutations);
}
