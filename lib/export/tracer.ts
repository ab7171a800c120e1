// Runs `forward` of a module and records it; the module and the generator are as before.
import { TorchError } from '../core/errors';
import { isError } from '../core/realm';
import { OF_EXPORT, type Stop, record } from '../capture/session';
import { noGrad } from '../autograd/mode';
import { native } from '../native';
import { isTensor } from '../native/tensor_base';
import type { Module } from '../nn';
import { getRngState, setRngState } from '../tensor/random';
import type { Tensor } from '../tensor';
import { Control, type TracedRegion } from './control';
import { type RegionProblem, regionProblem } from './control_check';
import type { TensorMeta } from './graph';
import { Lifting } from './lifting';
import { metaOf } from './meta';
import type { ModuleCall } from './module_calls';
import { ModuleStacks } from './module_stacks';
import type { TreeSpec } from './pytree';
import { flattenTree } from './pytree_write';
import { type StateEntry, stateOf } from './state';

/** What one run did. */
export interface Trace {
  readonly lifting: Pick<Lifting, 'nodes' | 'lifted' | 'outputs'>;
  readonly inputMetas: readonly TensorMeta[];
  /** Of what each slot holds. */
  readonly metas: ReadonlyMap<number, TensorMeta>;
  /** The leaves of the result and then those of `stacks.calls`, and for each its slot, or -1. */
  readonly results: readonly unknown[];
  readonly slots: readonly number[];
  readonly outSpec: TreeSpec;
  readonly stacks: ModuleStacks;
  readonly regions: readonly TracedRegion[];
}

/** Runs one module. */
export class Tracer {
  readonly state: StateEntry[];

  /** Of modules in `preserved` the calls are kept. */
  constructor(
    private readonly module: Module,
    private readonly preserved: readonly string[] = [],
  ) {
    this.state = stateOf(module);
  }

  /** @throws TorchError where `forward` does what a program cannot follow, and where it comes to `stop`. */
  run(given: readonly unknown[], leaves: readonly unknown[], stop: Stop | null = null): Trace {
    const tensors = leaves.filter((leaf): leaf is Tensor => isTensor(leaf));
    const inputMetas = tensors.map(metaOf);
    const all = [...new Set([...this.state.map(({ tensor }) => tensor), ...tensors])];
    const before = noGrad(() => all.map((tensor) => tensor.detach().clone()));
    const versions = all.map((tensor) => tensor.version);
    const generator = getRngState();
    const stacks = new ModuleStacks(this.module, this.preserved);
    const call = (...args: unknown[]): [result: unknown, ofCalls: unknown[]] => {
      const returned = (this.module as unknown as (...all: unknown[]) => unknown)(...args);
      if (typeof (returned as { then?: unknown } | null | undefined)?.then === 'function')
        return returned as never;
      return [returned, stacks.calls.flatMap(({ leaves: ofCall }) => ofCall)];
    };
    const control = new Control();
    try {
      const options = { stop, control: control.region, entersFunctions: true };
      const { result: both, recorded } = stacks.follow(() => record(call, given, tensors, options));
      const [result, ofCalls] = both as ReturnType<typeof call>;
      if (recorded.hosts.length > 0)
        throw new TorchError('torch.export.export(): forward makes steps of optimizers');
      this.#checkState();
      const results: unknown[] = [];
      const outSpec = flattenTree(result, results);
      results.push(...ofCalls);
      const lifting = new Lifting(recorded.handle);
      if (lifting.changesModes) {
        throw new TorchError(
          'torch.export.export(): forward turns gradients off or on, with noGrad or the like, which is not part of a ' +
            'program: detach() is',
        );
      }
      restore();
      const values = lifting.values(tensors);
      const { regions } = control;
      checkCalls(stacks.calls, regions);
      const problem = regionProblem(lifting.nodes, regions, values, recorded.slots);
      if (problem) this.#explain(problem, given, leaves);
      const metas = new Map([...values].map(([slot, value]) => [slot, metaOf(value)]));
      return { lifting, inputMetas, metas, results, slots: recorded.slots, outSpec, stacks, regions };
    } finally {
      restore();
    }
    function restore(): void {
      noGrad(() =>
        all.forEach((tensor, i) => {
          if (tensor.version !== versions[i]) tensor.detach().copy_(before[i]);
          versions[i] = tensor.version;
        }),
      );
      setRngState(generator);
    }
  }

  // A second run finds the line.
  #explain({ node, message }: RegionProblem, given: readonly unknown[], leaves: readonly unknown[]): never {
    let line = message;
    try {
      this.run(given, leaves, { node, why: message });
    } catch (error) {
      if (isError(error) && error.message.includes(message)) line = error.message.replace(OF_EXPORT, '');
    }
    throw new TorchError(line, 'UncapturedHigherOrderOpError');
  }

  #checkState(): void {
    const now = stateOf(this.module);
    const changed = this.state.find(
      ({ path, tensor }, i) => now[i]?.path !== path || !native.isSame(now[i].tensor, tensor),
    );
    if (!changed && now.length === this.state.length) return;
    throw new TorchError(
      `torch.export.export(): forward has assigned ${changed ? `'${changed.path}'` : 'a parameter or buffer'}: write to it in place`,
    );
  }
}

function checkCalls(calls: readonly ModuleCall[], regions: readonly TracedRegion[]): void {
  const inside = calls.find(({ node }) => regions.some(({ start, end }) => node > start && node < end));
  if (inside === undefined) return;
  throw new TorchError(
    `torch.export.export(): '${inside.fqn}' of preserveModuleCallSignature is called within control flow`,
  );
}
