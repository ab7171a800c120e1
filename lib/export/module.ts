// A program as a module: its parameters and buffers are those of the module that was exported.
import { TorchError } from '../core/errors';
import { Module } from '../nn';
import { Program } from '../native/program';
import { awaitWithHooks, hasCallHooks } from '../nn/module/call';
import { getField } from '../nn/module/fields';
import { Parameter } from '../nn/parameter';
import type { Tensor } from '../tensor';
import { ScriptObject } from '../tensor/script_object';
import type { ProgramDescription } from '../../typings/native';
import { isPlainObject } from '../core/realm';
import { type Mutation, compileGraph } from './compile';
import { damaged } from './errors';
import type { Guards } from './guards';
import { flattenArguments, type TreeSpec, unflatten } from './pytree';
import type { Constant, ProgramParts } from './program';

const path = (target: string): string[] => target.split('.');

/** What a module is made of. */
export type ModuleSource = Pick<
  ProgramParts,
  'graph' | 'graphSignature' | 'stateDict' | 'constants' | 'callSpec'
>;

/** Where an input comes from: the user's leaves, a field of the module, or a constant. */
export type InputSource = { leaf: number } | { owner: Module; field: string } | { constant: unknown };

/**
 * What `ExportedProgram.module()` gives: an `nn.Module` that runs the program. Its `forward` takes the arguments of the
 * exported one, keyword arguments in an object that comes last.
 */
export class ExportedModule extends Module<unknown[], unknown> {
  // No #private members, so that torch.deepcopy can copy the module.
  private readonly _run: {
    sources: readonly InputSource[];
    program: Program;
    guards: Guards | null;
    inSpec: TreeSpec;
    outSpec: TreeSpec;
  };

  /** @internal */
  constructor(program: ModuleSource, guards: Guards | null) {
    super();
    const made = this._make(this._register(program), describe(program), program);
    const [sources, description] = made;
    this._run = { sources, program: new Program(description), guards, ...program.callSpec };
  }

  // What is run. A frozen module changes it.
  protected _make(
    sources: readonly InputSource[],
    description: ProgramDescription,
    _program: ModuleSource,
  ): [sources: readonly InputSource[], description: ProgramDescription] {
    return [sources, description];
  }

  /** Runs the program. @throws TorchError (AssertionError) where a guard does not hold. */
  override forward(...args: unknown[]): unknown {
    return this._result(this._run.program.run(this._inputs(args)));
  }

  /**
   * Runs the program on another thread; the event loop goes on meanwhile. Takes what a call takes, and in the object of
   * keyword arguments a `signal` that ends the run before its next operator. The modes that are set here now
   * (gradients, autocast) hold in it. The arguments must not be written to before the promise is settled. Hooks of the
   * module run here, before and after it, and those of a later call may come between.
   *
   * @example
   * const y = await model.callAsync(x, { signal: AbortSignal.timeout(1000) });
   */
  async callAsync(...args: unknown[]): Promise<unknown> {
    const [given, signal] = withoutSignal(args);
    const run = async (...inputs: unknown[]): Promise<unknown> =>
      this._result(await this._run.program.runAsync(this._inputs(inputs), signal));
    return hasCallHooks(this) ? awaitWithHooks(this, given, run) : run(...given);
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

  protected _inputs(args: readonly unknown[]): unknown[] {
    const { inSpec, guards } = this._run;
    const leaves = flattenArguments(inSpec, args);
    guards?.check(leaves);
    return this._sources(leaves);
  }

  // What the graph is given, of the leaves of the arguments.
  protected _sources(leaves: readonly unknown[]): unknown[] {
    return this._run.sources.map((source) => {
      if ('leaf' in source) return leaves[source.leaf];
      return 'owner' in source ? getField(source.owner, source.field) : source.constant;
    });
  }

  private _result(values: readonly unknown[]): unknown {
    return unflatten(this._run.outSpec, values);
  }

  // Makes the fields, in the order of the program's inputs; gives where each input of the description comes from.
  private _register({ graphSignature, graph, stateDict, constants }: ModuleSource): InputSource[] {
    const sources: InputSource[] = [];
    let leaf = 0;
    for (const [i, { kind, target, persistent }] of graphSignature.inputSpecs.entries()) {
      if (kind === 'USER_INPUT') {
        const at = leaf++;
        if (graph.inputs[i]?.form === 'value') sources.push({ leaf: at });
      } else if (kind === 'TOKEN') sources.push({ constant: null });
      else sources.push(this._state(kind, target ?? '', persistent, stateDict, constants));
    }
    return sources;
  }

  private _state(
    kind: string,
    target: string,
    persistent: boolean | null,
    stateDict: ReadonlyMap<string, Tensor>,
    constants: ReadonlyMap<string, Constant>,
  ): InputSource {
    const isSaved = kind === 'PARAMETER' || (kind === 'BUFFER' && persistent !== false);
    const value = (isSaved ? stateDict : constants).get(target);
    if (value === undefined) throw damaged(`the value of '${target.slice(0, 80)}' is missing`);
    const isObject = value instanceof ScriptObject;
    if (isObject !== (kind === 'CUSTOM_OBJ')) {
      throw damaged(`'${target.slice(0, 80)}' is ${isObject ? 'an object of a class' : 'a tensor'}`);
    }
    return this._place(kind, target, persistent, value);
  }

  // Where a value of the program's state is in the module. A frozen one has it as a constant.
  protected _place(kind: string, target: string, persistent: boolean | null, value: Constant): InputSource {
    if (value instanceof ScriptObject) return { constant: value };
    if (kind === 'CONSTANT_TENSOR') return { constant: value.requiresGrad ? value.detach() : value };
    const names = path(target);
    const field = names.pop() as string;
    const owner = this._child(names);
    if (kind === 'PARAMETER') {
      owner.registerParameter(field, value instanceof Parameter ? value : new Parameter(value));
    } else owner.registerBuffer(field, value, { persistent: persistent !== false });
    return { owner, field };
  }

  private _child(names: readonly string[]): Module {
    let module = this as unknown as Module;
    for (const name of names) {
      const found = getField(module, name);
      if (found === undefined) module.addModule(name, new Module());
      module = module.getSubmodule(name);
    }
    return module;
  }
}

function withoutSignal(args: unknown[]): [args: unknown[], signal: AbortSignal | null] {
  const last = args.at(-1);
  if (!isPlainObject(last) || !(last.signal instanceof AbortSignal)) return [args, null];
  const { signal, ...keywords } = last;
  const rest = args.slice(0, -1);
  return [Object.keys(keywords).length > 0 ? [...rest, keywords] : rest, signal];
}

// What is written to buffers, parameters and inputs is copied at the end, as Python does.
function describe({ graph, graphSignature }: ModuleSource): ProgramDescription {
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
