/** torch.export.export: a module of TypeScript as a program. */
import { argumentError, TorchError } from '../core/errors';
import { object, value } from '../core/kinds';
import { isPlainObject } from '../core/realm';
import { type Call, signature } from '../core/signature';
import { snakeCase } from '../core/names';
import { record } from '../capture/session';
import { noGrad } from '../autograd/mode';
import { native } from '../native';
import { isTensor } from '../native/tensor_base';
import { Module } from '../nn';
import { getField, isPersistent } from '../nn/module/fields';
import { getRngState, setRngState } from '../tensor/random';
import { tuple } from '../serialization';
import type { Tensor } from '../tensor';
import type { Argument, Graph, TensorMeta } from './graph';
import { metaOf } from './meta';
import { ExportedProgram } from './program';
import { type TreeSpec, pathsOf } from './pytree';
import { flattenCall, flattenTree } from './pytree_write';
import { Lifting, Names, constantOf, namedNodes } from './record';
import { ExportGraphSignature, InputSpec, OutputSpec } from './signature';

/** Options of {@link export_ torch.export.export}. */
export interface ExportOptions {
  /** Arguments that `forward` takes by name, in an object that comes last. Default: none. */
  kwargs?: Record<string, unknown> | null;
  /** Sizes that a program leaves open: not supported yet, and an error. Default: null, every size is fixed. */
  dynamicShapes?: unknown;
  /** Has no effect: there is one way to look at a function of JavaScript, which runs it. Default: false. */
  strict?: boolean;
}

const EXPORT = signature(
  'torch.export.export',
  [object<Module>()('module'), value<readonly unknown[]>()('args')],
  { kwargs: null, dynamicShapes: null, strict: false } as Required<ExportOptions>,
  ['kwargs'],
);

/**
 * Runs a module once and gives what it did as a program: a graph of operators with the module's state, which
 * `torch.export.save` writes for Python. Shapes, numbers and the training mode are part of it. The module's state and the
 * generator are as before.
 *
 * `args` are the arguments of `forward`. Arrays in them and in its result are tuples in Python, plain objects and Maps dicts.
 *
 * @throws TorchError, with the line, where `forward` does what a program cannot follow: `item()` and other reads of numbers;
 * where it assigns a parameter or buffer (write to it in place); with `dynamicShapes`.
 *
 * @example
 * const program = torch.export.export(model.eval(), [torch.randn([1, 8])]);
 * torch.export.save(program, 'model.pt2');
 */
export function export_(
  ...args: Call<typeof EXPORT, [module: Module, args: readonly unknown[]], [kwargs: ExportOptions['kwargs']]>
): ExportedProgram {
  const [module, given, { kwargs, dynamicShapes }] = EXPORT.bind(args);
  if (!(module instanceof Module))
    throw argumentError('torch.export.export', 'module', 'an nn.Module', module);
  if (!Array.isArray(given)) throw argumentError('torch.export.export', 'args', 'an array', given);
  if (kwargs !== null && !isPlainObject(kwargs)) {
    throw argumentError('torch.export.export', 'kwargs', 'a plain object', kwargs);
  }
  if (dynamicShapes != null) {
    throw new TorchError('torch.export.export(): dynamicShapes is not supported yet', 'NotImplementedError');
  }
  return new Exporter(module, given, kwargs ?? {}).export();
}

interface StateEntry {
  path: string;
  kind: 'PARAMETER' | 'BUFFER';
  tensor: Tensor;
  isPersistent: boolean | null;
}

class Exporter {
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
      return {
        lifting: new Lifting(recorded.handle, tensors.length),
        results,
        outSpec,
        slots: recorded.slots,
      };
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

function stateOf(module: Module): StateEntry[] {
  const all = { removeDuplicate: false };
  const parameters = [...module.namedParameters(all)].map(([path, tensor]): StateEntry => ({
    path,
    kind: 'PARAMETER',
    tensor,
    isPersistent: null,
  }));
  const buffers = [...module.namedBuffers(all)].map(([path, tensor]): StateEntry => {
    const at = path.lastIndexOf('.');
    const owner = module.getSubmodule(path.slice(0, Math.max(at, 0)));
    return { path, kind: 'BUFFER', tensor, isPersistent: isPersistent(owner, path.slice(at + 1)) };
  });
  return [...parameters, ...buffers];
}

// The path of a tensor that is a plain field of a module.
function fieldOf(module: Module, tensor: Tensor): string | undefined {
  for (const [path, each] of module.namedModules()) {
    for (const key of Object.keys(each)) {
      const field = getField(each, key);
      if (isTensor(field) && native.isSame(field as Tensor, tensor)) return path ? `${path}.${key}` : key;
    }
  }
  return undefined;
}

// What the arguments by position are called in `forward`, where that is plain to see.
function forwardNames(module: Module, count: number): string[] {
  const [, list = ''] = /^[^(]*\(([^()]*)\)/.exec(Function.prototype.toString.call(module.forward)) ?? [];
  const found = list.split(',').map((name) => name.replace(/=.*/s, '').trim());
  return Array.from({ length: count }, (_, i) =>
    /^[A-Za-z_]\w*$/.test(found[i] ?? '') ? snakeCase(found[i]) : `args_${i}`,
  );
}

function namesOfLeaves(spec: TreeSpec, names: readonly string[]): string[] {
  const count = spec.children[0].children.length;
  return pathsOf(spec).map(([group, first, ...rest]) => {
    const isKeyword = group.kind === 'index' && group.at === 1;
    const at = first.kind === 'index' ? first.at : 0;
    const head = isKeyword && first.kind === 'key' ? String(first.key) : (names[at] ?? names[count]);
    return [
      head,
      ...rest.map((step) =>
        step.kind === 'index' ? step.at : step.kind === 'key' ? String(step.key) : step.name,
      ),
    ].join('_');
  });
}

const asTuples = (value: unknown): unknown => {
  if (Array.isArray(value)) return tuple(...value.map(asTuples));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as object).map(([key, one]) => [snakeCase(key), asTuples(one)]),
  );
};
