// A recording of a call as a program: its values have names, and it says what goes in and out.
import { TorchError } from '../core/errors';
import { native } from '../native';
import { isTensor } from '../native/tensor_base';
import { tuple } from '../serialization';
import { save } from '../serialization/save';
import type { Tensor } from '../tensor';
import { asTuples, namesOfLeaves } from './call_names';
import type { Merged, TracedArgument } from './dynamic/merge';
import { SizeNodes } from './dynamic/nodes';
import type { Symbols } from './dynamic/ranges';
import type { ExportedCall } from './exporter';
import type { Argument, Graph, TensorMeta } from './graph';
import { sourcesOf } from './guards';
import { metaOf } from './meta';
import { checkNumber, moduleCallGraph } from './module_calls';
import type { ProgramParts } from './program';
import type { TreeSpec } from './pytree';
import { nodesOf } from './graph_nodes';
import { nested } from './nesting';
import { Names, type Scope, constantOf } from './record';
import { ExportGraphSignature, InputSpec, type OutputKind, OutputSpec } from './signature';
import { fieldOf } from './state';
import type { Trace, Tracer } from './tracer';

/** What a program is made of. */
export interface Recording {
  readonly call: ExportedCall;
  readonly tracer: Tracer;
  readonly inSpec: TreeSpec;
  readonly leaves: readonly unknown[];
  readonly argumentNames: string[];
  readonly trace: Trace;
  readonly merged: Merged;
  readonly symbols: Symbols;
  /** Of a program that is made of another one. */
  readonly again?: Again;
}

/** What a program keeps of the one that it is made of, whose arguments are its own. */
export interface Again {
  readonly parts: ProgramParts;
  /** What it writes to; the first results are the new values. */
  readonly written: readonly { readonly kind: OutputKind; readonly target: string }[];
  readonly stackAt: (node: number) => string;
}

export const assembled = (recording: Recording): ProgramParts => new Assembly(recording).parts();

class Assembly {
  readonly #names = new Names();
  readonly #bySlot = new Map<number, string>();
  readonly #metas = new Map<string, TensorMeta>();
  readonly #inputs: Argument[] = [];
  readonly #specs: InputSpec[] = [];
  readonly #stateDict = new Map<string, Tensor>();
  readonly #constants = new Map<string, Tensor>();
  readonly #knownSlots = new Set<number>();

  constructor(private readonly recording: Recording) {}

  parts(): ProgramParts {
    const { call, inSpec, trace, merged, symbols, argumentNames, again } = this.recording;
    this.#addState();
    this.#addConstants();
    const sizes = this.#addLeaves();
    const scope: Scope = {
      names: this.#names,
      bySlot: this.#bySlot,
      metas: this.#metas,
      sizes,
      stackAt: again?.stackAt ?? ((number) => trace.stacks.at(number)),
      slots: merged.metas,
    };
    const nodes = nodesOf(nested(merged.nodes, trace.regions), scope);
    const { calls } = trace.stacks;
    const own = trace.slots.length - calls.reduce((count, { leaves }) => count + leaves.length, 0);
    merged.constants.slice(own).forEach(checkNumber);
    const everything = this.#outputs(sizes);
    const outputs = everything.slice(0, own);
    nodes.push(...sizes.take());
    const examples = tuple(asTuples(call.args), asTuples(call.kwargs));
    const graph: Graph = {
      inputs: this.#inputs,
      outputs,
      nodes,
      tensors: this.#metas,
      numbers: sizes.numbers,
      isSingleReturn: false,
    };
    const outputSpecs = outputs.map((one, i) => {
      const { kind = 'USER_OUTPUT', target = null } = again?.written[i] ?? {};
      return new OutputSpec(kind, one.form === 'value' ? one.name : '', target);
    });
    return {
      graph,
      graphSignature: new ExportGraphSignature(this.#specs, outputSpecs),
      stateDict: this.#stateDict,
      constants: this.#constants,
      rangeConstraints: symbols.ranges(),
      callSpec: { inSpec, outSpec: trace.outSpec },
      argumentNames,
      moduleCalls: moduleCallGraph(call.module, call.preserved ?? [], calls, everything.slice(own)),
      guardsCode: symbols.guards(sourcesOf(inSpec, argumentNames)),
      torchVersion: native.versions().libtorch,
      opsetVersion: new Map([['aten', 10]]),
      exampleInputs: () => save(examples),
      ...(again && keptOf(again.parts)),
    };
  }

  #add(name: string, meta: TensorMeta): void {
    this.#inputs.push({ form: 'value', type: 'tensor', name });
    this.#metas.set(name, meta);
  }

  // Of a tensor with two paths the last one is used, as in Python.
  #addState(): void {
    const { lifted } = this.recording.trace.lifting;
    for (const { path, kind, tensor, isPersistent } of this.recording.tracer.state) {
      const name = this.#names.add(`${kind === 'PARAMETER' ? 'p' : 'b'}_${path}`);
      for (const one of lifted) {
        if (!native.isSame(one.tensor, tensor)) continue;
        this.#bySlot.set(one.slot, name);
        this.#knownSlots.add(one.slot);
      }
      this.#specs.push(new InputSpec(kind, name, path, isPersistent));
      this.#add(name, metaOf(tensor));
      (isPersistent === false ? this.#constants : this.#stateDict).set(path, tensor);
    }
  }

  #addConstants(): void {
    let count = 0;
    for (const { tensor, slot } of this.recording.trace.lifting.lifted) {
      if (this.#knownSlots.has(slot)) continue;
      const target = this.#nameOf(tensor) ?? `lifted_tensor_${count++}`;
      const name = this.#names.add(`c_${target}`);
      this.#bySlot.set(slot, name);
      this.#specs.push(new InputSpec('CONSTANT_TENSOR', name, target));
      const constant = tensor.detach();
      this.#add(name, metaOf(constant));
      this.#constants.set(target, constant);
    }
  }

  #nameOf(tensor: Tensor): string | undefined {
    const { again, call } = this.recording;
    if (!again) return fieldOf(call.module, tensor);
    for (const [name, one] of again.parts.constants)
      if (isTensor(one) && native.isSame(one as Tensor, tensor)) return name;
    return undefined;
  }

  #addLeaves(): SizeNodes {
    const { leaves, inSpec, argumentNames, merged, symbols, again } = this.recording;
    const wanted = again ? namesOfInputs(again.parts) : namesOfLeaves(inSpec, argumentNames);
    const names = wanted.map((name) => this.#names.add(name));
    const sizes = new SizeNodes(this.#names, symbols.sources(names));
    let next = 0;
    for (const [i, leaf] of leaves.entries()) {
      const number = symbols.numberAt(i);
      if (isTensor(leaf)) {
        this.#bySlot.set(next, names[i]);
        this.#add(names[i], merged.inputs[next++]);
      } else this.#inputs.push(number ? sizes.isInput(names[i], number) : constantOf(leaf));
      const isOpen = isTensor(leaf) || number !== null;
      this.#specs.push(
        isOpen
          ? new InputSpec('USER_INPUT', names[i])
          : new InputSpec('USER_INPUT', names[i], null, null, leaf),
      );
    }
    return sizes;
  }

  #outputs(sizes: SizeNodes): Argument[] {
    const { trace, merged } = this.recording;
    let at = 0;
    return trace.slots.map((slot, i): Argument => {
      if (slot < 0) return numberOf(merged.constants[i], sizes);
      const output = trace.lifting.outputs[at++];
      if ('slot' in output) return { form: 'value', type: 'tensor', name: this.#bySlot.get(output.slot)! };
      throw new TorchError('torch.export.export(): a result is no tensor of the recording');
    });
  }
}

const namesOfInputs = ({ graph, graphSignature }: ProgramParts): string[] =>
  graphSignature.inputSpecs.flatMap(({ kind, name }, i) => {
    const input = graph.inputs[i];
    return kind === 'USER_INPUT' ? (input.form === 'value' ? input.name : name) : [];
  });

const keptOf = ({
  callSpec,
  guardsCode,
  moduleCalls,
  exampleInputs,
  argumentNames,
  torchVersion,
}: ProgramParts) => ({
  ...{ callSpec, guardsCode, exampleInputs, argumentNames, torchVersion },
  // Signatures name nodes of the old graph.
  moduleCalls: moduleCalls.flatMap((one) => {
    const { fqn } = one as { readonly fqn: string };
    return fqn.includes('@') ? [] : [{ fqn, signature: null }];
  }),
});

function numberOf(leaf: TracedArgument, sizes: SizeNodes): Argument {
  if ('expression' in leaf) return sizes.argument(leaf.expression);
  return constantOf('constant' in leaf ? leaf.constant : null);
}
