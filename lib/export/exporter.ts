// Makes a program of a module: records a call, names its values, and says what goes in and out.
import { snakeCase } from '../core/names';
import { TorchError } from '../core/errors';
import { record } from '../capture/session';
import { noGrad } from '../autograd/mode';
import { native } from '../native';
import { isTensor } from '../native/tensor_base';
import type { Module } from '../nn';
import { getRngState, setRngState } from '../tensor/random';
import { tuple } from '../serialization';
import type { Tensor } from '../tensor';
import { asTuples, forwardNames, namesOfLeaves } from './call_names';
import type { Argument, Graph, TensorMeta } from './graph';
import { metaOf } from './meta';
import { ExportedProgram } from './program';
import { flattenCall, flattenTree } from './pytree_write';
import { Lifting, Names, constantOf, namedNodes } from './record';
import { ExportGraphSignature, InputSpec, OutputSpec } from './signature';
import { type StateEntry, fieldOf, stateOf } from './state';

/** One export. */
export class Exporter {
  readonly #state: StateEntry[];

  constructor(
    private readonly module: Module,
    private readonly args: readonly unknown[],
    private readonly kwargs: Readonly<Record<string, unknown>>,
  ) {
    this.#state = stateOf(module);
  }

  export(): ExportedProgram {
    const { inSpec, leaves } = flattenCall(this.args, this.kwargs);
    const tensors = leaves.filter((leaf): leaf is Tensor => isTensor(leaf));
    const inputMetas = tensors.map(metaOf);
    const { lifting, results, outSpec, slots } = this.#recorded(tensors);
    const metas = lifting.metas(tensors);
    const names = new Names();
    const bySlot = new Map<number, string>();
    const metaByName = new Map<string, TensorMeta>();
    const inputs: Argument[] = [];
    const specs: InputSpec[] = [];
    const constants = new Map<string, Tensor>();
    const stateDict = new Map<string, Tensor>();
    const add = (name: string, meta: TensorMeta): void => {
      inputs.push({ form: 'value', type: 'tensor', name });
      metaByName.set(name, meta);
    };

    // Of a tensor with two paths the last one is used, as in Python.
    const slotOf = (tensor: Tensor): number[] =>
      lifting.lifted.filter((one) => native.isSame(one.tensor, tensor)).map(({ slot }) => slot);
    const known = new Set<number>();
    for (const { path, kind, tensor, isPersistent: persistent } of this.#state) {
      const name = names.add(`${kind === 'PARAMETER' ? 'p' : 'b'}_${path}`);
      for (const slot of slotOf(tensor)) {
        bySlot.set(slot, name);
        known.add(slot);
      }
      specs.push(new InputSpec(kind, name, path, persistent));
      add(name, metaOf(tensor));
      (persistent === false ? constants : stateDict).set(path, tensor);
    }
    let count = 0;
    for (const { tensor, slot } of lifting.lifted) {
      if (known.has(slot)) continue;
      const target = fieldOf(this.module, tensor) ?? `lifted_tensor_${count++}`;
      const name = names.add(`c_${target}`);
      bySlot.set(slot, name);
      specs.push(new InputSpec('CONSTANT_TENSOR', name, target));
      const constant = tensor.detach();
      add(name, metaOf(constant));
      constants.set(target, constant);
    }
    let next = 0;
    const argumentNames = [
      ...forwardNames(this.module, this.args.length),
      ...Object.keys(this.kwargs).map(snakeCase),
    ];
    const leafNames = namesOfLeaves(inSpec, argumentNames);
    for (const [i, leaf] of leaves.entries()) {
      const name = names.add(leafNames[i]);
      if (isTensor(leaf)) {
        bySlot.set(next, name);
        specs.push(new InputSpec('USER_INPUT', name));
        add(name, inputMetas[next++]);
      } else {
        inputs.push(constantOf(leaf));
        specs.push(new InputSpec('USER_INPUT', name, null, null, leaf));
      }
    }
    const nodes = namedNodes(lifting.nodes, bySlot, names);
    for (const [slot, meta] of metas) metaByName.set(bySlot.get(slot)!, meta);
    let at = 0;
    const outputs = results.map((leaf, i): Argument => {
      if (slots[i] < 0) return constantOf(leaf);
      const output = lifting.outputs[at++];
      if ('slot' in output) return { form: 'value', type: 'tensor', name: bySlot.get(output.slot)! };
      throw new TorchError('torch.export.export(): a result is no tensor of the recording');
    });
    const outputSpecs = outputs.map(
      (one) => new OutputSpec('USER_OUTPUT', one.form === 'value' ? one.name : ''),
    );
    const graph: Graph = {
      inputs,
      outputs,
      nodes,
      tensors: metaByName,
      numbers: new Map(),
      isSingleReturn: false,
    };
    return new ExportedProgram({
      graph,
      graphSignature: new ExportGraphSignature(specs, outputSpecs),
      stateDict,
      constants,
      rangeConstraints: new Map(),
      callSpec: { inSpec, outSpec },
      argumentNames,
      guardsCode: [],
      torchVersion: native.versions().libtorch,
      opsetVersion: new Map([['aten', 10]]),
      exampleInputs: tuple(asTuples(this.args), asTuples(this.kwargs)),
    });
  }

  // Runs `forward`, and has the state, the arguments and the generator as they were.
  #recorded(tensors: Tensor[]) {
    const all = [...new Set([...this.#state.map(({ tensor }) => tensor), ...tensors])];
    const before = noGrad(() => all.map((tensor) => tensor.detach().clone()));
    const versions = all.map((tensor) => tensor.version);
    const generator = getRngState();
    const given = Object.keys(this.kwargs).length > 0 ? [...this.args, this.kwargs] : this.args;
    const call = (...args: unknown[]): unknown =>
      (this.module as unknown as (...all: unknown[]) => unknown)(...args);
    try {
      const { result, recorded } = record(call, given, tensors);
      if (recorded.hosts.length > 0)
        throw new TorchError('torch.export.export(): forward makes steps of optimizers');
      this.#checkState();
      const results: unknown[] = [];
      const outSpec = flattenTree(result, results);
      const lifting = new Lifting(recorded.handle);
      if (lifting.changesModes) {
        throw new TorchError(
          'torch.export.export(): forward turns gradients off or on, with noGrad or the like, which is not part of a ' +
            'program: detach() is',
        );
      }
      return { lifting, results, outSpec, slots: recorded.slots };
    } finally {
      noGrad(() =>
        all.forEach((tensor, i) => {
          if (tensor.version !== versions[i]) tensor.detach().copy_(before[i]);
        }),
      );
      setRngState(generator);
    }
  }

  #checkState(): void {
    const now = stateOf(this.module);
    const changed = this.#state.find(
      ({ path, tensor }, i) => now[i]?.path !== path || !native.isSame(now[i].tensor, tensor),
    );
    if (!changed && now.length === this.#state.length) return;
    throw new TorchError(
      `torch.export.export(): forward has assigned ${changed ? `'${changed.path}'` : 'a parameter or buffer'}: write to it in place`,
    );
  }
}
